"""How locating refuses an image or a reviewer's mask: a reason for programs, a sentence for people."""

from radmesh.errors import ImageFormatError
from services.segmentation.ct.reading.refusals import refused
from services.segmentation.ct.reading.wording import mm

__all__ = ["cut_short", "not_covered", "not_found", "not_told_apart", "refused"]


def not_covered(shown: str, where: str, towards: str, length_mm: float) -> ImageFormatError:
    """For slices that show other vertebrae only. where: L3 lies against the slices; towards: head or feet."""
    return refused(
        f"The slices cover {mm(length_mm)} of the patient and show {shown}; L3 lies {where} slice. "
        f"Send a series that reaches further to the {towards}.",
        reason="BODY_PART_NOT_COVERED",
        covered_mm=f"{length_mm:.1f}",
        shown=shown,
    )


def cut_short(end: str, seen_mm: float) -> ImageFormatError:
    """For an L3 of which the study shows a part. end: highest or lowest."""
    return refused(
        f"The {end} slice cuts L3: only {mm(seen_mm)} of its body are in the series. "
        f"Send a series that reaches further to the {'head' if end == 'highest' else 'feet'}.",
        reason="BODY_PART_NOT_COVERED",
        covered_mm=f"{seen_mm:.1f}",
    )


def not_found(shown: str) -> ImageFormatError:
    """For a spine on which the model shows no L3."""
    seen = f"what was recognized is {shown}" if shown else "no vertebral body was recognized"
    return refused(
        f"L3 was not found: {seen}. Send the series with the whole lumbar spine, or name the slices of L3 "
        "(slice_range).",
        reason="L3_NOT_FOUND",
        shown=shown or None,
    )


def not_told_apart(shown: str) -> ImageFormatError:
    """For a spine whose levels are a guess. shown: what they were guessed to be, L3 among them."""
    return refused(
        f"Which vertebra is L3 cannot be told: those taken for {shown} may well be others. Send the series "
        "with the whole lumbar spine, or name the slices of L3 (slice_range).",
        reason="L3_NOT_FOUND",
        shown=shown,
    )
