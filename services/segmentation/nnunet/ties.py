"""Resamples in double precision, as scipy does for nnU-Net, where a rounding could decide the label.

Logits come out in half precision, so that in a few voxels of a thousand the two best are within a step or two
of each other. What single precision rounds to the other step there would be another label than nnU-Net's.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np
import torch

_STEPS = 2.0**-9
"""Two steps of half precision, as a part of the value."""

_SMALLEST = 2.0**-23
_AT_ONCE = 1 << 14
"""Voxels whose logits are held in double precision."""


class Ties:
    """before, after: sides at the network's spacing and at the image's. linear: see Axes."""

    def __init__(self, before: Sequence[int], after: Sequence[int], linear: Sequence[bool]) -> None:
        self._planes, *sides = (
            [_place(place, old, new, along) for place in range(new)]
            for old, new, along in zip(before, after, linear, strict=True)
        )
        self._sides = [_table(places) for places in sides]

    def settle(self, found: torch.Tensor, plane: int, held: Mapping[int, torch.Tensor]) -> None:
        """Puts exact logits of the near-ties into `found`, half precision (heads, rows, columns) of a plane.

        held: the planes of the network, (heads, rows, columns), between which it lies.
        """
        best = found.amax(0, keepdim=True)
        least = best - (best.abs() * _STEPS + _SMALLEST)
        close = torch.nonzero((found >= least).sum(0, dtype=torch.int32) > 1).cpu()
        ends = [(held[place].cpu(), weight) for place, weight in self._planes[plane] if weight]
        for some in torch.split(close, _AT_ONCE):
            # Not torch's rounding from double precision to half, which goes by single precision.
            rounded = torch.from_numpy(self._exact(ends, some).numpy().astype(np.float16))
            found[:, some[:, 0], some[:, 1]] = rounded.to(found.device)

    def _exact(self, planes: Sequence[tuple[torch.Tensor, float]], voxels: torch.Tensor) -> torch.Tensor:
        """Logits (heads, voxels), with products and sums in scipy's order.

        Exact middles between two steps are usual, and then the last digit of double precision decides.
        """
        (rows, row_weights), (columns, column_weights) = (
            (places[:, voxels[:, side]], weights[:, voxels[:, side]])
            for side, (places, weights) in enumerate(self._sides)
        )
        total = torch.zeros(planes[0][0].shape[0], len(voxels), dtype=torch.double)
        for plane, weight in planes:
            for row, row_weight in zip(rows, row_weights, strict=True):
                for column, column_weight in zip(columns, column_weights, strict=True):
                    total += plane[:, row, column].double() * weight * row_weight * column_weight
        return total


Ends = tuple[tuple[int, float], tuple[int, float]]
"""The two places between which another one lies, each with its weight."""


def source(place: int, before: int, after: int) -> float:
    """Where a place of `after` lies among those of `before`, to scipy's last digit. Centres are halves."""
    return (place + 0.5) * (before / after) - 0.5


def nearest(at: float, before: int) -> int:
    """The one of `before` places that is nearest; of two the further one."""
    return min(max(math.floor(at + 0.5), 0), before - 1)


def _place(place: int, before: int, after: int, linear: bool) -> Ends:
    at = source(place, before, after)
    if not linear:
        return (nearest(at, before), 1.0), (nearest(at, before), 0.0)
    low = math.floor(at)
    # Beyond the edge both are the edge, and their weights still add up to one, or nearly so.
    return (max(low, 0), 1 - (at - low)), (min(low + 1, before - 1), at - low)


def _table(places: Sequence[Ends]) -> tuple[torch.Tensor, torch.Tensor]:
    """(2, n) places and their weights."""
    indices = torch.tensor([[place for place, _ in ends] for ends in places])
    weights = torch.tensor([[weight for _, weight in ends] for ends in places], dtype=torch.double)
    return indices.T, weights.T
