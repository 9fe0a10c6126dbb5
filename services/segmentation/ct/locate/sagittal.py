"""What the locating network sees: the plane through the spine's curved middle, and what is beside it.

The numbers are those of its training (training/ct/inputs.py); a test compares both ways of preparing.
"""

from dataclasses import dataclass, field

import numpy as np
from scipy import ndimage, sparse

from services.segmentation.ct.locate.curve import SpineCurve
from services.segmentation.ct.locate.lattice import weights
from services.segmentation.ct.locate.stack import AIR_HU, Stack

PITCH_MM = 1.5
SLAB_MM = 6.0
BESIDE_MM = (40.0, 50.0, 60.0, 70.0)
BLOCK_MM = 10.0

_OFFSETS_MM = (0.0, *(side * far for side in (-1.0, 1.0) for far in BESIDE_MM))
_BESIDE_BLUR_MM = (2.9, 2.2)
"""Training draws the second channel every 4 mm of height and 3 mm of depth, smooths it by 0.6 of that and
interpolates: as much, by rows and columns, in all."""

_FRONT_MM, _BACK_MM = 235.0, 130.0
"""How far the image reaches from the spine: every window that the network may be shown lies within."""

_BODY_HU = -300


@dataclass(frozen=True)
class Plane:
    """A grid of 1.5 mm on the curved plane: rows from head to foot, columns from front to back.

    top, front: height of the first row and depth of the first column as multiples of 1.5 mm, so that the
    same place has the same pixel in whatever part of a study.
    """

    top: int
    front: int
    rows: int
    columns: int

    @property
    def heights_mm(self) -> np.ndarray:
        """Of the rows."""
        return (self.top - np.arange(self.rows)) * PITCH_MM

    @property
    def depths_mm(self) -> np.ndarray:
        """Of the columns."""
        return (self.front + np.arange(self.columns)) * PITCH_MM


@dataclass(frozen=True)
class SagittalImage:
    """hu: float32 (2, rows, columns) on the plane; channel 0 the spine, channel 1 beside it.

    beside: float32 (rows, 8, columns), the blocks that channel 1 is the largest of: BESIDE_MM to the right,
    then to the left.
    """

    plane: Plane
    hu: np.ndarray = field(repr=False)
    beside: np.ndarray = field(repr=False)


def sample(stack: Stack, curve: SpineCurve) -> SagittalImage:
    """The image along a curve. Reads every slice once, from foot to head; holds one. Raises as CtImage.read.

    Rows that show nothing but air, above or below the patient, are left out.
    """
    plane = _plane(stack, curve)
    heights, depths = plane.heights_mm, plane.depths_mm
    # Slices further apart than a row are interpolated, nearer ones averaged.
    width = PITCH_MM if stack.heights.step_mm < PITCH_MM else 0.0
    down = weights(heights, width, stack.heights).tocsc()
    along = weights(depths, PITCH_MM, stack.depths)
    across = _across(stack, curve.side_at(heights))
    blocks = len(_OFFSETS_MM)
    found = np.zeros((plane.rows, blocks, plane.columns), np.float32)
    for index in range(stack.heights.count):
        start, stop = down.indptr[index : index + 2]
        if start == stop:
            continue
        # The rows that one slice touches are neighbours.
        first, last = int(down.indices[start]), int(down.indices[stop - 1]) + 1
        taken = across[first * blocks : last * blocks] @ np.ascontiguousarray(stack.plane(index).T)
        lines = (along @ np.ascontiguousarray(taken.T)).T.reshape(last - first, blocks, plane.columns)
        found[first:last] += down.data[start:stop, None, None] * lines
    # What the study does not reach to the sides, the front and the back is air.
    found[:, :, np.diff(along.indptr) == 0] = AIR_HU
    found[(np.diff(across.indptr) == 0).reshape(plane.rows, blocks)] = AIR_HU
    beside = ndimage.gaussian_filter(
        found[:, 1:].max(1), [blur / PITCH_MM for blur in _BESIDE_BLUR_MM], mode="nearest", truncate=3.0
    )
    return _trimmed(SagittalImage(plane, np.stack([found[:, 0], beside]), found[:, 1:]))


def _plane(stack: Stack, curve: SpineCurve) -> Plane:
    rows = stack.heights.lattice(PITCH_MM)
    front = int(np.floor((curve.depths_mm.min() - _FRONT_MM) / PITCH_MM))
    back = int(np.ceil((curve.depths_mm.max() + _BACK_MM) / PITCH_MM))
    return Plane(rows.stop - 1, front, len(rows), back - front)


def _across(stack: Stack, sides_mm: np.ndarray) -> sparse.csr_matrix:
    """The mean over columns that each row of the image takes: of the slab, then of each block."""
    parts = [
        weights(sides_mm + offset, BLOCK_MM if offset else SLAB_MM, stack.sides) for offset in _OFFSETS_MM
    ]
    order = np.arange(len(parts) * len(sides_mm)).reshape(len(parts), -1).T.ravel()
    return sparse.vstack(parts, "csr")[order]


def _trimmed(image: SagittalImage) -> SagittalImage:
    body = np.flatnonzero((image.hu[0] > _BODY_HU).any(1))
    if not len(body):
        return image
    first, last = int(body[0]), int(body[-1])
    plane = image.plane
    return SagittalImage(
        Plane(plane.top - first, plane.front, last - first + 1, plane.columns),
        np.ascontiguousarray(image.hu[:, first : last + 1]),
        image.beside[first : last + 1],
    )
