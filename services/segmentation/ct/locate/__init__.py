"""Stage 1 of ct-l3: finds the third lumbar vertebra in a CT.

    located = locate(image, network)           # reads the slices one by one, in bounded memory
    located.location.level_mm                  # z of the body's centre in the patient's frame

`survey` and `spine` find the curved middle, `sagittal` draws the plane through it, `windows` shows it to the
network, `bodies` and `sequence` make its answer a row of vertebrae, `judging` says how sure that is.
"""
