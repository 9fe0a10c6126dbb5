"""The part of the sagittal image that people are shown, and how its pixels lie in the pictures."""

import numpy as np

from services.segmentation.ct.locate.curve import SpineCurve
from services.segmentation.ct.locate.sagittal import PITCH_MM, Plane

COLUMNS = 192
_FRONT_MM = 185.0
_LARGE_ROWS = 512
_LEAST_PIXELS = 260
"""Height in which every doubt about a level can be written."""


def view_of(plane: Plane, curve: SpineCurve) -> Plane:
    """All rows, and 288 mm of depth around the spine. It follows from the study alone, so that a mask drawn
    over the picture of one task fits the picture of another of the same study."""
    inner = (curve.heights_mm <= plane.heights_mm[0]) & (curve.heights_mm >= plane.heights_mm[-1])
    depth = float(np.median(curve.depths_mm[inner] if inner.any() else curve.depths_mm))
    front = round((depth - _FRONT_MM) / PITCH_MM)
    return Plane(
        plane.top,
        int(np.clip(front, plane.front, plane.front + plane.columns - COLUMNS)),
        plane.rows,
        COLUMNS,
    )


def shown(pixels: np.ndarray, plane: Plane, view: Plane) -> np.ndarray:
    """What of pixels (..., rows, columns) of the plane lies in the view."""
    first = view.front - plane.front
    part: np.ndarray = pixels[..., first : first + view.columns]
    return part


def enlargement(view: Plane) -> int:
    """The whole factor by which pictures enlarge the view: 0.5 mm a pixel, 0.75 for a long study."""
    return 3 if view.rows <= _LARGE_ROWS else 2


def foot_rows(view: Plane) -> int:
    """How many black rows of pixels the pictures of a low study have below the view, for what is written."""
    return max(0, _LEAST_PIXELS - view.rows * enlargement(view))


def enlarged(pixels: np.ndarray, view: Plane) -> np.ndarray:
    """Pixels (rows, columns) repeated to the size that pictures show the view in."""
    factor = enlargement(view)
    large: np.ndarray = pixels.repeat(factor, 0).repeat(factor, 1)
    return large


def reduced(mask: np.ndarray, view: Plane) -> np.ndarray:
    """A mask of the pictures' size on the view again: where most of a pixel is marked."""
    factor = enlargement(view)
    blocks = mask.reshape(view.rows, factor, view.columns, factor)
    marked: np.ndarray = blocks.sum((1, 3)) * 2 > factor * factor
    return marked
