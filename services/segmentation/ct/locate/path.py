"""The best way through a pile of maps, one place in each, that never jumps far."""

import numpy as np

_REACH = 2
"""Cells that a step may go along each axis."""


def best_path(maps: np.ndarray, stiffness: float) -> np.ndarray:
    """The places whose values, less stiffness times each step's squared length in cells, sum to the most.

    maps: (n, rows, columns). Returns int (n, 2). Exact, by dynamic programming, and so the same far from the
    ends of the pile wherever those are.
    """
    total = maps[0].astype(np.float32)
    steps = np.zeros((len(maps), 2, *total.shape), np.int8)
    for index in range(1, len(maps)):
        for axis in (0, 1):
            total, steps[index, axis] = _reached(total, axis, stiffness)
        total = total + maps[index]
    path = np.zeros((len(maps), 2), np.intp)
    place = list(np.unravel_index(int(total.argmax()), total.shape))
    for index in range(len(maps) - 1, -1, -1):
        path[index] = place
        # The step along the second axis was chosen last.
        place[1] = place[1] - int(steps[index, 1, place[0], place[1]])
        place[0] = place[0] - int(steps[index, 0, place[0], place[1]])
    return path


def _reached(total: np.ndarray, axis: int, stiffness: float) -> tuple[np.ndarray, np.ndarray]:
    """The best of each place's neighbours along an axis, and the step that led from there."""
    best, step = total.copy(), np.zeros(total.shape, np.int8)
    for size in range(1, _REACH + 1):
        for sign in (-1, 1):
            ahead = [slice(None)] * 2
            behind = [slice(None)] * 2
            ahead[axis] = slice(size, None) if sign > 0 else slice(None, -size)
            behind[axis] = slice(None, -size) if sign > 0 else slice(size, None)
            here, there = tuple(ahead), tuple(behind)
            value = total[there] - stiffness * size * size
            better = value > best[here]
            best[here][better] = value[better]
            step[here][better] = sign * size
    return best, step
