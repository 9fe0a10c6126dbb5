"""Where the tiles of a sliding window lie, in rows along the slowest axis; and how far a prediction is."""

from collections.abc import Sequence
from dataclasses import dataclass

from nnunetv2.inference.sliding_window_prediction import compute_steps_for_sliding_window


@dataclass(frozen=True)
class Tiles:
    """How far a prediction is. done of total: tiles of all folds and stages, as far as they are known.

    configuration: the one that is at work. message: what happened that people should know, or "".
    """

    done: int
    total: int
    configuration: str
    eta_seconds: float | None = None
    message: str = ""


@dataclass(frozen=True)
class Row:
    """Tiles with the same planes, from start on. corners: of each tile in the plane.

    settled: up to this plane no later tile writes.
    """

    start: int
    settled: int
    corners: tuple[tuple[int, int], ...]


def tile_rows(shape: Sequence[int], patch: Sequence[int], step: float) -> tuple[Row, ...]:
    """The tiles of a volume as nnU-Net lays them, in its order.

    shape: of the padded volume, three sides. patch: two sides, then each plane is one row, or three. step: of
    one tile to the next, as a part of the patch.
    """
    flat = len(patch) == 2
    steps = compute_steps_for_sliding_window(tuple(shape[1:]) if flat else tuple(shape), tuple(patch), step)
    starts = list(range(shape[0])) if flat else steps[0]
    first, second = steps[-2:]
    corners = tuple((row, column) for row in first for column in second)
    return tuple(
        Row(start, settled, corners) for start, settled in zip(starts, [*starts[1:], shape[0]], strict=True)
    )


def tile_count(shape: Sequence[int], patch: Sequence[int], step: float) -> int:
    """How many tiles a volume has; shape: before it is padded to the patch."""
    sides = (1, *patch) if len(patch) == 2 else tuple(patch)
    padded = tuple(max(side, least) for side, least in zip(shape, sides, strict=True))
    return sum(len(row.corners) for row in tile_rows(padded, patch, step))
