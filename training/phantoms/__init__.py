"""Drawn CT studies with exact truth.

Frame: millimetres, x to the patient's left, y to the back, z to the head; the origin is the centre of L3's
body. A patient (`anatomy`) is turned into a `scene` whose tissues are implicit shapes, so that any plane or
volume can be sampled at any point, and a `scan` says how the scanner saw it.
"""
