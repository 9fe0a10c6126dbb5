"""L3 as a reviewer's mask in the geometry of the study, such as a NIfTI out of a segmentation tool."""

import numpy as np

from radmesh.errors import ImageFormatError
from services.segmentation.ct.locate.curve import SpineCurve
from services.segmentation.ct.locate.location import L3Location, Source
from services.segmentation.ct.locate.placing import covered
from services.segmentation.ct.locate.refusals import refused
from services.segmentation.ct.locate.stack import Stack, stack_of
from services.segmentation.ct.reading import CtImage, Geometry, Vector
from services.segmentation.ct.reading.wording import mm
from services.segmentation.ct.tall import check_tall

_SAME_MM = 0.5
"""Corners of mask and study may lie this far apart: tools round positions."""

_BESIDE_MM, _AROUND_MM = 4.0, 25.0
"""The part of a mask that is asked which slices it covers: the mid-sagittal plane, at the bodies. Arches and
processes of a vertebra reach further up and down than its body."""


def from_volume(mask: CtImage, stack: Stack, curve: SpineCurve | None) -> L3Location:
    """L3 as a volume whose voxels other than 0 are L3, on the grid of the study, stored any way round.

    Reads it slice by slice. curve: where the middle of the bodies is; without one every voxel counts. Raises
    ImageFormatError MASK_SIZE_MISMATCH, MASK_EMPTY, MASK_OFF_SPINE, MASK_IN_PIECES, L3_EXTENT_IMPLAUSIBLE.
    """
    seen = stack_of(mask)
    _check_same_grid(seen.geometry, stack.geometry)
    samples = stack.heights
    heights = samples.first_mm + np.arange(samples.count) * samples.step_mm
    depths = stack.depths.first_mm + np.arange(stack.depths.count) * stack.depths.step_mm
    sides = stack.sides.first_mm + np.arange(stack.sides.count) * stack.sides.step_mm
    total, sums, marked, anywhere = 0, np.zeros(3), [], False
    for index, height in enumerate(heights):
        plane = seen.plane(index) != 0
        anywhere = anywhere or bool(plane.any())
        if curve is not None:
            plane &= np.abs(sides - curve.side_at(height)) <= _BESIDE_MM
            plane &= np.abs(depths - curve.depth_at(height))[:, None] <= _AROUND_MM
        rows, columns = np.nonzero(plane)
        if len(rows):
            marked.append(index)
            total += len(rows)
            sums += (len(rows) * height, depths[rows].sum(), sides[columns].sum())
    if not marked:
        raise _nothing(anywhere)
    _check_whole(np.array(marked))
    low, high = heights[marked[0]] - samples.step_mm / 2, heights[marked[-1]] + samples.step_mm / 2
    check_tall(high - low)
    middle, depth, side = sums / total
    centre = stack.patient_mm(middle, depth, side)
    return L3Location(
        Source.MASK,
        centre,
        centre[2] + stack.rise(low - middle),
        centre[2] + stack.rise(high - middle),
        covered(low, middle, high, stack),
        1.0,
        curve=curve,
    )


def _check_same_grid(mask: Geometry, study: Geometry) -> None:
    last = tuple(side - 1.0 for side in study.shape)
    ends: list[Vector] = [(0.0, 0.0, 0.0), (last[0], last[1], last[2])]
    far = [float(np.linalg.norm(np.subtract(mask.position_mm(end), study.position_mm(end)))) for end in ends]
    if mask.shape == study.shape and max(far) <= _SAME_MM:
        return
    sizes = [" x ".join(map(str, one.shape[::-1])) for one in (mask, study)]
    raise refused(
        f"The mask has {sizes[0]} voxels and lies {mm(round(max(far), 1))} away from the study, which has "
        f"{sizes[1]}. Draw it on the study itself, without resampling or cropping, and send it again.",
        reason="MASK_SIZE_MISMATCH",
        size=sizes[0].replace(" ", ""),
        needed=sizes[1].replace(" ", ""),
    )


def _check_whole(marked: np.ndarray) -> None:
    pieces = 1 + int((np.diff(marked) > 1).sum())
    if pieces > 1:
        raise refused(
            f"The mask covers {pieces} separate ranges of slices. Mark L3 alone, and send the mask again.",
            reason="MASK_IN_PIECES",
            pieces=pieces,
        )


def _nothing(anywhere: bool) -> ImageFormatError:
    if anywhere:
        return refused(
            "Nothing of the mask lies on the middle of the spine. Mark the body of L3, and send it again.",
            reason="MASK_OFF_SPINE",
        )
    return refused(
        "The mask is empty. Mark the body of L3 and send it again, or name its slices.", reason="MASK_EMPTY"
    )
