"""One worker's stream: what it costs the replica when the worker does not keep up."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from typing import Any, cast

from radmesh.tasks.v1 import worker_service_pb2 as work
from services.tasks.session import WorkerSession
from services.tasks.store import TaskStore

REQUESTS = 3000
PATIENCE = 20.0


async def test_a_worker_that_does_not_read_its_answers_is_not_read_either() -> None:
    store: Any = object()
    hello = work.WorkerHello(worker=str(uuid.uuid4()), slots=1)
    session = WorkerSession(cast("TaskStore", store), hello, 1, ["hand"])
    taken, answered = 0, 0
    reads = asyncio.Event()

    async def requests() -> AsyncIterator[work.WorkRequest]:
        nonlocal taken
        for _ in range(REQUESTS):
            taken += 1
            await asyncio.sleep(0)
            # Of no lease at all: it is answered at once.
            yield work.WorkRequest(progress=work.WorkerProgress())

    async def write(response: work.WorkResponse) -> None:
        nonlocal answered
        await reads.wait()
        assert response.HasField("acknowledgement")
        answered += 1

    async with asyncio.timeout(PATIENCE):
        running = asyncio.create_task(session.run(requests(), write))
        for _ in range(2 * REQUESTS):
            await asyncio.sleep(0)
        assert taken < REQUESTS / 2
        reads.set()
        await running
    assert (taken, answered) == (REQUESTS, REQUESTS)
