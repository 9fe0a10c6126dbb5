"""Pipeline `octa-vessels` as the catalogue shows it."""

from radmesh.segmentation.v1 import octa_pb2
from radmesh.tasks.v1 import pipeline_pb2
from services.chassis.models import ModelManifest
from services.segmentation.octa.options import THRESHOLD
from services.segmentation.settings import OctaSettings

NAME = "pipelines/octa-vessels"
MODEL = "octa-vessels"
PNG = "image/png"
MASK_FILE = "mask.png"
OVERLAY_FILE = "overlay.png"
MEDIA_TYPES = (PNG, "image/jpeg", "image/bmp", "image/tiff")
FILE_EXTENSIONS = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff")


def describe(settings: OctaSettings, manifest: ModelManifest) -> pipeline_pb2.Pipeline:
    """The description that the worker's hello carries."""
    pipeline = pipeline_pb2.Pipeline(
        name=NAME,
        title="OCT-angiography vessels",
        description=(
            "Finds the vessels of one en-face projection of an OCT angiogram: a mask at the image's own "
            "size, a picture, and the share of the area that is vessel."
        ),
        input=pipeline_pb2.PipelineInput(
            media_types=MEDIA_TYPES,
            file_extensions=FILE_EXTENSIONS,
            min_images=1,
            max_images=1,
            max_image_bytes=settings.max_image_bytes,
            max_image_pixels=settings.max_image_pixels,
            min_image_side=settings.min_image_side,
        ),
        parameters=[_threshold()],
        artifacts=[
            pipeline_pb2.PipelineArtifact(
                file_name=MASK_FILE,
                media_type=PNG,
                description="8-bit grey, rows and columns of the image: 255 is vessel, 0 is not.",
            ),
            pipeline_pb2.PipelineArtifact(
                file_name=OVERLAY_FILE,
                media_type=PNG,
                description="The image with its vessels tinted, to look at.",
            ),
        ],
        result_type=octa_pb2.OctaVesselsResult.DESCRIPTOR.full_name,
        models=[manifest.to_proto()],
        demonstrator=manifest.demonstrator,
    )
    settings.describe(pipeline)
    return pipeline


def _threshold() -> pipeline_pb2.PipelineParameter:
    parameter = pipeline_pb2.PipelineParameter(
        name="threshold",
        description="Probability from which a pixel counts as vessel.",
        type=pipeline_pb2.PIPELINE_PARAMETER_TYPE_NUMBER,
        min_value=0.0,
        max_value=1.0,
    )
    parameter.default_value.number_value = THRESHOLD
    return parameter
