"""Whether a study ends within a vertebra. Pure."""

from services.segmentation.ct.locate.bodies import Body
from services.segmentation.ct.locate.sagittal import Plane

_SHORT_MM = 3.0
"""The network stops up to two of its rows before the study does."""


def end_at(body: Body, plane: Plane, step_mm: float) -> str | None:
    """`highest` or `lowest`, the slice that a body reaches; None where the study goes on beyond the body.

    step_mm: from slice to slice. Half of it lies beyond the middle of the last one, and shows nothing new.
    """
    near = step_mm / 2 + _SHORT_MM
    heights = plane.heights_mm
    if heights[0] - body.high_mm <= near:
        return "highest"
    return "lowest" if body.low_mm - heights[-1] <= near else None
