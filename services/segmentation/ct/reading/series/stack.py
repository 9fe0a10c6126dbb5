"""Puts slices in order and makes one regular grid of them, or says what keeps them from being one. Pure."""

from collections.abc import Sequence

import numpy as np

from services.segmentation.ct.reading.dicom.slices import Slice
from services.segmentation.ct.reading.geometry import Geometry, Vector
from services.segmentation.ct.reading.refusals import refused
from services.segmentation.ct.reading.series.gaps import check_gaps
from services.segmentation.ct.reading.wording import counted, listed, mm, named

_BESIDE_MM = 0.05
_BESIDE_SHARE = 1e-3
"""How far from the line along the normal a slice may lie: a share of its distance, 0.06 degrees of tilt."""


def stacked(slices: Sequence[Slice], min_slices: int, max_slices: int) -> tuple[list[Slice], Geometry]:
    """The slices in order along the normal of their orientation, and the grid of their voxels.

    slices: uniform, in any order. The step is that of their positions; SliceThickness and instance numbers
    have no say. Raises ImageFormatError: TOO_FEW_SLICES, TOO_MANY_SLICES, SLICES_DUPLICATED, PHASES_MIXED,
    SLICES_MISSING, SLICE_GAPS_UNEQUAL, GANTRY_TILT, SLICES_SHIFTED.
    """
    if len(slices) < max(2, min_slices):
        raise refused(
            f"Only {counted(len(slices), 'slice')} arrived; at least {max(2, min_slices)} are needed. "
            "Send the whole series.",
            reason="TOO_FEW_SLICES",
            slices=len(slices),
            needed=max(2, min_slices),
        )
    if len(slices) > max_slices:
        raise refused(
            f"The series has {len(slices)} slices; at most {max_slices} are read. Send a part of it.",
            reason="TOO_MANY_SLICES",
            slices=len(slices),
            limit_slices=max_slices,
        )
    first = slices[0].place
    along_row, along_column = np.array(first.along_row), np.array(first.along_column)
    normal = np.cross(along_row, along_column)
    positions = np.array([one.place.position for one in slices])
    heights = positions @ normal
    order = np.argsort(heights, kind="stable")
    ordered = [slices[index] for index in order]
    heights, positions = heights[order], positions[order]
    check_gaps(ordered, heights)
    _check_tilt(ordered, positions, normal)
    step = (heights[-1] - heights[0]) / (len(ordered) - 1)
    return ordered, Geometry(
        shape=(len(ordered), ordered[0].form.rows, ordered[0].form.columns),
        spacing_mm=(float(step), *first.spacing),
        directions=(_vector(normal), first.along_column, first.along_row),
        origin_mm=_vector(positions[0]),
    )


def _check_tilt(ordered: Sequence[Slice], positions: np.ndarray, normal: np.ndarray) -> None:
    """Raises GANTRY_TILT or SLICES_SHIFTED where slices do not lie behind one another along their normal."""
    away = positions - positions[0]
    heights = away @ normal
    beside = away - np.outer(heights, normal)
    allowed = np.maximum(_BESIDE_MM, _BESIDE_SHARE * heights)
    off = np.linalg.norm(beside, axis=1) > allowed
    if not off.any():
        return
    most = float(np.linalg.norm(beside, axis=1).max())
    # On a slanted line through the first and the last slice, all of them: that is a tilt.
    slant = np.outer(heights / heights[-1], beside[-1])
    if (np.linalg.norm(beside - slant, axis=1) <= allowed).all():
        degrees = float(np.degrees(np.arctan2(np.linalg.norm(beside[-1]), heights[-1])))
        raise refused(
            f"The gantry was tilted by {degrees:.1f} degrees: the slices lie up to {mm(most)} beside one "
            "another. Send a series reconstructed without tilt.",
            reason="GANTRY_TILT",
            degrees=f"{degrees:.2f}",
            beside_mm=f"{most:.2f}",
        )
    shifted = [one.name for one, is_off in zip(ordered, off, strict=True) if is_off]
    raise refused(
        f"The slices do not lie behind one another: {named(shifted)} lie up to {mm(most)} beside "
        f"{ordered[0].name}. Send one reconstruction with one field of view.",
        reason="SLICES_SHIFTED",
        slices=listed(name.number for name in shifted),
        beside_mm=f"{most:.2f}",
    )


def _vector(parts: np.ndarray) -> Vector:
    x, y, z = (float(part) for part in parts)
    return x, y, z
