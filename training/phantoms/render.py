"""Planes of a scene as images, with their truth."""

from dataclasses import dataclass

import numpy as np

from training.phantoms.anatomy import Anatomy, draw_anatomy
from training.phantoms.canvas import rotation
from training.phantoms.intensities import draw_intensities
from training.phantoms.scan import Scan, draw_scan
from training.phantoms.scene import Scene, build_scene
from training.phantoms.surroundings import draw_surroundings


@dataclass(frozen=True)
class Phantom:
    """A patient on a scanner. Everything follows from `anatomy` and `scan`, which follow from a seed."""

    anatomy: Anatomy
    scan: Scan
    scene: Scene
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
    return Phantom(anatomy, scan, scene, *draw_intensities(anatomy))


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
        grain = phantom.scene.field.at(canvas.points, 7.0, 1)
        total += phantom.mean_hu[canvas.tissue] + phantom.spread_hu[canvas.tissue] * grain
    return Plane((total / samples).reshape(shape), tissue.reshape(shape), level.reshape(shape))
