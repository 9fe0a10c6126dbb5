"""octa-vessels in the model child: reading, inference, writing."""

import importlib.metadata
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch

from radmesh.errors import WeightsNotFoundError
from radmesh.segmentation.v1.octa_pb2 import OctaVesselsResult
from services.chassis.models import ModelManifest, WeightsFile, read_manifest
from services.chassis.runner import CancelledRun, OutputFile, Progress, RunOutput, Work
from services.segmentation.octa.image import ImageLimits, read_grey
from services.segmentation.octa.inference import VesselNetwork, load_network
from services.segmentation.octa.options import OctaOptions
from services.segmentation.octa.pictures import mask_png, overlay_png
from services.segmentation.octa.pipeline import MASK_FILE, OVERLAY_FILE, PNG
from services.segmentation.octa.transform import to_mask, to_network_input, vessel_area_fraction

_KEPT_NETWORKS = 2


class OctaRunner:
    """Keeps the networks in use loaded, the default one from the start."""

    def __init__(self, options: OctaOptions) -> None:
        self._options = options
        self._limits = ImageLimits(options.max_bytes, options.max_pixels, options.min_side)
        self._version = importlib.metadata.version("radmesh")
        self._networks: dict[str, VesselNetwork] = {}
        self._manifest: ModelManifest | None = None
        self._usual_seconds: float | None = None

    def load(self) -> str:
        """See Runner."""
        torch.set_num_threads(self._options.threads)
        self._manifest = read_manifest(Path(self._options.model))
        return self._network(self._manifest.weights[0]).device

    def run(self, work: Work, report: Callable[[Progress], None], cancelled: Callable[[], bool]) -> RunOutput:
        """See Runner."""
        started = time.monotonic()

        def begin(stage: str, fraction: float, units: int, unit: str) -> None:
            if cancelled():
                raise CancelledRun
            usual = self._usual_seconds
            eta = None if usual is None else max(0.0, usual - (time.monotonic() - started))
            report(Progress(stage, fraction, 0, units, unit, eta_seconds=eta))

        begin("reading", 0.0, len(work.images), "files")
        grey = read_grey(work.images[0].content, self._limits)
        weights = self._weights(work)
        network = self._network(weights)
        begin("inference", 0.1, 1, "tiles")
        forward = network.forward(to_network_input(grey))
        begin("writing", 0.8, 2, "files")
        threshold = float(work.parameters["threshold"])
        mask = to_mask(forward.logits, grey.shape, threshold)
        files = (
            OutputFile(MASK_FILE, PNG, mask_png(mask)),
            OutputFile(OVERLAY_FILE, PNG, overlay_png(grey, mask)),
        )
        report(Progress("writing", 1.0, 2, 2, "files"))
        self._usual_seconds = time.monotonic() - started
        manifest = self._loaded_manifest()
        result = OctaVesselsResult(
            inference_seconds=forward.seconds,
            device=network.device,
            model=manifest.name,
            weights=weights.name,
            weights_digest=weights.digest,
            rows=grey.shape[0],
            columns=grey.shape[1],
            vessel_area_fraction=vessel_area_fraction(mask),
            threshold=threshold,
            software_version=self._version,
            demonstrator=manifest.demonstrator,
        )
        return RunOutput(result, files)

    def _loaded_manifest(self) -> ModelManifest:
        if self._manifest is None:
            raise RuntimeError("load comes before run")
        return self._manifest

    def _weights(self, work: Work) -> WeightsFile:
        weights = self._loaded_manifest().find_weights(work.weights)
        if work.weights_digest and work.weights_digest != weights.digest:
            raise WeightsNotFoundError(
                f"the task was created for {weights.name} of digest {work.weights_digest}, but this worker "
                f"has {weights.digest}; create the task again"
            )
        return weights

    def _network(self, weights: WeightsFile) -> VesselNetwork:
        network = self._networks.pop(weights.digest, None)
        if network is None:
            network = load_network(weights.path, weights.digest, self._options.device)
        self._networks[weights.digest] = network
        while len(self._networks) > _KEPT_NETWORKS:
            self._networks.pop(next(iter(self._networks)))
        return network


def create(options: Mapping[str, Any]) -> OctaRunner:
    """The factory that the child calls."""
    return OctaRunner(OctaOptions(**options))
