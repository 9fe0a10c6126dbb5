"""A model service without torch, on the real chassis: `python -m tests.support.steps_worker`.

Pipeline `steps` takes no image or one, and does what its parameters say: see `PARAMETERS`. Its settings have
the prefix RADMESH_STEPS_.
"""

import importlib.metadata
import json

from google.protobuf import json_format, struct_pb2
from pydantic import Field
from pydantic_settings import SettingsConfigDict

from radmesh.tasks.v1 import pipeline_pb2
from services.chassis.child_process import RunnerSpec
from services.chassis.descriptors import descriptor_set
from services.chassis.metrics import Metrics
from services.chassis.model_service import ModelService
from services.chassis.pipeline_limits import PipelineLimits
from services.chassis.server import run
from services.chassis.worker_profile import WorkerProfile
from services.chassis.worker_settings import WorkerSettings

RUNNER = "tests.support.steps_runner:create"

_INTEGER = pipeline_pb2.PIPELINE_PARAMETER_TYPE_INTEGER
_NUMBER = pipeline_pb2.PIPELINE_PARAMETER_TYPE_NUMBER
_BOOLEAN = pipeline_pb2.PIPELINE_PARAMETER_TYPE_BOOLEAN
_STRING = pipeline_pb2.PIPELINE_PARAMETER_TYPE_STRING
_IMAGE = pipeline_pb2.PIPELINE_PARAMETER_TYPE_IMAGE

PARAMETERS = (
    ("steps", _INTEGER, 5, (1, 1_000_000), "steps to count"),
    ("step_seconds", _NUMBER, 0.02, (0, 60), "time of a step"),
    ("artifact_bytes", _INTEGER, 0, (0, 64 << 20), "smallest length of steps.json"),
    ("fail", _STRING, "", None, "in the middle, fail with this reason"),
    ("crash_attempts", _INTEGER, 0, (0, 100), "in the middle of attempts up to this one, kill the child"),
    ("hang_attempts", _INTEGER, 0, (0, 100), "in the middle of attempts up to this one, hang for ever"),
    ("review_stages", _INTEGER, 0, (0, 10), "stages before the last one; each writes slice-{stage}.png"),
    ("refuse_steps", _INTEGER, 0, (0, 1_000_000), "after a review, refuse to count so many"),
    ("ignore_cancel", _BOOLEAN, False, None, "go on when cancelled"),
)


class StepsSettings(WorkerSettings, PipelineLimits):
    """Settings of the steps worker."""

    model_config = SettingsConfigDict(env_prefix="RADMESH_STEPS_", frozen=True)

    load_takes_seconds: float = Field(0.0, description="Time that the runner takes to load.")
    fail_load: bool = Field(False, description="Whether loading fails.")
    max_attempts: int = Field(5, description="Attempts that a task may have.")
    attempt_timeout_seconds: float = Field(60.0, description="Time that an attempt may take.")
    queue_timeout_seconds: float = Field(600.0, description="Time that a task may wait in the queue.")


def pipeline(settings: StepsSettings) -> pipeline_pb2.Pipeline:
    """The description of `steps`."""
    described = pipeline_pb2.Pipeline(
        name="pipelines/steps",
        title="Steps",
        description="Counts, and fails in every way that a test wants.",
        input=pipeline_pb2.PipelineInput(
            media_types=["image/png", "image/jpeg", "image/bmp", "image/tiff"],
            file_extensions=[".png", ".jpg", ".jpeg", ".bmp", ".tif"],
            min_images=0,
            max_images=1,
            max_image_bytes=50 << 20,
            max_image_pixels=36_000_000,
            min_image_side=1,
        ),
        artifacts=[
            pipeline_pb2.PipelineArtifact(
                file_name="steps.json", media_type="application/json", description="the result"
            ),
            pipeline_pb2.PipelineArtifact(
                file_name="slice-1.png",
                media_type="image/png",
                description="what the first stage shows",
                replacement_media_types=["image/png", "image/jpeg"],
            ),
        ],
        result_type="google.protobuf.Struct",
    )
    for name, kind, default, limits, text in PARAMETERS:
        parameter = described.parameters.add(name=name, description=text, type=kind)
        json_format.Parse(json.dumps(default), parameter.default_value)
        if limits:
            parameter.min_value, parameter.max_value = limits
        parameter.reviewable = name == "steps"
    extra = described.parameters.add(name="extra", description="one more image", type=_IMAGE)
    extra.media_types.append("image/png")
    extra.default_value.null_value = struct_pb2.NULL_VALUE
    settings.describe(described)
    return described


def create(metrics: Metrics) -> ModelService:
    """The service, from the environment."""
    settings = StepsSettings()
    profile = WorkerProfile(
        pipelines=(pipeline(settings),),
        descriptor_set=descriptor_set(struct_pb2.Struct),
        version=importlib.metadata.version("radmesh"),
    )
    options = {"load_seconds": settings.load_takes_seconds, "fail_load": settings.fail_load}
    return ModelService("steps", settings, profile, RunnerSpec(RUNNER, options), metrics)


if __name__ == "__main__":
    run(create)
