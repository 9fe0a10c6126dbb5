"""A CT in the frame of its own slices, upright whatever way it was stored."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from services.segmentation.ct.locate.lattice import Samples
from services.segmentation.ct.locate.refusals import refused
from services.segmentation.ct.reading import CtImage, Geometry, Vector, upright

_ROUNDED = 4
"""Digits of a millimetre that positions are taken with: more are rounding errors of whoever wrote them."""

AIR_HU = -1024
"""What is below, such as the padding outside of a field of view, is taken for air."""


@dataclass(frozen=True)
class Stack:
    """Axial slices from foot to head, rows to the back, columns to the patient's left.

    A place is told by its height, depth and side, in mm: what its patient coordinates (LPS) come to along the
    directions of slices, rows and columns. Where the slices are not oblique, these are z, y and x. They count
    from the frame's own origin, never from a voxel.
    """

    image: CtImage
    geometry: Geometry
    reversed_slices: bool

    @cached_property
    def _directions(self) -> np.ndarray:
        return np.array(self.geometry.directions)

    def _samples(self, axis: int) -> Samples:
        first = float(self._directions[axis] @ np.array(self.geometry.origin_mm))
        return Samples(round(first, _ROUNDED), self.geometry.spacing_mm[axis], self.geometry.shape[axis])

    @cached_property
    def heights(self) -> Samples:
        """Of the slices."""
        return self._samples(0)

    @cached_property
    def depths(self) -> Samples:
        """Of the rows."""
        return self._samples(1)

    @cached_property
    def sides(self) -> Samples:
        """Of the columns."""
        return self._samples(2)

    def patient_mm(self, height: float, depth: float, side: float) -> Vector:
        """The LPS coordinates of a place."""
        x, y, z = np.array((height, depth, side)) @ self._directions
        return float(x), float(y), float(z)

    def rise(self, height_mm: float) -> float:
        """How much z grows from one slice plane to one that is so much higher, straight up the patient."""
        return height_mm / float(self._directions[0, 2])

    def stored(self, index: int) -> int:
        """The index, in the image as it is stored, of a slice counted from the foot."""
        return self.geometry.shape[0] - 1 - index if self.reversed_slices else index

    def plane(self, index: int) -> np.ndarray:
        """HU of one slice, counted from the foot: float32 (rows, columns). Raises as CtImage.read."""
        start = self.stored(index)
        plane, _ = upright(self.image.read(start, start + 1), self.image.geometry.slab(start, start + 1))
        hu: np.ndarray = np.maximum(plane[0], AIR_HU).astype(np.float32)
        return hu


def stack_of(image: CtImage) -> Stack:
    """The image as a stack. Raises ImageFormatError NOT_AXIAL when its slices are sagittal or coronal."""
    geometry = image.geometry
    parts = np.abs(np.array(geometry.directions))
    if parts[0].argmax() != 2:
        raise refused(
            "The slices are sagittal or coronal; areas of tissue are measured on axial ones. "
            "Send the axial series of this study.",
            reason="NOT_AXIAL",
        )
    index = np.broadcast_to(np.arange(geometry.shape[0])[:, None, None], geometry.shape)
    seen, standing = upright(index, geometry)
    return Stack(image, standing, bool(seen[0, 0, 0] != 0))
