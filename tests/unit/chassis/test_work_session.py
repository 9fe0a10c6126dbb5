"""What a worker has to say at one time goes in one message, in order, when the other side reads it so."""

import asyncio
from typing import Any

import pytest

from radmesh.tasks.v1.worker_service_pb2 import (
    DrainWorker,
    InspectWorker,
    WorkerHello,
    WorkerInspection,
    WorkerWelcome,
    WorkRequest,
    WorkResponse,
)
from services.chassis.work_session import WorkSession

PATIENCE = 10.0
SAID = 20


class Call:
    """One stream: welcomes, says what else it is to say, then is silent; keeps what was written."""

    def __init__(self, *, reads_more: bool) -> None:
        welcome = WorkerWelcome(session=1, reads_more=reads_more)
        welcome.heartbeat_interval.FromSeconds(60)
        self.to_read = [WorkResponse(welcome=welcome)]
        self.written: list[WorkRequest] = []
        self.all_said = asyncio.Event()
        self.later: asyncio.Future[WorkResponse] = asyncio.get_running_loop().create_future()

    async def write(self, request: WorkRequest) -> None:
        self.written.append(request)
        if sum(1 + len(one.more) for one in self.written) == 1 + SAID:
            self.all_said.set()

    async def read(self) -> WorkResponse:
        if self.to_read:
            return self.to_read.pop(0)
        later = await self.later
        self.later = asyncio.get_running_loop().create_future()
        return later

    def cancel(self) -> None:
        pass


class Owner:
    """Says twenty things as soon as it is welcome, and lets none of them wait."""

    said: tuple[WorkRequest, ...] = ()

    def may_hold(self, messages: int) -> bool:
        return False

    def on_welcome(self, session: WorkSession, welcome: WorkerWelcome) -> None:
        self.said = tuple(
            WorkRequest(inspection=WorkerInspection(inspect_id=number)) for number in range(SAID)
        )
        for one in self.said:
            session.send(one)

    def on_response(self, response: WorkResponse) -> None:
        pass

    def beat(self) -> None:
        pass


@pytest.mark.parametrize(("reads_more", "messages"), [(True, [16, 4]), (False, [1] * SAID)])
async def test_what_waits_goes_together(reads_more: bool, messages: list[int]) -> None:
    call, owner = Call(reads_more=reads_more), Owner()
    session = WorkSession(owner, welcome_seconds=PATIENCE)
    stub: Any = type("Stub", (), {"Work": staticmethod(lambda: call)})
    running = asyncio.create_task(session.run(stub, WorkerHello))
    await asyncio.wait_for(call.all_said.wait(), PATIENCE)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    told = [[one, *one.more] for one in call.written[1:]]
    assert [len(together) for together in told] == messages
    assert [one.inspection.inspect_id for together in told for one in together] == list(range(SAID))
    assert not any(one.more for one in owner.said), "it may be said again, alone"


class Listener(Owner):
    """Notes what it is told."""

    def __init__(self) -> None:
        self.told: list[int] = []

    def on_welcome(self, session: WorkSession, welcome: WorkerWelcome) -> None:
        pass

    def on_response(self, response: WorkResponse) -> None:
        self.told.append(response.inspect.inspect_id)


async def test_what_comes_together_is_told_one_by_one_and_a_drain_among_it_ends_the_session() -> None:
    call, owner = Call(reads_more=True), Listener()
    asked = [WorkResponse(inspect=InspectWorker(inspect_id=number)) for number in range(1, 7)]
    call.to_read[0].more.extend(asked[:2])
    for first, *later in (asked[2:3], [*asked[3:5], WorkResponse(drain=DrainWorker()), asked[5]]):
        first.more.extend(later)
        call.to_read.append(first)
    session = WorkSession(owner, welcome_seconds=PATIENCE)
    stub: Any = type("Stub", (), {"Work": staticmethod(lambda: call)})
    async with asyncio.timeout(PATIENCE):
        await session.run(stub, WorkerHello)
    assert owner.told == [1, 2, 3, 4, 5]


class Holder(Owner):
    """Lets what is said wait until it is told otherwise."""

    holds = True

    def may_hold(self, messages: int) -> bool:
        return self.holds


@pytest.mark.parametrize("held_for_ever", [True, False])
async def test_what_may_wait_goes_when_it_may_not_any_more_or_has_waited_for_long(
    held_for_ever: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    longest = 0.01 if held_for_ever else PATIENCE
    monkeypatch.setattr("services.chassis.work_session.LONGEST_HOLD_SECONDS", longest)
    monkeypatch.setattr("services.chassis.work_session._MOST_TOGETHER", SAID + 1)
    call, owner = Call(reads_more=True), Holder()
    session = WorkSession(owner, welcome_seconds=PATIENCE)
    stub: Any = type("Stub", (), {"Work": staticmethod(lambda: call)})
    running = asyncio.create_task(session.run(stub, WorkerHello))
    async with asyncio.timeout(PATIENCE):
        if not held_for_ever:
            for _ in range(20):
                await asyncio.sleep(0)
            assert owner.said
            assert len(call.written) == 1, "only the hello"
            owner.holds = False
            call.later.set_result(WorkResponse(inspect=InspectWorker(inspect_id=1)))
        await call.all_said.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert [1 + len(one.more) for one in call.written] == [1, SAID]
