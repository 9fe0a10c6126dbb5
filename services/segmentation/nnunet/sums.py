"""Weighted sums of the tiles' logits over the planes that are not settled yet, in half precision."""

from collections.abc import Iterator

import torch

from radmesh.errors import InferenceError
from services.segmentation.nnunet.tuned import Function

_PIECE_BYTES = 4 << 20
_SLAB_BYTES = 64 << 20


class PlaneSums:
    """Sums for `depth` planes at a time: plane p lies at p modulo depth, and makes room once it is settled.

    The arithmetic is nnU-Net's, operation by operation, with its rounding to half precision; only less memory
    is held: a patch's depth of planes, not all of the volume, and no copies of that in single precision.
    """

    def __init__(
        self, heads: int, shape: tuple[int, int, int], depth: int, weights: torch.Tensor, device: torch.device
    ) -> None:
        """shape: of the volume. weights: half precision, of one tile, three sides, on `device`."""
        self._planes, rows, columns = shape
        self._depth = depth
        self._weights = weights
        self._sums = torch.zeros((heads, depth, rows, columns), dtype=torch.half, device=device)
        self._counts = torch.zeros((depth, rows, columns), dtype=torch.half, device=device)
        self._single_weights = weights.float() if device.type == "cpu" else weights

    def add(
        self, start: int, corner: tuple[int, int], found: torch.Tensor, head: Function | None = None
    ) -> None:
        """Adds a tile from plane `start` on.

        found: logits (heads, planes, rows, columns), overwritten; or features that `head` makes logits of.
        """
        _, planes, rows, columns = found.shape
        inside = (slice(corner[0], corner[0] + rows), slice(corner[1], corner[1] + columns))
        for begin, end, ring in self._pieces(start, start + planes):
            tile = slice(begin - start, end - start)
            sums = self._sums[:, ring, *inside]
            self._counts[ring, *inside] += self._weights[tile]
            if sums.device.type == "cpu":
                _add_piecewise(sums, found[:, tile], self._single_weights[tile], head)
            else:
                sums += found[:, tile].mul_(self._weights[tile])

    def settled(self, start: int, stop: int) -> Iterator[tuple[int, torch.Tensor]]:
        """The mean logits of planes that no tile will write to again, and makes room for others.

        Gives (first plane, half precision (heads, planes, rows, columns)) from `start` on, a few at a time,
        each good until the next.
        """
        plane_bytes = self._sums[:, 0].numel() * 4
        most = max(1, _SLAB_BYTES // plane_bytes)
        for begin, end, ring in self._pieces(start, stop):
            for first in range(begin, end, most):
                last = min(end, first + most)
                inside = slice(ring.start + first - begin, ring.start + last - begin)
                sums = self._sums[:, inside]
                logits = torch.div(sums, self._counts[inside])
                if not torch.isfinite(logits).all():
                    raise InferenceError(
                        "the network's answers are too large for half precision; so are they for nnU-Net"
                    )
                yield first, logits
                sums.zero_()
                self._counts[inside].zero_()

    def _pieces(self, start: int, stop: int) -> Iterator[tuple[int, int, slice]]:
        """Planes from start to stop in runs that are in order in the ring, and where there."""
        while start < stop:
            place = start % self._depth
            length = min(stop - start, self._depth - place)
            yield start, start + length, slice(place, place + length)
            start += length


def _add_piecewise(
    sums: torch.Tensor, found: torch.Tensor, weights: torch.Tensor, head: Function | None
) -> None:
    """sums += logits * weights in single precision, rounded once: as torch does, but within the cache."""
    heads, planes = sums.shape[:2]
    step = max(1, _PIECE_BYTES // (4 * heads * weights[0].numel()))
    for begin in range(0, planes, step):
        piece = slice(begin, begin + step)
        logits = found[:, piece] if head is None else head(found[:, piece])
        sums[:, piece] = logits.mul_(weights[piece]).add_(sums[:, piece])
