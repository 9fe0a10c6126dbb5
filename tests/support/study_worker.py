"""A model service that reads CT studies, on the real chassis: `python -m tests.support.study_worker`.

Its pipeline is `study`; its settings have the prefix RADMESH_STUDY_.
"""

import importlib.metadata

from google.protobuf import struct_pb2
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
from services.segmentation.ct.study_input import StudyLimits, study_input


class StudySettings(WorkerSettings, PipelineLimits, StudyLimits):
    """Settings of the study worker."""

    model_config = SettingsConfigDict(env_prefix="RADMESH_STUDY_", frozen=True)


def create(metrics: Metrics) -> ModelService:
    """The service, from the environment."""
    settings = StudySettings()
    described = pipeline_pb2.Pipeline(
        name="pipelines/study",
        title="Study",
        description="Looks at every slice of a CT.",
        input=study_input(settings),
        result_type="google.protobuf.Struct",
    )
    settings.describe(described)
    profile = WorkerProfile(
        pipelines=(described,),
        descriptor_set=descriptor_set(struct_pb2.Struct),
        version=importlib.metadata.version("radmesh"),
    )
    return ModelService("study", settings, profile, RunnerSpec("tests.support.study_runner:create"), metrics)


if __name__ == "__main__":
    run(create)
