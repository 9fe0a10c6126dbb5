"""A second renderer, for measuring only: other shapes, other textures, other brightness, other ranges.

Nothing here is drawn for training. What a network that was trained on the first renderer loses on this one
is a sign of how much it learned of the first's handwriting.
"""
