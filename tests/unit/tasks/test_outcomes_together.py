"""Outcomes of one worker are written one script after the other; what comes meanwhile shares the next one."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Sequence
from typing import cast

from radmesh.tasks.v1 import worker_service_pb2 as work
from services.tasks.outcomes import Outcome
from services.tasks.records import Grant, LeaseKey
from services.tasks.session import WorkerSession
from services.tasks.store import TaskStore

PATIENCE = 20.0
TASKS = [letter * 32 for letter in "abcdef"]


class WritingStore:
    """Has no work, and answers to outcomes when it is told to."""

    def __init__(self) -> None:
        self.written: list[list[str]] = []
        self.answers = asyncio.Event()

    async def acquire_several(self, *asked: object) -> list[Grant]:
        return []

    async def finish_several(self, ended: Sequence[tuple[LeaseKey, Outcome]]) -> list[bool]:
        self.written.append([lease.task_id for lease, _ in ended])
        await self.answers.wait()
        return [True] * len(ended)


async def learn_nothing(told: work.WorkerPipelines, known: Sequence[str]) -> None:
    """No worker here tells of a change."""


async def test_outcomes_that_come_while_others_are_written_are_written_together_after_them() -> None:
    store, told = WritingStore(), asyncio.Queue[work.WorkResponse]()
    hello = work.WorkerHello(worker=str(uuid.uuid4()), slots=len(TASKS))
    session = WorkerSession(cast("TaskStore", store), hello, 1, ["hand"], learn_nothing)

    async def requests() -> AsyncIterator[work.WorkRequest]:
        for task in TASKS:
            lease = work.Lease(task=f"tasks/{task}", attempt=1, token="t")
            yield work.WorkRequest(outcome=work.WorkerOutcome(lease=lease, cancelled=work.AttemptCancelled()))
            # So that what the session begins for it has begun.
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        assert store.written == [TASKS[:1]]
        store.answers.set()

    async with asyncio.timeout(PATIENCE):
        await session.run(requests(), told.put)
    assert store.written == [TASKS[:1], TASKS[1:]]
    answers = [told.get_nowait().acknowledgement.lease.task for _ in TASKS]
    assert answers == [f"tasks/{task}" for task in TASKS]
