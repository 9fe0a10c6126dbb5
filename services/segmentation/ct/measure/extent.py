"""Which slices L3 covers, and how much of the body each stands for. Pure."""

from dataclasses import dataclass
from itertools import pairwise

from services.segmentation.ct.reading import Geometry, Vector
from services.segmentation.ct.reading.axial import check_axial, oblique_degrees
from services.segmentation.ct.reading.refusals import refused
from services.segmentation.ct.reading.wording import mm
from services.segmentation.ct.tall import check_tall

_TIE_MM = 1e-3
"""Positions are written with a micrometre at best; closer than this, two slices are equally near."""


@dataclass(frozen=True)
class L3Extent:
    """The vertebral body between its endplates, in the DICOM patient frame (LPS, mm).

    low_mm, high_mm: z of its lower and upper end on the mid-sagittal plane. centre_mm: its centre.
    """

    low_mm: float
    high_mm: float
    centre_mm: Vector


@dataclass(frozen=True)
class CoveredSlice:
    """index: in the volume. z_mm: where the slice's plane meets the spine. height_mm: of the body, that part
    which is nearer to this slice than to any other one."""

    index: int
    z_mm: float
    height_mm: float


@dataclass(frozen=True)
class Coverage:
    """slices: from the volume's first to its last, headline: one of their indices in the volume.

    tall_mm: the body; missing_mm: how much of it lies beyond the volume. oblique_degrees: of the slices
    against the axial plane.
    """

    slices: tuple[CoveredSlice, ...]
    headline: int
    tall_mm: float
    missing_mm: float
    oblique_degrees: float


def coverage_of(geometry: Geometry, extent: L3Extent) -> Coverage:
    """The slices whose planes meet the spine within the body; the nearest one, should none do.

    The headline is the slice nearest to the body's centre; of two equally near ones the caudal. Raises
    ImageFormatError NOT_AXIAL, BODY_PART_NOT_COVERED, L3_EXTENT_IMPLAUSIBLE.
    """
    tall = extent.high_mm - extent.low_mm
    check_tall(tall)
    check_axial(geometry)
    heights = spine_heights(geometry, extent.centre_mm)
    step = abs(geometry.spacing_mm[0] / geometry.directions[0][2])
    low, high = max(extent.low_mm, min(heights) - step / 2), min(extent.high_mm, max(heights) + step / 2)
    if low >= high:
        raise refused(
            f"L3 was marked from {mm(extent.low_mm)} to {mm(extent.high_mm)}, but the slices cover "
            f"{mm(min(heights))} to {mm(max(heights))}. Mark L3 again, or send the series that reaches it.",
            reason="BODY_PART_NOT_COVERED",
            covered_mm=f"{max(heights) - min(heights) + step:.1f}",
            needed_mm=f"{tall:.1f}",
        )
    headline = _nearest(heights, extent.centre_mm[2])
    inside = [
        index for index, z in enumerate(heights) if extent.low_mm - _TIE_MM <= z <= extent.high_mm + _TIE_MM
    ]
    inside = inside or [headline]
    return Coverage(
        tuple(_shares(inside, heights, low, high)),
        headline if headline in inside else _nearest_of(inside, heights, extent.centre_mm[2]),
        tall,
        tall - (high - low),
        oblique_degrees(geometry),
    )


def spine_heights(geometry: Geometry, centre_mm: Vector) -> list[float]:
    """z in the patient frame at which each slice's plane meets the line from head to foot through a point."""
    normal = geometry.directions[0]
    beside = sum(normal[axis] * (geometry.origin_mm[axis] - centre_mm[axis]) for axis in range(2)) / normal[2]
    step = geometry.spacing_mm[0] / normal[2]
    return [geometry.origin_mm[2] + beside + index * step for index in range(geometry.shape[0])]


def _nearest(heights: list[float], z: float) -> int:
    return _nearest_of(list(range(len(heights))), heights, z)


def _nearest_of(indices: list[int], heights: list[float], z: float) -> int:
    """Nearest to z, ties to the feet, which are at the lower z."""
    least = min(abs(heights[index] - z) for index in indices)
    near = [index for index in indices if abs(heights[index] - z) <= least + _TIE_MM]
    return min(near, key=lambda index: heights[index])


def _shares(inside: list[int], heights: list[float], low: float, high: float) -> list[CoveredSlice]:
    """The body cut half-way between neighbours; the outer slices reach to its ends."""
    upward = sorted(inside, key=lambda index: heights[index])
    cuts = [(heights[below] + heights[above]) / 2 for below, above in pairwise(upward)]
    edges = [low, *cuts, high]
    shares = [
        CoveredSlice(index, heights[index], above - below)
        for index, below, above in zip(upward, edges[:-1], edges[1:], strict=True)
    ]
    return sorted(shares, key=lambda one: one.index)
