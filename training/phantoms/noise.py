"""Smooth random fields in space: what warps shapes and gives tissue its texture."""

from functools import lru_cache

import numpy as np
from scipy import ndimage

_SIDE = 96
_GRIDS = 4
_BLOB = 10.0  # grid steps across a blob, so that the nearest grid point is near enough


@lru_cache(maxsize=_GRIDS)
def _grid(index: int) -> np.ndarray:
    """A periodic, smooth grid of mean 0 and deviation 1; all fields are windows of a few such grids."""
    rng = np.random.default_rng([index, 20])
    grid = rng.standard_normal((_SIDE, _SIDE, _SIDE)).astype(np.float32)
    grid = ndimage.gaussian_filter(grid, 3.0, mode="wrap")
    normal: np.ndarray = ((grid - grid.mean()) / grid.std()).ravel()
    return normal


class Field:
    """A smooth, roughly normal random field; the same seed gives the same field everywhere."""

    def __init__(self, seed: int, channels: int = 1) -> None:
        rng = np.random.default_rng([seed, 21])
        self._choice = [int(rng.integers(_GRIDS)) for _ in range(channels)]
        self._shift = [rng.uniform(0, _SIDE, 3).astype(np.float32) for _ in range(channels)]
        self._axes = [rng.permutation(3) for _ in range(channels)]

    def at(
        self, points: np.ndarray, size_mm: float | tuple[float, float, float], channel: int = 0
    ) -> np.ndarray:
        """Values at points (n, 3), float32 (n,); size_mm: about the size of a blob, per axis."""
        scale = _BLOB / np.broadcast_to(np.asarray(size_mm, np.float32), 3)
        index = np.zeros(len(points), np.int32)
        for axis in self._axes[channel]:
            step = (points[:, axis] * scale[axis] + self._shift[channel][axis]).astype(np.int32) % _SIDE
            index = index * _SIDE + step
        values: np.ndarray = _grid(self._choice[channel])[index]
        return values
