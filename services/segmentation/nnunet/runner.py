"""nnunet in the model child: the task's model is found, kept loaded, and run tile by tile."""

import importlib.metadata
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from radmesh import formats
from radmesh.errors import InvalidRequestError, ModelNotFoundError, Violation, WeightsNotFoundError
from radmesh.segmentation.v1.nnunet_pb2 import NnunetLabel, NnunetResult
from services.chassis.models import WeightsFile
from services.chassis.runner import CancelledRun, OutputFile, Progress, RunOutput, Work
from services.segmentation.ct.measure.masks import nifti_bytes
from services.segmentation.ct.reading import CtLimits, Geometry
from services.segmentation.nnunet.manifest import NnunetManifest
from services.segmentation.nnunet.options import RESERVED, NnunetOptions
from services.segmentation.nnunet.overview import overview_png
from services.segmentation.nnunet.pipeline import MASK_FILE, OVERLAY_FILE, PNG
from services.segmentation.nnunet.predictor import NnunetNetwork, Prediction, PredictOptions
from services.segmentation.nnunet.registry import Registry
from services.segmentation.nnunet.tiles import Tiles
from services.segmentation.nnunet.volume import Volume, read_volume
from services.segmentation.pictures.notice import NOTICE

_KEPT_NETWORKS = 2
_READ, _PREDICTED = 0.05, 0.95
"""Shares of the whole at which reading and predicting end."""


class NnunetRunner:
    """Keeps the networks in use loaded."""

    def __init__(self, options: NnunetOptions) -> None:
        self._options = options
        self._registry = Registry(options.folders, RESERVED)
        self._networks: dict[tuple[str, str, str], NnunetNetwork] = {}
        self._version = importlib.metadata.version("radmesh")

    def load(self) -> str:
        """See Runner. No model is opened before a task names one."""
        torch.set_num_threads(self._options.threads)
        return self._options.device

    def run(self, work: Work, report: Callable[[Progress], None], cancelled: Callable[[], bool]) -> RunOutput:
        """See Runner."""

        def begin(stage: str, fraction: float, done: int, total: int, unit: str) -> None:
            if cancelled():
                raise CancelledRun
            report(Progress(stage, fraction, done, total, unit))

        def tile(tiles: Tiles) -> None:
            share = tiles.done / tiles.total if tiles.total else 0.0
            fraction = _READ + (_PREDICTED - _READ) * share
            progress = Progress(
                "inference", fraction, tiles.done, tiles.total, "tiles", tiles.message, tiles.eta_seconds
            )
            report(progress)

        options = _options(work)
        begin("loading", 0.0, 0, 1, "models")
        manifest, weights = self._model(work)
        network = self._network(manifest, weights, str(work.parameters["device"]))
        count = len(work.images)
        volume = read_volume(
            [image.path for image in work.images],
            manifest.channels,
            CtLimits(),
            lambda done: begin("reading", _READ * done / count, done, count, "images"),
        )
        reader = str(manifest.plans["image_reader_writer"])
        image, spacing = volume.seen_by(reader)
        started = time.monotonic()
        prediction = network.predict(image, spacing, options, tile, cancelled)
        seconds = time.monotonic() - started
        mask = volume.back(prediction.labels, reader)
        begin("writing", _PREDICTED, 0, 2, "files")
        result = _result(network, options, prediction, volume.geometry, mask)
        result.inference_seconds, result.software_version = seconds, self._version
        result.warnings.extend(volume.warnings)
        return RunOutput(result, _files(volume, mask, notice=manifest.model.demonstrator))

    def _model(self, work: Work) -> tuple[NnunetManifest, WeightsFile]:
        if not work.weights:
            raise ModelNotFoundError("There is no model yet. Import one: radmesh models import FOLDER")
        manifest = self._registry.find("/".join(work.weights.split("/")[:2]))
        # By digest: they may have become the official ones, and so go by another name, while the task waited.
        same = [one for one in manifest.model.weights if one.digest == work.weights_digest]
        weights = same[0] if same else manifest.model.find_weights(work.weights)
        if work.weights_digest and work.weights_digest != weights.digest:
            raise WeightsNotFoundError(
                f"the task was created for {weights.name} of digest {work.weights_digest}, but this worker "
                f"has {weights.digest}; create the task again"
            )
        manifest = manifest.of(weights.name)
        wanted = str(work.parameters["configuration"])
        if wanted and wanted not in manifest.configurations:
            known = ", ".join(manifest.configurations)
            raise InvalidRequestError(
                [Violation("parameters.configuration", f"must be one of those of the model: {known}")]
            )
        return replace(manifest, configuration=wanted or manifest.configuration), weights

    def _network(self, manifest: NnunetManifest, weights: WeightsFile, device: str) -> NnunetNetwork:
        place = self._options.device if device == "auto" else device
        key = (weights.digest, manifest.configuration, place)
        network = self._networks.pop(key, None) or NnunetNetwork(manifest, weights, place)
        self._networks[key] = network
        while len(self._networks) > _KEPT_NETWORKS:
            self._networks.pop(next(iter(self._networks)))
        return network


def _options(work: Work) -> PredictOptions:
    folds = tuple(one.strip() for one in str(work.parameters["folds"]).split(",") if one.strip())
    if len(set(folds)) < len(folds):
        # Each would be run again, and count twice in the mean.
        raise InvalidRequestError([Violation("parameters.folds", "must name each fold once")])
    return PredictOptions(folds, bool(work.parameters["mirroring"]), float(work.parameters["tile_step"]))


def _result(
    network: NnunetNetwork,
    options: PredictOptions,
    prediction: Prediction,
    geometry: Geometry,
    mask: np.ndarray,
) -> NnunetResult:
    manifest, weights = network.manifest, network.weights
    trained = manifest.configurations[manifest.configuration]
    slices, rows, columns = geometry.shape
    return NnunetResult(
        device=prediction.device,
        model=manifest.model.name,
        weights=weights.name,
        weights_digest=weights.digest,
        configuration=manifest.configuration,
        folds=options.folds or trained.folds,
        mirroring=options.mirroring,
        tile_step=options.tile_step,
        tiles=prediction.tiles,
        slices=slices,
        rows=rows,
        columns=columns,
        spacing_mm=geometry.spacing_mm,
        labels=_labels(manifest, geometry, mask),
        warnings=[prediction.message] if prediction.message else [],
        demonstrator=manifest.model.demonstrator,
    )


def _labels(manifest: NnunetManifest, geometry: Geometry, mask: np.ndarray) -> list[NnunetLabel]:
    """Each label of the model with its voxels, also one that is nowhere."""
    counts = np.bincount(mask.reshape(-1), minlength=max(label.value for label in manifest.labels) + 1)
    return [
        NnunetLabel(
            value=label.value,
            name=label.name,
            meaning=label.meaning,
            scheme=label.scheme,
            code=label.code,
            voxels=int(counts[label.value]),
            volume_ml=int(counts[label.value]) * geometry.voxel_mm3 / 1000,
        )
        for label in manifest.labels
    ]


def _files(volume: Volume, mask: np.ndarray, *, notice: bool) -> tuple[OutputFile, ...]:
    packed = nifti_bytes(mask, 0, volume.geometry, notice=NOTICE if notice else "")
    picture = overview_png(volume.channels[0], mask, volume.geometry, notice=notice)
    return (
        OutputFile(MASK_FILE, formats.NIFTI_GZIP, packed),
        OutputFile(OVERLAY_FILE, PNG, picture),
    )


def create(options: Mapping[str, Any]) -> NnunetRunner:
    """The factory that the child calls."""
    return NnunetRunner(NnunetOptions(**options))
