"""Where the voxels of a volume are, as a value. Pure."""

import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

Vector = tuple[float, float, float]

_HEADWARD_BACKWARD_LEFTWARD = (2, 1, 0)
"""The patient axes that slices, rows and columns of an upright volume follow: LPS is (0, 1, 2)."""

MOST_OBLIQUE_DEGREES = 30.0
"""Beyond this the cut through the trunk is so far from axial that areas mean nothing: by 1 / cos, 15 %."""


@dataclass(frozen=True)
class Geometry:
    """A regular grid of voxels in the DICOM patient frame (LPS, mm): x to the left, y back, z to the head.

    Everything is in the order slices, rows, columns. shape: voxels. spacing_mm: between the centres of
    neighbours. directions: unit vectors at right angles, along which each index grows. origin_mm: the centre
    of voxel (0, 0, 0).
    """

    shape: tuple[int, int, int]
    spacing_mm: Vector
    directions: tuple[Vector, Vector, Vector]
    origin_mm: Vector

    @cached_property
    def affine(self) -> np.ndarray:
        """float64 (4, 4): (slice, row, column, 1) to (x, y, z, 1)."""
        matrix = np.eye(4)
        matrix[:3, :3] = np.array(self.directions).T * np.array(self.spacing_mm)
        matrix[:3, 3] = self.origin_mm
        return matrix

    @property
    def voxel_mm3(self) -> float:
        """The volume of one voxel."""
        return float(np.prod(self.spacing_mm))

    @property
    def lengths_mm(self) -> Vector:
        """What the voxels cover along each index, from the edge of the first to the edge of the last."""
        slices, rows, columns = (
            number * step for number, step in zip(self.shape, self.spacing_mm, strict=True)
        )
        return slices, rows, columns

    @property
    def head_length_mm(self) -> float:
        """What the voxels cover from feet to head, along the index that comes nearest to that."""
        return self.lengths_mm[_nearest_axes(self)[0][0]]

    def position_mm(self, index: Vector) -> Vector:
        """The place of an index (slice, row, column), whole at the centres of voxels."""
        x, y, z = self.affine[:3, :3] @ np.array(index) + self.affine[:3, 3]
        return float(x), float(y), float(z)

    def index_of(self, position_mm: Vector) -> Vector:
        """The index (slice, row, column) of a place, inside the volume or not."""
        away = np.array(position_mm) - np.array(self.origin_mm)
        slices, rows, columns = (np.array(self.directions) @ away) / np.array(self.spacing_mm)
        return float(slices), float(rows), float(columns)

    def slab(self, start: int, stop: int) -> "Geometry":
        """The geometry of slices start to stop, the last not included."""
        return replace(
            self, shape=(stop - start, *self.shape[1:]), origin_mm=self.position_mm((start, 0.0, 0.0))
        )

    def transposed(self, axes: tuple[int, int, int]) -> "Geometry":
        """The geometry of the same voxels with these axes as slices, rows and columns."""
        slices, rows, columns = axes
        return replace(
            self,
            shape=(self.shape[slices], self.shape[rows], self.shape[columns]),
            spacing_mm=(self.spacing_mm[slices], self.spacing_mm[rows], self.spacing_mm[columns]),
            directions=(self.directions[slices], self.directions[rows], self.directions[columns]),
        )


def degrees_from_axial(cosine: float) -> float:
    """The angle between slices and the axial plane, 0 to 90. cosine: z of their normal, a unit vector."""
    return math.degrees(math.acos(min(1.0, abs(cosine))))


def is_nearly_axial(cosine: float) -> bool:
    """Whether areas in such slices mean something. cosine: as of `degrees_from_axial`."""
    return degrees_from_axial(cosine) <= MOST_OBLIQUE_DEGREES


def axes_first(geometry: Geometry) -> tuple[int, int, int]:
    """The index nearest to the way from foot to head first, then the two others in their order."""
    first = _nearest_axes(geometry)[0][0]
    rows, columns = (axis for axis in range(3) if axis != first)
    return first, rows, columns


def upright(voxels: np.ndarray, geometry: Geometry) -> tuple[np.ndarray, Geometry]:
    """The same voxels with slices going to the head, rows to the back and columns to the patient's left.

    voxels: of the geometry's shape. The result is a view, with axes swapped and turned by whole steps: an
    oblique volume stays oblique, its axes are the nearest ones.
    """
    order, turned = _nearest_axes(geometry)
    start = tuple(geometry.shape[axis] - 1 if axis in turned else 0 for axis in range(3))
    directions = [
        tuple(-part for part in geometry.directions[axis]) if axis in turned else geometry.directions[axis]
        for axis in order
    ]
    seen = np.flip(voxels, tuple(turned)).transpose(order)
    return seen, Geometry(
        shape=tuple(geometry.shape[axis] for axis in order),  # type: ignore[arg-type]
        spacing_mm=tuple(geometry.spacing_mm[axis] for axis in order),  # type: ignore[arg-type]
        directions=tuple(directions),  # type: ignore[arg-type]
        origin_mm=geometry.position_mm(start),  # type: ignore[arg-type]
    )


def _nearest_axes(geometry: Geometry) -> tuple[list[int], set[int]]:
    """The index nearest to each axis of an upright volume, in its order; and those that go against it."""
    parts = np.abs(np.array(geometry.directions))
    order, turned = [-1, -1, -1], set()
    # The clearest match first, so that at 45 degrees no axis is taken twice.
    for axis, patient in sorted(np.ndindex(3, 3), key=lambda pair: -parts[pair]):
        place = _HEADWARD_BACKWARD_LEFTWARD.index(patient)
        if order[place] < 0 and axis not in order:
            order[place] = axis
            if geometry.directions[axis][patient] < 0:
                turned.add(axis)
    return order, turned
