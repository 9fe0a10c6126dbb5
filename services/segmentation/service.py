"""The segmentation service: its models, its pipelines, its direct calls."""

import importlib.metadata
from collections.abc import Sequence

import grpc

from radmesh.segmentation.v1 import ct_l3_pb2, octa_pb2, octa_service_pb2, octa_service_pb2_grpc
from radmesh.tasks.v1.pipeline_pb2 import Pipeline
from services.chassis.descriptors import descriptor_set
from services.chassis.families import families_spec
from services.chassis.metrics import Metrics
from services.chassis.model_process import ModelOutput
from services.chassis.model_service import ModelService
from services.chassis.models import read_manifest
from services.chassis.worker import WorkerProfile
from services.segmentation.ct import pipeline as ct_pipeline
from services.segmentation.families import families
from services.segmentation.octa import pipeline
from services.segmentation.octa.servicer import OctaServicer
from services.segmentation.settings import SegmentationSettings

_TIMED_RESULTS = (octa_pb2.OctaVesselsResult, ct_l3_pb2.CtL3Result)
"""The types of results that say how long the network worked, in `inference_seconds`."""


class SegmentationService(ModelService):
    """Serves octa-vessels and, where its models are, ct-l3 to `tasks`; and OctaService to other callers."""

    def __init__(self, settings: SegmentationSettings, metrics: Metrics) -> None:
        self._octa = settings.octa
        self._manifest = read_manifest(settings.models / pipeline.MODEL)
        profile = WorkerProfile(
            pipelines=(pipeline.describe(settings.octa, self._manifest), *_ct(settings)),
            descriptor_set=descriptor_set(octa_pb2.OctaVesselsResult, ct_l3_pb2.CtL3Result),
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


def _ct(settings: SegmentationSettings) -> Sequence[Pipeline]:
    if not ct_pipeline.is_served(settings.models):
        return ()
    return (ct_pipeline.describe(settings.ct, ct_pipeline.read_manifests(settings.models)),)


def _inference_seconds(output: ModelOutput) -> float | None:
    for kind in _TIMED_RESULTS:
        result = kind()
        if output.result.Unpack(result):
            return result.inference_seconds
    return None
