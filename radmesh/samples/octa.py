"""Draws a made-up OCT-angiography en-face image: no patient, no licence, the same for the same seed.

A projection of the superficial plexus around the fovea: bright arcades and their branches, a mesh of
capillaries that ends at the foveal avascular zone, speckle, and the uneven rows of a real scan.
"""

import math

import numpy as np
from PIL import Image, ImageDraw

from radmesh.samples.vessel_tree import TWIG_LEVEL, Vessel, grow

DEMO_SEED = 3
"""The image of the demo."""

OVERSAMPLING = 4
CAPILLARY_SPACING = 0.0155
"""Of the side; about 90 micrometres in a field of 6 mm."""

TRUTH_RADIUS = 0.0036
"""A vessel is drawn at least this wide in the truth, as people draw the thinnest ones they see."""


def draw_octa(seed: int, size: int = 320) -> np.ndarray:
    """The image of a seed: uint8, (size, size)."""
    return draw_octa_with_truth(seed, size)[0]


def draw_octa_with_truth(seed: int, size: int = 320) -> tuple[np.ndarray, np.ndarray]:
    """The image of a seed and the mask of its vessels without twigs and capillaries.

    Both uint8, (size, size); the mask is 0 or 255.
    """
    rng = np.random.default_rng(seed)
    fovea = np.array([rng.uniform(0.48, 0.56), rng.uniform(0.47, 0.53)])
    vessels = grow(rng, fovea)
    flipped = bool(rng.integers(2))
    flow = _stroked(vessels, size, least_radius=0.0, shaded=True)
    marked = [vessel for vessel in vessels if vessel.level < TWIG_LEVEL]
    truth = _stroked(marked, size, least_radius=TRUTH_RADIUS, shaded=False)
    image = _scanned(rng, _composed(rng, flow, fovea, size))
    if flipped:
        image, truth = image[:, ::-1], truth[:, ::-1]
    mask = np.where(truth >= 0.5, 255, 0).astype(np.uint8)
    return np.ascontiguousarray(image), np.ascontiguousarray(mask)


def _stroked(vessels: list[Vessel], size: int, least_radius: float, shaded: bool) -> np.ndarray:
    """Vessels as float (size, size), 0..1; shaded: the thinner, the darker."""
    side = size * OVERSAMPLING
    canvas = Image.new("L", (side, side))
    draw = ImageDraw.Draw(canvas)
    for vessel in sorted(vessels, key=lambda vessel: vessel.radii[0]):
        for (x, y), radius in zip(vessel.points * side, vessel.radii, strict=True):
            level = 255 if not shaded else round(255 * min(1.0, 0.46 + 92 * radius))
            r = max(radius, least_radius) * side
            draw.ellipse((x - r, y - r, x + r, y + r), fill=level)
    small = canvas.resize((size, size), Image.Resampling.BOX)
    return np.asarray(small, dtype=np.float32) / 255.0


def _composed(rng: np.random.Generator, flow: np.ndarray, fovea: np.ndarray, size: int) -> np.ndarray:
    """Flow without noise: vessels over capillaries, dark at the fovea; float (size, size), 0..1."""
    y, x = (np.mgrid[0:size, 0:size] + 0.5) / size
    ragged = _smooth(rng, size, 14) * 0.010 + _smooth(rng, size, 6) * 0.008
    distance = np.hypot(x - fovea[0], y - fovea[1]) + ragged
    outside_zone = 1 / (1 + np.exp(-(distance - rng.uniform(0.034, 0.048)) / 0.010))
    perfusion = outside_zone * (0.50 + 0.50 * np.clip(distance / 0.32, 0, 1))
    perfusion *= 1 + 0.16 * _smooth(rng, size, 4) + 0.12 * _smooth(rng, size, 12)
    ground = perfusion * (0.06 + 0.28 * _mesh(rng, size))
    fast: np.ndarray = flow * (0.92 + 0.12 * _smooth(rng, size, 8)).clip(0.6, 1.05)
    composed: np.ndarray = np.maximum(ground, fast)
    return composed


def _mesh(rng: np.random.Generator, size: int) -> np.ndarray:
    """Capillaries: the borders of scattered cells, bent and broken up; float (size, size), 0..1."""
    count = round(1 / CAPILLARY_SPACING)
    seeds = rng.random((count + 4, count + 4, 2))
    y, x = (np.mgrid[0:size, 0:size] + 0.5) / size * count
    x, y = x + 0.5 * _smooth(rng, size, 24), y + 0.5 * _smooth(rng, size, 24)
    column, row = np.floor(x).astype(int), np.floor(y).astype(int)
    nearest = np.full((2, size, size), np.inf)
    for down in (-1, 0, 1):
        for right in (-1, 0, 1):
            i, j = (row + down).clip(-2, count + 1), (column + right).clip(-2, count + 1)
            offset = seeds[i + 2, j + 2]
            away = np.hypot(j + offset[..., 0] - x, i + offset[..., 1] - y)
            nearest = np.sort(np.stack([*nearest, away]), axis=0)[:2]
    border: np.ndarray = np.exp(-(((nearest[1] - nearest[0]) / 0.28) ** 2))
    border *= (0.75 + 0.35 * _smooth(rng, size, 40)).clip(0, 1.3)
    return border


def _scanned(rng: np.random.Generator, flow: np.ndarray) -> np.ndarray:
    """As the device shows it: optics, speckle, one gain a row, a few rows of eye movement; uint8."""
    size = len(flow)
    speckle = rng.gamma(1.6, 1 / 1.6, flow.shape)
    speckle = 0.7 * speckle + 0.3 * np.roll(speckle, 1, axis=1)
    # Fast flow decorrelates fully, so wide vessels saturate and show little speckle.
    image = flow * (speckle ** (1.0 - 0.87 * flow.clip(0, 1))) + 0.02 * rng.gamma(1.5, 1, flow.shape)
    image = _blurred(image, 0.40 * size / 320)
    image *= (1 + 0.16 * _smooth(rng, size, 3)) * (1 + 0.035 * rng.standard_normal((size, 1)))
    for row in rng.integers(0, size, 3):
        image[row : row + rng.integers(1, 3)] *= rng.uniform(0.75, 1.2)
    return (255 * (1.15 * image).clip(0, 1)).round().astype(np.uint8)


def _smooth(rng: np.random.Generator, size: int, waves: int) -> np.ndarray:
    """Smooth noise with about `waves` bumps along a side, mean 0, deviation about 1; (size, size)."""
    coarse = rng.standard_normal((waves + 1, waves + 1)).astype(np.float32)
    return np.asarray(Image.fromarray(coarse).resize((size, size), Image.Resampling.BICUBIC)) * 1.3


def _blurred(image: np.ndarray, sigma: float) -> np.ndarray:
    reach = max(1, math.ceil(3 * sigma))
    taps = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    taps /= taps.sum()
    for axis in (0, 1):
        padding = [(reach, reach) if a == axis else (0, 0) for a in (0, 1)]
        padded = np.pad(image, padding, mode="edge")
        length = image.shape[axis]
        image = sum(tap * padded.take(range(k, k + length), axis) for k, tap in enumerate(taps))
    return image
