"""Runs a model for an RPC without queue and task: takes a slot at once, gives it back whatever happens."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from radmesh.tasks.v1.task_pb2 import TaskProgress
from radmesh.tasks.v1.worker_service_pb2 import Assignment
from services.chassis.model_pool import ModelPool
from services.chassis.model_process import ModelOutput
from services.chassis.progress_gate import ProgressGate


async def direct_run(
    pool: ModelPool, assignment: Assignment, images: Sequence[Path], *, timeout_seconds: float
) -> AsyncIterator[TaskProgress | ModelOutput]:
    """The progress of a run, and last its output. A caller that leaves cancels it.

    Raises ExhaustedError NO_FREE_SLOT, and what ModelProcess.run raises.
    """
    process = pool.take_now()
    news: asyncio.Queue[TaskProgress | None] = asyncio.Queue()
    gate = ProgressGate(news.put_nowait)
    run = asyncio.create_task(
        process.run(assignment, images, gate.offer, timeout_seconds=timeout_seconds), name="direct-run"
    )

    def end(ended: asyncio.Task[ModelOutput]) -> None:
        gate.close()
        pool.give_back(process)
        news.put_nowait(None)
        if not ended.cancelled():
            ended.exception()  # looked at, so that asyncio does not report it when the caller has left

    run.add_done_callback(end)
    try:
        while (progress := await news.get()) is not None:
            yield progress
        yield run.result()
    finally:
        # The slot stays taken until the model has stopped.
        process.cancel()
