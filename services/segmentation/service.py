"""The segmentation service: its models, its pipelines, its direct calls."""

import asyncio
import importlib.metadata
from collections.abc import Sequence

import grpc

from radmesh.segmentation.v1 import (
    nnunet_delete_pb2,
    nnunet_import_pb2,
    nnunet_official_pb2,
    nnunet_service_pb2,
    nnunet_service_pb2_grpc,
    octa_service_pb2,
    octa_service_pb2_grpc,
)
from services.chassis import logs
from services.chassis.descriptors import descriptor_set
from services.chassis.families import families_spec
from services.chassis.metrics import Metrics
from services.chassis.model_process import ModelOutput
from services.chassis.model_service import ModelService
from services.chassis.models import read_manifest
from services.chassis.worker_profile import WorkerProfile
from services.segmentation import descriptions
from services.segmentation.ct import pipeline as ct_pipeline
from services.segmentation.families import families, nnunet_options
from services.segmentation.nnunet import pipeline as nnunet_pipeline
from services.segmentation.nnunet.options import RESERVED
from services.segmentation.nnunet.registry import Registry
from services.segmentation.nnunet.served import ServedModels
from services.segmentation.nnunet.servicer import NnunetServicer
from services.segmentation.octa import pipeline as octa_pipeline
from services.segmentation.octa.servicer import OctaServicer
from services.segmentation.settings import SegmentationSettings

log = logs.logger(__name__)


class SegmentationService(ModelService):
    """Serves octa-vessels, nnunet, imports of models and, where its models are, ct-l3 to `tasks`.

    OctaService and NnunetService are for other callers.
    """

    def __init__(self, settings: SegmentationSettings, metrics: Metrics) -> None:
        self._own = settings
        self._vessels = read_manifest(settings.models / octa_pipeline.MODEL)
        *_, imported = folders = nnunet_options(settings).folders
        self._nnunet = ServedModels(Registry(folders, RESERVED), imported, on_change=self._tell)
        self._looking: asyncio.Task[None] | None = None
        if missing := ct_pipeline.missing_models(settings.models):
            log.warning("ct-l3 is not served, its models are missing", models=", ".join(missing))
        super().__init__(
            "segmentation",
            settings,
            self._current_profile(),
            families_spec(families(settings)),
            metrics,
            inference_seconds=_inference_seconds,
        )

    async def start(self) -> None:
        """See Service."""
        await super().start()
        self._looking = asyncio.create_task(self._nnunet.watch(self._own.look_seconds), name="models")

    async def stop(self) -> None:
        """See Service."""
        if self._looking:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
        await super().stop()

    def observe(self, pipeline: str, output: ModelOutput) -> None:
        """See ModelService. What came or went is told of before the outcome of its task is."""
        super().observe(pipeline, output)
        imported, deleted = nnunet_import_pb2.NnunetImportResult(), nnunet_delete_pb2.NnunetDeleteResult()
        if pipeline == nnunet_pipeline.IMPORT_NAME and output.result.Unpack(imported):
            self._nnunet.add(imported.model)
        if pipeline == nnunet_pipeline.DELETE_NAME and output.result.Unpack(deleted):
            if deleted.HasField("remaining"):
                self._nnunet.add(deleted.remaining)
            else:
                self._nnunet.remove(deleted.model)
        chosen = nnunet_official_pb2.NnunetOfficialResult()
        if pipeline == nnunet_pipeline.OFFICIAL_NAME and output.result.Unpack(chosen):
            self._nnunet.add(chosen.model)

    def register(self, server: grpc.aio.Server) -> Sequence[str]:
        """See Service."""
        servicer = OctaServicer(self, self._vessels, self._own.octa)
        octa_service_pb2_grpc.add_OctaServiceServicer_to_server(servicer, server)
        volumes = NnunetServicer(self, lambda: self._nnunet.models, self._own.nnunet)
        nnunet_service_pb2_grpc.add_NnunetServiceServicer_to_server(volumes, server)
        return (
            octa_service_pb2.DESCRIPTOR.services_by_name["OctaService"].full_name,
            nnunet_service_pb2.DESCRIPTOR.services_by_name["NnunetService"].full_name,
        )

    def _tell(self) -> None:
        self.describe(self._current_profile())

    def _current_profile(self) -> WorkerProfile:
        return WorkerProfile(
            pipelines=descriptions.pipelines(self._own, self._vessels, self._nnunet.models.values()),
            descriptor_set=descriptor_set(*descriptions.RESULTS),
            version=importlib.metadata.version("radmesh"),
        )


def _inference_seconds(output: ModelOutput) -> float | None:
    for kind in descriptions.TIMED_RESULTS:
        result = kind()
        if output.result.Unpack(result):
            return result.inference_seconds
    return None
