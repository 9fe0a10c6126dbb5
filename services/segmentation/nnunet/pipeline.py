"""Pipeline `nnunet` and the internal ones about its models as the catalogue shows them. Light: no torch."""

from collections.abc import Iterable

from radmesh import formats
from radmesh.models.v1.model_pb2 import Model
from radmesh.segmentation.v1 import nnunet_delete_pb2, nnunet_import_pb2, nnunet_official_pb2, nnunet_pb2
from radmesh.tasks.v1 import pipeline_pb2
from services.segmentation.ct.study_input import study_input
from services.segmentation.nnunet.settings import NnunetSettings

NAME, IMPORT_NAME, DELETE_NAME = "pipelines/nnunet", "pipelines/nnunet-import", "pipelines/nnunet-delete"
OFFICIAL_NAME = "pipelines/nnunet-official"
MASK_FILE, OVERLAY_FILE = "mask.nii.gz", "overlay.png"
PNG = "image/png"
MAX_CHANNELS = 16
CHECKPOINTS = ("checkpoint_final.pth", "checkpoint_best.pth", "checkpoint_latest.pth")
_MOST_BYTES = 60 << 10
"""Of a description; the mesh takes 64 KiB (services/tasks/hello.py)."""

_BOOLEAN = pipeline_pb2.PIPELINE_PARAMETER_TYPE_BOOLEAN
_NUMBER = pipeline_pb2.PIPELINE_PARAMETER_TYPE_NUMBER
_STRING = pipeline_pb2.PIPELINE_PARAMETER_TYPE_STRING


def describe(settings: NnunetSettings, models: Iterable[Model]) -> pipeline_pb2.Pipeline:
    """The description of `nnunet` with the models that it serves now, as many as find room."""
    pipeline = pipeline_pb2.Pipeline(
        name=NAME,
        title="Any nnU-Net v2 model",
        description=(
            "Segments a volume with a model that was imported by `radmesh models import`: a mask in the "
            "image's own geometry, a picture, and the volume of each label. One image for each channel."
        ),
        input=study_input(settings, max_images=MAX_CHANNELS),
        parameters=_parameters(),
        artifacts=[
            pipeline_pb2.PipelineArtifact(
                file_name=MASK_FILE,
                media_type=formats.NIFTI_GZIP,
                description="The labels on the grid of the image.",
            ),
            pipeline_pb2.PipelineArtifact(
                file_name=OVERLAY_FILE,
                media_type=PNG,
                description="Three planes through the image with the labels tinted, to look at.",
            ),
        ],
        result_type=nnunet_pb2.NnunetResult.DESCRIPTOR.full_name,
        weights_required=True,
    )
    settings.describe(pipeline)
    room = _MOST_BYTES - pipeline.ByteSize()
    for model in models:
        room -= model.ByteSize() + 8
        if room < 0 or len(pipeline.models) >= settings.max_models:
            break
        pipeline.models.append(model)
    pipeline.demonstrator = any(model.demonstrator for model in pipeline.models)
    return pipeline


def describe_import(settings: NnunetSettings) -> pipeline_pb2.Pipeline:
    """The description of `nnunet-import`."""
    pipeline = pipeline_pb2.Pipeline(
        name=IMPORT_NAME,
        title="Import of an nnU-Net v2 model",
        description="Checks a trained model and serves it from then on; see ImportModel.",
        input=pipeline_pb2.PipelineInput(
            media_types=[formats.ZIP],
            file_extensions=[".zip"],
            min_images=1,
            max_images=1,
            max_image_bytes=settings.max_import_bytes,
        ),
        parameters=[
            _parameter("name", _STRING, "Name that the model gets, such as `liver-ct`."),
            _parameter("title", _STRING, "What a menu would show; the name when empty.", ""),
            _parameter("replace", _BOOLEAN, "Whether what has this name is replaced.", False),
            _parameter(
                "weights", _STRING, "Id as weights of that model, which is there; empty for a model.", ""
            ),
            _parameter(
                "checkpoint", _STRING, "File name of each fold's checkpoint.", CHECKPOINTS[0], CHECKPOINTS
            ),
        ],
        result_type=nnunet_import_pb2.NnunetImportResult.DESCRIPTOR.full_name,
        operators_only=True,
        # What is refused once is refused again.
        max_attempts=2,
    )
    pipeline.attempt_timeout.FromSeconds(3600)
    pipeline.progress_timeout.FromSeconds(600)
    return pipeline


def describe_delete() -> pipeline_pb2.Pipeline:
    """The description of `nnunet-delete`."""
    pipeline = pipeline_pb2.Pipeline(
        name=DELETE_NAME,
        title="Deletion of an imported nnU-Net v2 model",
        description="Takes a model that was imported off the disk; see DeleteModel.",
        parameters=[
            _parameter("name", _STRING, "Name of the model."),
            _parameter("weights", _STRING, "Those of its weights that go; all of the model when empty.", ""),
        ],
        result_type=nnunet_delete_pb2.NnunetDeleteResult.DESCRIPTOR.full_name,
        operators_only=True,
        deletes_model=True,
        max_attempts=2,
    )
    pipeline.attempt_timeout.FromSeconds(600)
    pipeline.progress_timeout.FromSeconds(300)
    return pipeline


def describe_official() -> pipeline_pb2.Pipeline:
    """The description of `nnunet-official`."""
    pipeline = pipeline_pb2.Pipeline(
        name=OFFICIAL_NAME,
        title="Choice of a model's official weights",
        description="Makes weights those of tasks that name only the model; see SetOfficialWeights.",
        parameters=[
            _parameter("name", _STRING, "Name of the model."),
            _parameter("weights", _STRING, "Those of its weights that become official."),
            _parameter("keep_as", _STRING, "What those that were official are called from then on."),
        ],
        result_type=nnunet_official_pb2.NnunetOfficialResult.DESCRIPTOR.full_name,
        operators_only=True,
        max_attempts=2,
    )
    pipeline.attempt_timeout.FromSeconds(600)
    pipeline.progress_timeout.FromSeconds(300)
    return pipeline


def _parameters() -> list[pipeline_pb2.PipelineParameter]:
    step = _parameter("tile_step", _NUMBER, "Step from one tile to the next, as a part of a tile.", 0.5)
    step.min_value, step.max_value = 0.1, 1.0
    return [
        _parameter("configuration", _STRING, "Such as 3d_fullres; the model's own choice when empty.", ""),
        _parameter("folds", _STRING, "Folds whose mean decides, such as 0,2; all when empty.", ""),
        _parameter(
            "mirroring", _BOOLEAN, "Whether tiles are mirrored as well: slower, a little better.", True
        ),
        step,
        _parameter("device", _STRING, "Where it runs.", "auto", ("auto", "cpu", "cuda")),
    ]


def _parameter(
    name: str,
    kind: pipeline_pb2.PipelineParameterType,
    description: str,
    default: str | bool | float | None = None,
    allowed: Iterable[str] = (),
) -> pipeline_pb2.PipelineParameter:
    made = pipeline_pb2.PipelineParameter(
        name=name, type=kind, description=description, allowed_values=allowed
    )
    if isinstance(default, bool):
        made.default_value.bool_value = default
    elif isinstance(default, str):
        made.default_value.string_value = default
    elif default is not None:
        made.default_value.number_value = default
    return made
