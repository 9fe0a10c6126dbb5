"""Fractal texture of the second renderer: octaves of sines in random directions, no grid."""

from functools import lru_cache

import numpy as np


@lru_cache(maxsize=32)
def _waves(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng([seed, 110])
    octaves = np.repeat((1.0, 1.9, 3.7), 5)
    ways = rng.normal(size=(len(octaves), 3))
    ways = ways / np.linalg.norm(ways, axis=1, keepdims=True) * (octaves * rng.uniform(0.8, 1.2, 15))[:, None]
    weights = rng.uniform(0.6, 1.4, len(octaves)) / octaves**0.8
    return (
        ways.astype(np.float32),
        rng.uniform(0, 6.3, 15).astype(np.float32),
        weights / np.sqrt((weights**2).sum() / 2),
    )


def fractal(seed: int, points: np.ndarray, size_mm: float) -> np.ndarray:
    """Values around 0 with deviation 1 at points (n, 3); size_mm: of the largest structures."""
    ways, phases, weights = _waves(seed)
    values = np.zeros(len(points), np.float32)
    for way, phase, weight in zip(ways, phases, weights, strict=True):
        values += np.float32(weight) * np.sin(points @ (way * np.float32(3.14 / size_mm)) + phase)
    return values
