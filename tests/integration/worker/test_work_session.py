"""One Work stream of a worker: what waits goes together, in order, and in messages that arrive."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from radmesh.tasks.v1 import worker_service_pb2 as work
from radmesh.tasks.v1.worker_service_pb2_grpc import (
    WorkerServiceServicer,
    WorkerServiceStub,
    add_WorkerServiceServicer_to_server,
)
from services.chassis.channels import connect
from services.chassis.work_session import WorkSession
from tests.support.scripted import serve

PATIENCE = 30.0
# Bytes of each outcome: none would be too long alone.
OUTCOMES = [2_000_000] * 6 + [100] * 20


class Listener(WorkerServiceServicer):
    """Welcomes one worker and hears it out."""

    def __init__(self) -> None:
        self.attempts: list[int] = []
        self.messages = 0

    # grpc.aio lets a method write instead of yield; the stubs do not know.
    async def Work(  # type: ignore[override]
        self, requests: AsyncIterator[work.WorkRequest], context: Any
    ) -> None:
        await anext(requests)
        welcome = work.WorkerWelcome(session=1, reads_more=True)
        welcome.heartbeat_interval.FromSeconds(60)
        await context.write(work.WorkResponse(welcome=welcome))
        while len(self.attempts) < len(OUTCOMES):
            request = await anext(requests)
            self.messages += 1
            self.attempts += [one.outcome.lease.attempt for one in (request, *request.more)]


class Owner:
    """A worker that has said all it has to say before it is welcomed."""

    def may_hold(self, messages: int) -> bool:
        return False

    def on_welcome(self, session: WorkSession, welcome: work.WorkerWelcome) -> None:
        for number, size in enumerate(OUTCOMES, 1):
            lease = work.Lease(attempt=number, token="x" * size)
            session.send(work.WorkRequest(outcome=work.WorkerOutcome(lease=lease)))

    def on_response(self, response: work.WorkResponse) -> None:
        pass

    def beat(self) -> None:
        pass


async def test_outcomes_that_wait_together_arrive_whatever_their_length() -> None:
    listener = Listener()
    session = WorkSession(Owner(), welcome_seconds=PATIENCE)
    async with (
        serve(lambda server: add_WorkerServiceServicer_to_server(listener, server)) as address,
        connect(address, retries=False) as channel,
        asyncio.timeout(PATIENCE),
    ):
        await session.run(WorkerServiceStub(channel), work.WorkerHello)
    assert listener.attempts == list(range(1, len(OUTCOMES) + 1))
    assert listener.messages < len(OUTCOMES)
