"""A served nnU-Net model in memory: masks and probabilities of images, tile by tile, in this process."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch

from radmesh.errors import InferenceError
from services.chassis.memory import is_out_of_memory
from services.chassis.models import WeightsFile
from services.segmentation.nnunet.course import Course, Report
from services.segmentation.nnunet.deciding import decide, probabilities
from services.segmentation.nnunet.devices import (
    AUTO,
    Placement,
    chosen_device,
    free_memory,
    placements,
)
from services.segmentation.nnunet.images import check_image
from services.segmentation.nnunet.manifest import NnunetManifest, read_nnunet
from services.segmentation.nnunet.networks import Networks
from services.segmentation.nnunet.prepared import Prepared, prepare
from services.segmentation.nnunet.sliding import Slab, Window, mean_of, mirrored
from services.segmentation.nnunet.stage import Stage, stages_of
from services.segmentation.nnunet.tiles import tile_count

_Answer = TypeVar("_Answer")


@dataclass(frozen=True)
class PredictOptions:
    """folds: those whose mean decides, () for all. mirroring: over the axes that the training allows.

    tile_step: of one tile to the next, as a part of the patch, above 0 and at most 1.
    """

    folds: tuple[str, ...] = ()
    mirroring: bool = True
    tile_step: float = 0.5


@dataclass(frozen=True)
class Prediction:
    """labels: uint8, or uint16 from 255 labels on, (slices, rows, columns).

    device: where the network ran. message: that memory was short and what was done about it, or "".
    tiles: how many were predicted.
    """

    labels: np.ndarray
    device: str
    message: str = ""
    tiles: int = 0


class NnunetNetwork:
    """A model with one set of weights. Not for several threads at once.

    Parameters are read at the first prediction that needs their fold, and stay.
    """

    def __init__(self, manifest: NnunetManifest, weights: WeightsFile, device: str = AUTO) -> None:
        """device: `auto`, `cpu`, `cuda` or `cuda:N`.

        Raises BrokenModelError, UnsupportedModelError, DeviceNotFoundError.
        """
        self.manifest = manifest
        self.weights = weights
        self._stages = stages_of(manifest)
        self._device = chosen_device(device)
        self._networks = Networks(weights)
        for stage in self._stages:
            self._networks.check(stage)
        if self._device.type == "cuda":
            torch.backends.cudnn.benchmark = True

    @property
    def device(self) -> str:
        """Where it runs, such as `cpu` or `cuda:0`."""
        return str(self._device)

    def predict(
        self,
        image: np.ndarray,
        spacing_mm: Sequence[float],
        options: PredictOptions,
        report: Report,
        cancelled: Callable[[], bool],
    ) -> Prediction:
        """The mask of an image.

        image: float32 (channels, slices, rows, columns), in the axis order and direction of the reader that
        the plans name (for SimpleITKIO: as stored). spacing_mm: of slices, rows and columns. report: called
        before the first tile and after each one. cancelled: asked between tiles, and between layers.
        Raises CancelledRun, FoldNotFoundError, ImageFormatError, InferenceError, and BrokenModelError when
        the parameters do not fit the network.
        """
        check_image(image, spacing_mm, self.manifest.channels)
        course = Course(report, cancelled)

        def labels(last: _Last, place: Placement) -> Prediction:
            mask = decide(self._slabs(last, options, place, course), last.stage, last.prepared, course.check)
            return Prediction(mask, str(place.network), place.message, course.done)

        return self._answer(image, spacing_mm, options, course, labels)

    def probabilities(
        self,
        image: np.ndarray,
        spacing_mm: Sequence[float],
        options: PredictOptions,
        report: Report,
        cancelled: Callable[[], bool],
    ) -> np.ndarray:
        """How likely each class, or region, is: float32 (classes, slices, rows, columns), all in memory.

        For small images. Everything else is as with `predict`.
        """
        check_image(image, spacing_mm, self.manifest.channels)
        course = Course(report, cancelled)

        def likely(last: _Last, place: Placement) -> np.ndarray:
            return probabilities(self._slabs(last, options, place, course), last.stage, last.prepared)

        return self._answer(image, spacing_mm, options, course, likely)

    @torch.inference_mode()
    def _answer(
        self,
        image: np.ndarray,
        spacing_mm: Sequence[float],
        options: PredictOptions,
        course: Course,
        answer: Callable[["_Last", Placement], _Answer],
    ) -> _Answer:
        """What `answer` makes of the last stage, on the first placement that has room for all of it."""
        self._networks.between_layers = course.check  # a tile of a large network takes seconds
        tried = placements(self._device)
        for place in tried:
            course.begin(place.message)
            try:
                return answer(self._last(image, spacing_mm, options, course, place), place)
            except (MemoryError, RuntimeError) as error:
                if not is_out_of_memory(error):
                    raise
                if place is tried[-1]:
                    raise InferenceError(
                        f"{place.network} has too little free memory for an image of "
                        f"{' x '.join(map(str, image.shape[1:]))} voxels; it may have later",
                        reason="OUT_OF_MEMORY",
                    ) from error
            free_memory(self._device)
        raise AssertionError("the last placement returns or raises")

    def _last(
        self,
        image: np.ndarray,
        spacing_mm: Sequence[float],
        options: PredictOptions,
        course: Course,
        place: Placement,
    ) -> "_Last":
        """Runs all stages but the last, and prepares the image for that one."""
        mask: np.ndarray | None = None
        for stage in self._stages:
            prepared = prepare(image, spacing_mm, stage, mask)
            course.expect(stage.name, self._tiles(prepared, options))
            last = _Last(stage, prepared)
            if stage is not self._stages[-1]:
                mask = decide(self._slabs(last, options, place, course), stage, prepared, course.check)
        return last

    def _tiles(self, prepared: Prepared, options: PredictOptions) -> int:
        """Of all stages and folds; the crop that `prepared` has is the same in all stages."""
        return sum(
            tile_count(prepared.shape_for(stage), stage.patch, options.tile_step)
            * len(self._networks.folds(stage, options.folds))
            for stage in self._stages
        )

    def _slabs(
        self, last: "_Last", options: PredictOptions, place: Placement, course: Course
    ) -> Iterator[Slab]:
        """The mean logits of one stage's folds."""
        stage, prepared = last.stage, last.prepared
        data = prepared.data.to(place.sums)
        window = Window(data, stage.patch, options.tile_step, stage.heads)
        axes = stage.trained.mirroring_axes if options.mirroring else ()
        folds = self._networks.folds(stage, options.folds)
        # A voxel that tips in one stage of a cascade is another input of the next, which may make more of it.
        exact = stage is not self._stages[-1]
        networks = [self._networks.network(stage, fold, place.network, exact=exact) for fold in folds]
        parts = [
            window.slabs(
                replace(network, body=mirrored(network.body, axes)),
                (place.network, place.sums),
                course.tile_done,
            )
            for network in networks
        ]
        in_step = len(folds) * window.depth <= window.shape[0] + window.depth
        return mean_of(parts, (stage.heads, *window.shape), in_step=in_step)


@dataclass(frozen=True)
class _Last:
    """The last stage, and the image as it sees it."""

    stage: Stage
    prepared: Prepared


def open_network(folder: Path, weights: str = "", device: str = AUTO) -> NnunetNetwork:
    """The model of a folder. weights: by resource name, the default ones for "". device: see NnunetNetwork.

    Raises BrokenModelError, WeightsNotFoundError, UnsupportedModelError, UnknownTrainerError.
    """
    manifest = read_nnunet(folder)
    found = manifest.model.find_weights(weights)
    return NnunetNetwork(manifest.of(found.name), found, device)
