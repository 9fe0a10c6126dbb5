"""Random changes of an image and its truth that leave it a plausible OCT angiogram.

Warps are rare, because each blurs edges. What a bad scan does is frequent: haze, streaks and lost
borders make the worst images of val, far below the rest.

Everything happens at the image's own size, before the resize of the service's transform.
"""

import math

import numpy as np
import torch
from PIL import Image
from torch.nn import functional


def augment(grey: np.ndarray, truth: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A changed copy of both, uint8 (rows, columns) of a square image; the truth stays 0 or 255."""
    grey, truth = _mirrored(grey, truth, rng)
    if rng.random() < 0.4:
        grey, truth = _warp(grey, truth, rng)
    grey = _intensity(grey, rng)
    if rng.random() < 0.3:
        grey = _streaked(grey, rng)
    if rng.random() < 0.15:
        grey, truth = _lost_border(grey, truth, rng)
    return grey, truth


def _mirrored(grey: np.ndarray, truth: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Left-right (the other eye) and up-down. No quarter turns: a thin streak along the fast scan axis,
    which is horizontal, is a movement of the eye, and the network may learn that."""
    rows, columns = (-1 if rng.random() < 0.5 else 1 for _ in range(2))
    return np.ascontiguousarray(grey[::rows, ::columns]), np.ascontiguousarray(truth[::rows, ::columns])


def _warp(grey: np.ndarray, truth: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Rotation, scale, shear and a smooth displacement in one interpolation, mirrored at the edges."""
    side = grey.shape[0]
    angle = math.radians(rng.uniform(-20, 20))
    zoom, shear = math.exp(rng.uniform(-0.25, 0.2)), rng.uniform(-0.1, 0.1)
    cos, sin = math.cos(angle) * zoom, math.sin(angle) * zoom
    matrix = torch.tensor([[[cos, -sin + shear, 0.0], [sin, cos, 0.0]]], dtype=torch.float32)
    grid = functional.affine_grid(matrix, [1, 1, side, side], align_corners=False)
    coarse = torch.from_numpy(rng.normal(0.0, 1.0, (1, 2, 6, 6)).astype(np.float32))
    bend = functional.interpolate(coarse, size=(side, side), mode="bicubic", align_corners=True)
    grid = grid + bend.permute(0, 2, 3, 1) * rng.uniform(0.0, 0.03)
    pair = torch.from_numpy(np.stack([grey, truth]).astype(np.float32))[None]
    warped = functional.grid_sample(pair, grid, "bilinear", "reflection", align_corners=False)[0].numpy()
    return warped[0].round().astype(np.uint8), np.where(warped[1] >= 127.5, 255, 0).astype(np.uint8)


def _intensity(grey: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Gamma, contrast, uneven illumination, blur and speckle, each of them only sometimes."""
    x = grey.astype(np.float32) / 255.0
    if rng.random() < 0.35:
        x = x ** np.float32(math.exp(rng.uniform(-0.5, 0.5)))
    if rng.random() < 0.35:
        mean = x.mean()
        x = (x - mean) * np.float32(rng.uniform(0.5, 1.4)) + mean + np.float32(rng.uniform(-0.1, 0.35))
    if rng.random() < 0.3:
        x = x * _field(x.shape, rng)
    if rng.random() < 0.08:
        x = _blurred(x, rng.uniform(0.3, 0.9))
    if rng.random() < 0.25:
        speckle = rng.standard_normal(x.shape, dtype=np.float32)
        x = x + speckle * (x * np.float32(rng.uniform(0, 0.25)) + np.float32(rng.uniform(0, 0.06)))
    pixels: np.ndarray = (x.clip(0.0, 1.0) * 255.0).round().astype(np.uint8)
    return pixels


def _streaked(grey: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Bright lines of one or two rows, as a saccade leaves them; they are no vessels."""
    rows, columns = grey.shape
    streaked = grey.astype(np.float32)
    for _ in range(int(rng.integers(1, 13))):
        row, thick = int(rng.integers(rows)), int(rng.integers(1, 3))
        first, length = int(rng.integers(columns)), int(rng.integers(8, columns))
        part = streaked[row : row + thick, first : first + length]
        part += rng.uniform(40, 220) * rng.uniform(0.6, 1.0, part.shape)
    return streaked.clip(0, 255).astype(np.uint8)


def _lost_border(
    grey: np.ndarray, truth: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Horizontal noise instead of a strip at one side, where the scan left the retina; no vessels in it."""
    rows, columns = grey.shape
    width = int(rng.integers(4, columns // 8))
    strip = slice(0, width) if rng.random() < 0.5 else slice(columns - width, columns)
    coarse = rng.normal(rng.uniform(20, 160), rng.uniform(20, 120), (rows, width // 8 + 1))
    noise = np.repeat(coarse, 8, axis=1)[:, :width] + rng.normal(0, 20, (rows, width))
    grey, truth = grey.copy(), truth.copy()
    grey[:, strip] = (0.2 * grey[:, strip] + 0.8 * noise).clip(0, 255).astype(np.uint8)
    truth[:, strip] = 0
    return grey, truth


def _field(shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """A smooth gain around 1, as from a tilted retina or a media opacity."""
    coarse = rng.normal(1.0, rng.uniform(0.05, 0.25), (4, 4)).astype(np.float32)
    field = Image.fromarray(coarse).resize((shape[1], shape[0]), Image.Resampling.BICUBIC)
    gain: np.ndarray = np.asarray(field).clip(0.3, 1.8)
    return gain


def _blurred(x: np.ndarray, sigma: float) -> np.ndarray:
    taps = np.exp(-0.5 * (np.arange(-2, 3) / sigma) ** 2).astype(np.float32)
    taps /= taps.sum()
    kernel = torch.from_numpy(np.outer(taps, taps))[None, None]
    padded = functional.pad(torch.from_numpy(x)[None, None], (2, 2, 2, 2), mode="reflect")
    blurred: np.ndarray = functional.conv2d(padded, kernel)[0, 0].numpy()
    return blurred
