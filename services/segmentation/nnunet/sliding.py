"""Runs a network over a volume tile by tile, and gives mean logits of planes as soon as they are settled."""

import itertools
from collections.abc import Callable, Iterator, Sequence

import torch
from acvl_utils.cropping_and_padding.padding import pad_nd_image
from nnunetv2.inference.sliding_window_prediction import compute_gaussian

from services.segmentation.nnunet.sums import PlaneSums
from services.segmentation.nnunet.tiles import Row, tile_rows
from services.segmentation.nnunet.tuned import Function, Runnable

Slab = tuple[int, torch.Tensor]
"""The first plane, and logits in half precision (heads, planes, rows, columns); good until the next slab."""


class Window:
    """A sliding window over one prepared image.

    data: float32 (channels, *axes). patch: two sides for a network of planes, or three. step: of one tile to
    the next, as a part of the patch. heads: logits of a voxel.
    """

    def __init__(self, data: torch.Tensor, patch: tuple[int, ...], step: float, heads: int) -> None:
        padded, unpad = pad_nd_image(data, patch, "constant", {"value": 0}, True, None)
        self._data = padded
        self._inside = [slice(*one.indices(size)) for one, size in zip(unpad, padded.shape, strict=True)][1:]
        self._patch = patch if len(patch) == 3 else (1, *patch)
        self._flat = len(patch) == 2
        self._weights_of = patch
        self._heads = heads
        self._rows = tile_rows(padded.shape[1:], patch, step)

    @property
    def tiles(self) -> int:
        """How many tiles there are."""
        return sum(len(row.corners) for row in self._rows)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Of what the slabs make up together: the image without its padding."""
        planes, rows, columns = (one.stop - one.start for one in self._inside)
        return planes, rows, columns

    @property
    def depth(self) -> int:
        """How many planes of sums are held at a time."""
        return min(self._patch[0], int(self._data.shape[1]))

    def slabs(
        self,
        network: Runnable,
        devices: tuple[torch.device, torch.device],
        tile_done: Callable[[], None],
    ) -> Iterator[Slab]:
        """The mean logits of all planes in order.

        devices: that of the network and that of the sums. tile_done: called after each tile; may raise.
        """
        weights = compute_gaussian(
            self._weights_of, sigma_scale=1.0 / 8, value_scaling_factor=10, device=devices[1]
        )
        shape = tuple(self._data.shape[1:])
        sums = PlaneSums(self._heads, shape, self.depth, weights.reshape(self._patch), devices[1])
        for row in self._rows:
            for corner in row.corners:
                found = network.body(self._tile(row, corner).to(devices[0]))[0].to(devices[1])
                sums.add(row.start, corner, found.unsqueeze(1) if self._flat else found, network.head)
                tile_done()
            for first, found in sums.settled(row.start, row.settled):
                yield from self._unpadded(first, found)

    def _tile(self, row: Row, corner: tuple[int, int]) -> torch.Tensor:
        sides = self._patch
        place = (
            slice(row.start, row.start + sides[0]),
            slice(corner[0], corner[0] + sides[1]),
            slice(corner[1], corner[1] + sides[2]),
        )
        tile: torch.Tensor = self._data[(slice(None), *place)][None]
        return (tile.squeeze(2) if self._flat else tile).contiguous()

    def _unpadded(self, first: int, logits: torch.Tensor) -> Iterator[Slab]:
        planes, rows, columns = self._inside
        begin, end = max(first, planes.start), min(first + logits.shape[1], planes.stop)
        if begin < end:
            yield begin - planes.start, logits[:, begin - first : end - first, rows, columns]


def mirrored(body: Function, axes: Sequence[int]) -> Function:
    """A network whose answers are the mean over all mirror images along `axes`, which count from 0."""
    if not axes:
        return body
    flips = [
        tuple(axis + 2 for axis in chosen)
        for count in range(1, len(axes) + 1)
        for chosen in itertools.combinations(axes, count)
    ]

    def mean(tile: torch.Tensor) -> torch.Tensor:
        found = body(tile)
        for flip in flips:
            found += torch.flip(body(torch.flip(tile, flip)), flip)
        found /= len(flips) + 1
        return found

    return mean


def mean_of(parts: Sequence[Iterator[Slab]], shape: tuple[int, ...], *, in_step: bool) -> Iterator[Slab]:
    """The mean of several folds' slabs, summed in their order and in half precision as nnU-Net does.

    in_step: all folds side by side, which holds the sums of each; else one after the other, which holds the
    logits of the whole image, of `shape` (heads, planes, rows, columns).
    Sums that all folds shared would hold less than either, and round otherwise: of a made-up model of five
    folds 32 of 28,800 voxels then differ from nnU-Net's, a label's Dice falling to 0.995.
    """
    if len(parts) == 1:
        yield from parts[0]
    elif in_step:
        for together in zip(*parts, strict=True):
            total = together[0][1]
            for _, logits in together[1:]:
                total += logits
            total /= len(parts)
            yield together[0][0], total
    else:
        whole: torch.Tensor | None = None
        for slabs in parts:
            fresh = whole is None
            for first, logits in slabs:
                if whole is None:
                    whole = torch.empty(shape, dtype=logits.dtype, device=logits.device)
                place = whole[:, first : first + logits.shape[1]]
                place.copy_(logits) if fresh else place.add_(logits)
        assert whole is not None
        whole /= len(parts)
        yield 0, whole
