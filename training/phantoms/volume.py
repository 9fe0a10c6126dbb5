"""A phantom as a whole study: slices in HU with the truth of every voxel."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from training.phantoms.render import Phantom, pose_of, render
from training.phantoms.scan import degrade


@dataclass(frozen=True)
class Grid:
    """Where the voxels of a study are, in the scanner's frame (as DICOM's: left, back, head), mm.

    rows: of a slice, also its columns. low, high: the lowest and the highest slice. samples: per voxel.
    """

    rows: int
    pixel_mm: float
    step_mm: float
    low: float
    high: float
    samples: int = 2

    @property
    def heights(self) -> np.ndarray:
        """Of the slices, from foot to head."""
        return np.arange(self.low, self.high + 1e-6, self.step_mm)

    def corner(self, phantom: Phantom) -> tuple[float, float]:
        """x and y of the centre of the first pixel: the trunk in the middle but for the scan's shift."""
        half = (self.rows - 1) / 2 * self.pixel_mm
        middle = (phantom.scene.extent.front + phantom.scene.extent.back) / 2
        return phantom.scan.shift_x - half, middle + phantom.scan.shift_y - half


@dataclass(frozen=True)
class Slice:
    """One slice, all (rows, columns): hu int16, tissue and level uint8; z: its height."""

    z: float
    hu: np.ndarray
    tissue: np.ndarray
    level: np.ndarray


def grid_of(phantom: Phantom, low: float, high: float, rows: int = 512) -> Grid:
    """The grid that the phantom's scan asks for; low and high against the centre of L3."""
    pixel = phantom.scan.field_mm / rows
    return Grid(rows, pixel, phantom.scan.step_mm, low, high)


def draw_slices(phantom: Phantom, grid: Grid) -> Iterator[Slice]:
    """From foot to head, one at a time: a study need not fit into memory."""
    pose = pose_of(phantom.scan)
    rng = np.random.default_rng([phantom.scan.seed, 50])
    x0, y0 = grid.corner(phantom)
    along = np.arange(grid.rows) * grid.pixel_mm
    x, y = np.meshgrid(along + x0, along + y0)
    half = grid.pixel_mm / 2
    jitter = np.diag([half, half, phantom.scan.thickness_mm / 2]) @ pose
    outside = np.hypot(x - phantom.scan.shift_x, y - y0 - along[-1] / 2) > phantom.scan.field_mm / 2
    for z in grid.heights:
        points = (np.stack([x, y, np.full_like(x, z)], 2) @ pose).astype(np.float32)
        plane = render(phantom, points, jitter, grid.samples, rng)
        hu = degrade(plane.hu, (grid.pixel_mm, grid.pixel_mm), phantom.scan, rng).astype(np.int16)
        hu[outside] = -1024
        plane.tissue[outside] = plane.level[outside] = 0
        yield Slice(float(z), hu, plane.tissue, plane.level)
