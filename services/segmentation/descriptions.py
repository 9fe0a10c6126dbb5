"""The pipelines of this service as the catalogue shows them, and the types of their results."""

from collections.abc import Iterable

from radmesh.models.v1.model_pb2 import Model
from radmesh.segmentation.v1 import (
    ct_l3_pb2,
    ct_stage_pb2,
    nnunet_delete_pb2,
    nnunet_import_pb2,
    nnunet_official_pb2,
    nnunet_pb2,
    octa_pb2,
)
from radmesh.tasks.v1.pipeline_pb2 import Pipeline
from services.chassis.models import ModelManifest
from services.segmentation.ct import pipeline as ct_pipeline
from services.segmentation.nnunet import pipeline as nnunet_pipeline
from services.segmentation.octa import pipeline as octa_pipeline
from services.segmentation.settings import SegmentationSettings

TIMED_RESULTS = (octa_pb2.OctaVesselsResult, ct_l3_pb2.CtL3Result, nnunet_pb2.NnunetResult)
"""The types of results that say how long the network worked, in `inference_seconds`."""

RESULTS = (
    *TIMED_RESULTS,
    ct_stage_pb2.CtL3Stage,
    nnunet_import_pb2.NnunetImportResult,
    nnunet_delete_pb2.NnunetDeleteResult,
    nnunet_official_pb2.NnunetOfficialResult,
)


def pipelines(
    settings: SegmentationSettings, vessels: ModelManifest, models: Iterable[Model]
) -> tuple[Pipeline, ...]:
    """All that is served. vessels: the model of octa-vessels. models: those of nnunet, as they are now.

    ct-l3 is among them where its models are.
    """
    served = (
        octa_pipeline.describe(settings.octa, vessels),
        nnunet_pipeline.describe(settings.nnunet, models),
        nnunet_pipeline.describe_import(settings.nnunet),
        nnunet_pipeline.describe_delete(),
        nnunet_pipeline.describe_official(),
    )
    if not ct_pipeline.is_served(settings.models):
        return served
    return (*served, ct_pipeline.describe(settings.ct, ct_pipeline.read_manifests(settings.models)))
