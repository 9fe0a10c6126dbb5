"""How tall what is taken for L3 may be, whoever says so. Pure."""

from services.segmentation.ct.reading.refusals import refused
from services.segmentation.ct.reading.wording import mm

USUAL_MM = (15.0, 50.0)
"""Lower or taller is measured with a warning: one slice on purpose, or several vertebrae by mistake."""

TALLEST_MM = 80.0
"""Nobody has a vertebral body as tall: a mask or range of slices that covers more is a mistake."""

WHOLE = "a vertebral body is 20 to 45 mm"


def check_tall(tall_mm: float) -> None:
    """Raises ImageFormatError L3_EXTENT_IMPLAUSIBLE."""
    if not 0 < tall_mm <= TALLEST_MM:
        raise refused(
            f"What was marked as L3 is {mm(tall_mm)} tall; {WHOLE}. Mark it again.",
            reason="L3_EXTENT_IMPLAUSIBLE",
            height_mm=f"{tall_mm:.1f}",
            limit_mm=f"{TALLEST_MM:g}",
        )


def is_usual(tall_mm: float) -> bool:
    """Whether it can be the body of L3 and nothing else."""
    return USUAL_MM[0] <= tall_mm <= USUAL_MM[1]
