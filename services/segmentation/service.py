"""The segmentation service: its models, its pipelines, its direct calls."""

import importlib.metadata
from collections.abc import Sequence

import grpc

from radmesh.segmentation.v1 import octa_pb2, octa_service_pb2, octa_service_pb2_grpc
from services.chassis.child_process import RunnerSpec
from services.chassis.cpus import available_cpus
from services.chassis.descriptors import descriptor_set
from services.chassis.metrics import Metrics
from services.chassis.model_process import ModelOutput
from services.chassis.model_service import ModelService
from services.chassis.models import read_manifest
from services.chassis.worker import WorkerProfile
from services.segmentation.octa import pipeline
from services.segmentation.octa.options import FACTORY, OctaOptions
from services.segmentation.octa.servicer import OctaServicer
from services.segmentation.settings import SegmentationSettings


class SegmentationService(ModelService):
    """Serves pipeline octa-vessels to `tasks`, and OctaService to callers of its own."""

    def __init__(self, settings: SegmentationSettings, metrics: Metrics) -> None:
        self._octa = settings.octa
        self._manifest = read_manifest(settings.models / pipeline.MODEL)
        profile = WorkerProfile(
            pipelines=(pipeline.describe(settings.octa, self._manifest),),
            descriptor_set=descriptor_set(octa_pb2.OctaVesselsResult),
            version=importlib.metadata.version("radmesh"),
        )
        spec = RunnerSpec(FACTORY, octa_options(settings).to_json())
        super().__init__(
            "segmentation", settings, profile, spec, metrics, inference_seconds=_inference_seconds
        )

    def register(self, server: grpc.aio.Server) -> Sequence[str]:
        """See Service."""
        servicer = OctaServicer(self, self._manifest, self._octa)
        octa_service_pb2_grpc.add_OctaServiceServicer_to_server(servicer, server)
        return (octa_service_pb2.DESCRIPTOR.services_by_name["OctaService"].full_name,)


def octa_options(settings: SegmentationSettings) -> OctaOptions:
    """What the settings mean for a runner of octa-vessels."""
    return OctaOptions(
        model=str((settings.models / pipeline.MODEL).resolve()),
        device=settings.device,
        threads=settings.threads or max(1, available_cpus() // settings.slots),
        max_bytes=settings.octa.max_image_bytes,
        max_pixels=settings.octa.max_image_pixels,
        min_side=settings.octa.min_image_side,
    )


def _inference_seconds(output: ModelOutput) -> float | None:
    result = octa_pb2.OctaVesselsResult()
    return result.inference_seconds if output.result.Unpack(result) else None
