"""Assignments for the steps runner, and a model process that runs them."""

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from radmesh.tasks.v1.worker_service_pb2 import AssignedImage, Assignment, Lease
from services.chassis.child_process import RunnerSpec
from services.chassis.model_pool import ModelPool
from services.chassis.model_process import ModelProcess, ModelTimers
from tests.support.steps_worker import PARAMETERS, RUNNER


def assignment(*, attempt: int = 1, images: tuple[str, ...] = (), **told: Any) -> Assignment:
    """An assignment of pipeline `steps` with these parameters."""
    made = Assignment(
        lease=Lease(task=f"tasks/{uuid.uuid4().hex}", attempt=attempt, token=f"{attempt}-{uuid.uuid4().hex}"),
        pipeline="pipelines/steps",
        images=[AssignedImage(name=name, media_type="image/png") for name in images],
    )
    made.attempt_timeout.FromSeconds(60)
    made.parameters.update({name: default for name, _, default, _, _ in PARAMETERS} | told)
    return made


@asynccontextmanager
async def steps_pool(
    timers: ModelTimers | None = None, *, slots: int = 1, **options: Any
) -> AsyncIterator[ModelPool]:
    """A pool of model processes with the steps runner; they may still load."""
    spec = RunnerSpec(RUNNER, options)
    pool = ModelPool([ModelProcess(spec, timers or ModelTimers()) for _ in range(slots)])
    pool.start()
    try:
        yield pool
    finally:
        await pool.stop()
