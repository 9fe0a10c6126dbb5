"""The segmentation service: its models, its pipelines, its direct calls."""

import importlib.metadata
from collections.abc import Sequence

import grpc

from radmesh.segmentation.v1 import octa_pb2, octa_service_pb2, octa_service_pb2_grpc
from services.chassis.descriptors import descriptor_set
from services.chassis.families import families_spec
from services.chassis.metrics import Metrics
from services.chassis.model_process import ModelOutput
from services.chassis.model_service import ModelService
from services.chassis.models import read_manifest
from services.chassis.worker import WorkerProfile
from services.segmentation.families import families
from services.segmentation.octa import pipeline
from services.segmentation.octa.servicer import OctaServicer
from services.segmentation.settings import SegmentationSettings

_TIMED_RESULTS = (octa_pb2.OctaVesselsResult,)
"""The types of results that say how long the network worked, in `inference_seconds`."""


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
        super().__init__(
            "segmentation",
            settings,
            profile,
            families_spec(families(settings)),
            metrics,
            inference_seconds=_inference_seconds,
        )

    def register(self, server: grpc.aio.Server) -> Sequence[str]:
        """See Service."""
        servicer = OctaServicer(self, self._manifest, self._octa)
        octa_service_pb2_grpc.add_OctaServiceServicer_to_server(servicer, server)
        return (octa_service_pb2.DESCRIPTOR.services_by_name["OctaService"].full_name,)


def _inference_seconds(output: ModelOutput) -> float | None:
    for kind in _TIMED_RESULTS:
        result = kind()
        if output.result.Unpack(result):
            return result.inference_seconds
    return None
