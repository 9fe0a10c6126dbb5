"""Planes of a scene as images, with their truth."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from training.phantoms.anatomy import draw_anatomy
from training.phantoms.canvas import Canvas, Frame, rotation
from training.phantoms.intensities import draw_intensities
from training.phantoms.noise import Field
from training.phantoms.scan import Scan, draw_scan
from training.phantoms.scene import build_scene
from training.phantoms.surroundings import Extent, draw_surroundings


class Bone(Protocol):
    """A vertebra as far as others need it."""

    @property
    def name(self) -> str:
        """T3 to T12, L1 to L6, S1 to S5."""
        ...

    @property
    def frame(self) -> Frame:
        """Its centre and axes."""
        ...


class Drawn(Protocol):
    """What both renderers make of a patient."""

    @property
    def skeleton(self) -> float:
        """Size of the skeleton, 1 for the middle."""
        ...

    @property
    def spine(self) -> Sequence[Bone]:
        """Vertebrae from head to foot."""
        ...

    @property
    def extent(self) -> Extent:
        """Where the trunk ends at L3."""
        ...

    @property
    def field(self) -> Field:
        """The patient's texture."""
        ...

    def sample(self, points: np.ndarray) -> Canvas:
        """The tissues and levels at points (n, 3)."""
        ...


@dataclass(frozen=True)
class Phantom:
    """A patient on a scanner; everything follows from a seed. mean_hu, spread_hu: by Tissue."""

    scan: Scan
    scene: Drawn
    mean_hu: np.ndarray
    spread_hu: np.ndarray


@dataclass(frozen=True)
class Plane:
    """An image and its truth, all (rows, columns): hu float32, tissue and level uint8."""

    hu: np.ndarray
    tissue: np.ndarray
    level: np.ndarray


def draw_phantom(seed: int) -> Phantom:
    """The phantom of this seed, from the ranges of training."""
    anatomy, scan = draw_anatomy(seed), draw_scan(seed)
    scene = build_scene(anatomy, draw_surroundings(np.random.default_rng([seed, 13])))
    return Phantom(scan, scene, *draw_intensities(anatomy))


def pose_of(scan: Scan) -> np.ndarray:
    """Rows: the scanner's axes as seen by the patient."""
    return rotation(scan.roll, scan.pitch, scan.yaw)


def render(
    phantom: Phantom, points: np.ndarray, jitter: np.ndarray, samples: int, rng: np.random.Generator
) -> Plane:
    """Sample points (rows, columns, 3) of the patient's frame, each as the mean of samples around it.

    jitter: (3, 3), rows: the half sides of the box that a pixel averages, as vectors. The truth is that of
    the points themselves.
    """
    shape, flat = points.shape[:2], points.reshape(-1, 3)
    total = np.zeros(len(flat), np.float32)
    tissue = level = np.zeros(len(flat), np.uint8)
    for sample in range(samples):
        shift = rng.uniform(-1, 1, (len(flat), 3)).astype(np.float32) @ jitter.astype(np.float32)
        canvas = phantom.scene.sample(flat + shift * (sample > 0))
        if sample == 0:
            tissue, level = canvas.tissue, canvas.level
        grain = phantom.scene.field.at(canvas.points, 7.0)
        total += phantom.mean_hu[canvas.tissue] + phantom.spread_hu[canvas.tissue] * grain
    return Plane((total / samples).reshape(shape), tissue.reshape(shape), level.reshape(shape))
