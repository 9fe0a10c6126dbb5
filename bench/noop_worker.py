"""A model service that does nothing, on the real chassis: what is measured is the mesh around it."""

import importlib.metadata
from collections.abc import Callable, Mapping
from typing import Any

from google.protobuf import struct_pb2
from pydantic_settings import SettingsConfigDict

from radmesh.mesh import WorkerModule
from radmesh.tasks.v1 import pipeline_pb2
from services.chassis.child_process import RunnerSpec
from services.chassis.descriptors import descriptor_set
from services.chassis.metrics import Metrics
from services.chassis.model_service import ModelService
from services.chassis.runner import Progress, RunOutput, Work
from services.chassis.server import run
from services.chassis.worker_profile import WorkerProfile
from services.chassis.worker_settings import WorkerSettings

SLOTS = 2
NOOP = WorkerModule(
    "noop", "bench.noop_worker", "RADMESH_NOOP_", environment={"RADMESH_NOOP_SLOTS": str(SLOTS)}
)
"""One worker process with as many model children as the machines of the figures have cores."""

_HOUR = 3600


class NoopSettings(WorkerSettings):
    """Settings of the worker that does nothing."""

    model_config = SettingsConfigDict(env_prefix="RADMESH_NOOP_", frozen=True)


class NoopRunner:
    """Returns an empty result at once."""

    def load(self) -> str:
        """There is nothing to load."""
        return "cpu"

    def run(self, work: Work, report: Callable[[Progress], None], cancelled: Callable[[], bool]) -> RunOutput:
        """See Runner."""
        return RunOutput(struct_pb2.Struct(), ())


def create_runner(options: Mapping[str, Any]) -> NoopRunner:
    """The factory that the child calls."""
    return NoopRunner()


def create(metrics: Metrics) -> ModelService:
    """The service, from the environment."""
    pipeline = pipeline_pb2.Pipeline(
        name="pipelines/noop",
        title="Nothing",
        description="Does nothing.",
        input=pipeline_pb2.PipelineInput(media_types=["image/png"], min_images=0, max_images=1),
        result_type="google.protobuf.Struct",
        max_attempts=3,
    )
    pipeline.attempt_timeout.FromSeconds(_HOUR)
    pipeline.queue_timeout.FromSeconds(_HOUR)
    version = importlib.metadata.version("radmesh")
    profile = WorkerProfile((pipeline,), descriptor_set(struct_pb2.Struct), version)
    return ModelService(
        "noop", NoopSettings(), profile, RunnerSpec("bench.noop_worker:create_runner", {}), metrics
    )


if __name__ == "__main__":
    run(create)
