"""One worker's stream: what it costs the replica when the worker does not keep up."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Sequence
from typing import Any, cast

import pytest
from google.protobuf import any_pb2
from redis.exceptions import ResponseError
from structlog.testing import capture_logs

from radmesh.errors import InvalidRequestError
from radmesh.tasks.v1 import worker_service_pb2 as work
from services.tasks.outcomes import Outcome
from services.tasks.records import Grant, LeaseKey
from services.tasks.session import WorkerSession
from services.tasks.store import TaskStore
from tests.support.task_records import new_grant, new_task, reason_of

REQUESTS = 3000
PATIENCE = 20.0


async def learn_nothing(told: work.WorkerPipelines, known: Sequence[str]) -> None:
    """No worker here tells of a change."""


async def test_a_worker_that_does_not_read_its_answers_is_not_read_either() -> None:
    store: Any = object()
    hello = work.WorkerHello(worker=str(uuid.uuid4()), slots=1)
    session = WorkerSession(cast("TaskStore", store), hello, 1, ["hand"], learn_nothing)
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


class BusyStore:
    """Always has work. It answers to outcomes when it is told to."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answers = asyncio.Event()

    async def acquire_several(
        self, worker: str, session: int, pipelines: object, operation: str, most: int
    ) -> list[Grant]:
        self.asked.append("acquire")
        return [new_grant(LeaseKey(new_task().task_id, 1, "1.x"))]

    async def finish_several(self, ended: Sequence[tuple[LeaseKey, Outcome]]) -> list[bool]:
        self.asked.append("finish")
        await self.answers.wait()
        return [True] * len(ended)


async def test_a_slot_takes_the_next_task_while_the_outcome_of_the_last_is_being_written() -> None:
    store, written = BusyStore(), asyncio.Queue[work.WorkResponse]()
    hello = work.WorkerHello(worker=str(uuid.uuid4()), slots=1, reads_more=True)
    session = WorkerSession(cast("TaskStore", store), hello, 1, ["hand"], learn_nothing)
    said = asyncio.Queue[work.WorkRequest]()

    async def requests() -> AsyncIterator[work.WorkRequest]:
        while True:
            yield await said.get()

    async with asyncio.timeout(PATIENCE):
        running = asyncio.create_task(session.run(requests(), written.put))
        session.welcome(work.WorkerWelcome(session=1), [])
        assert (await written.get()).HasField("welcome")
        first = (await written.get()).assignment.lease
        outcome = work.WorkerOutcome(lease=first, cancelled=work.AttemptCancelled())
        said.put_nowait(work.WorkRequest(outcome=outcome))
        second = (await written.get()).assignment.lease
        assert second != first
        assert store.asked == ["acquire", "finish", "acquire"]
        # Said again before it is written: neither written twice, nor another slot.
        said.put_nowait(work.WorkRequest(outcome=outcome))
        store.answers.set()
        assert (await written.get()).acknowledgement.lease == first
        assert store.asked == ["acquire", "finish", "acquire"]
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


class RefusingStore:
    """Refuses every result, for a reason that nobody foresaw."""

    def __init__(self) -> None:
        self.kept: list[bytes] = []

    async def acquire_several(self, *asked: object) -> list[Grant]:
        return []

    async def finish_several(self, ended: Sequence[tuple[LeaseKey, Outcome]]) -> list[bool]:
        if any(outcome.result for _, outcome in ended):
            raise ResponseError("ERR too many results to unpack")
        self.kept += [outcome.error for _, outcome in ended]
        return [True] * len(ended)


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        (any_pb2.Any(type_url="x/y"), "INVALID_OUTCOME"),
        (any_pb2.Any(type_url="x/y", value=bytes(256 << 10)), "RESULT_TOO_LARGE"),
    ],
)
async def test_an_outcome_that_cannot_be_kept_ends_the_attempt_and_is_acknowledged_and_logged(
    result: any_pb2.Any, reason: str
) -> None:
    store, written = RefusingStore(), asyncio.Queue[work.WorkResponse]()
    hello = work.WorkerHello(worker=str(uuid.uuid4()), slots=1)
    session = WorkerSession(cast("TaskStore", store), hello, 1, ["hand"], learn_nothing)
    lease = work.Lease(task=f"tasks/{'a' * 32}", attempt=1, token="t")

    async def requests() -> AsyncIterator[work.WorkRequest]:
        yield work.WorkRequest(outcome=work.WorkerOutcome(lease=lease, result=result))

    with capture_logs() as logged:
        async with asyncio.timeout(PATIENCE):
            await session.run(requests(), written.put)
    answer = written.get_nowait().acknowledgement
    assert (answer.lease, answer.standing, answer.final) == (lease, work.LEASE_STANDING_ACCEPTED, True)
    assert [reason_of(error) for error in store.kept] == [reason]
    assert [line["event"] for line in logged] == ["outcome refused", "outcome written"]


async def test_outcomes_of_one_message_are_written_together_and_each_alone_where_one_cannot_be_kept() -> None:
    store, written = RefusingStore(), asyncio.Queue[work.WorkResponse]()
    hello = work.WorkerHello(worker=str(uuid.uuid4()), slots=3, reads_more=True)
    session = WorkerSession(cast("TaskStore", store), hello, 1, ["hand"], learn_nothing)
    leases = [work.Lease(task=f"tasks/{digit * 32}", attempt=1, token="t") for digit in "abc"]
    failed = [work.WorkerOutcome(lease=lease, error={"reason": "TOO_DARK"}) for lease in leases]
    refused = work.WorkerOutcome(lease=leases[1], result=any_pb2.Any(type_url="x/y"))

    async def requests() -> AsyncIterator[work.WorkRequest]:
        said = [work.WorkRequest(outcome=one) for one in (failed[0], refused, failed[2])]
        said[0].more.extend(said[1:])
        yield said[0]

    async with asyncio.timeout(PATIENCE):
        await session.run(requests(), written.put)
    answers = written.get_nowait()
    told = [one.acknowledgement.lease for one in (answers, *answers.more)]
    assert told == leases
    assert [reason_of(error) for error in store.kept] == ["TOO_DARK", "INVALID_OUTCOME", "TOO_DARK"]


@pytest.mark.parametrize("reads_more", [True, False])
async def test_what_waits_goes_together_in_order_to_a_worker_that_can_read_it(reads_more: bool) -> None:
    store: Any = object()
    hello = work.WorkerHello(worker=str(uuid.uuid4()), slots=1, reads_more=reads_more)
    session = WorkerSession(cast("TaskStore", store), hello, 1, ["hand"], learn_nothing)
    written: list[work.WorkResponse] = []
    told = 20

    async def requests() -> AsyncIterator[work.WorkRequest]:
        for number in range(1, told + 1):
            yield work.WorkRequest(progress=work.WorkerProgress(lease=work.Lease(attempt=number)))

    async def write(response: work.WorkResponse) -> None:
        written.append(response)

    async with asyncio.timeout(PATIENCE):
        await session.run(requests(), write)
    flat = [one for message in written for one in (message, *message.more)]
    assert [one.acknowledgement.lease.attempt for one in flat] == list(range(1, told + 1))
    assert (len(written) < told) is reads_more
    assert not any(one.more for message in written for one in message.more)


async def test_what_goes_together_stays_below_the_limit_of_a_message() -> None:
    store: Any = object()
    hello = work.WorkerHello(worker=str(uuid.uuid4()), slots=1, reads_more=True)
    session = WorkerSession(cast("TaskStore", store), hello, 1, ["hand"], learn_nothing)
    written: list[work.WorkResponse] = []
    told = [1_500_000] * 5 + [10] * 20

    async def requests() -> AsyncIterator[work.WorkRequest]:
        for number, size in enumerate(told, 1):
            # Of no lease at all: the answer repeats it.
            yield work.WorkRequest(
                progress=work.WorkerProgress(lease=work.Lease(token="x" * size, attempt=number))
            )

    async def write(response: work.WorkResponse) -> None:
        written.append(response)

    async with asyncio.timeout(PATIENCE):
        await session.run(requests(), write)
    flat = [one for message in written for one in (message, *message.more)]
    assert [one.acknowledgement.lease.attempt for one in flat] == list(range(1, len(told) + 1))
    assert max(message.ByteSize() for message in written) < 4 << 20
    assert len(written) < len(told)


async def test_what_a_worker_says_together_is_taken_in_order() -> None:
    store: Any = object()
    hello = work.WorkerHello(worker=str(uuid.uuid4()), slots=1)
    session = WorkerSession(cast("TaskStore", store), hello, 1, ["hand"], learn_nothing)
    written: list[work.WorkResponse] = []

    async def requests() -> AsyncIterator[work.WorkRequest]:
        said = [
            work.WorkRequest(progress=work.WorkerProgress(lease=work.Lease(attempt=number)))
            for number in range(1, 7)
        ]
        for first, *later in (said[:1], said[1:4], said[4:]):
            first.more.extend(later)
            yield first

    async def write(response: work.WorkResponse) -> None:
        written.append(response)

    async with asyncio.timeout(PATIENCE):
        await session.run(requests(), write)
    assert [one.acknowledgement.lease.attempt for one in written] == list(range(1, 7))


TOO_MANY = [work.Lease(task=f"tasks/{'a' * 32}", attempt=1, token="t")] * 1_001


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (work.WorkRequest(heartbeat=work.WorkerHeartbeat(leases=TOO_MANY)), "heartbeat.leases"),
        (work.WorkRequest(inspection=work.WorkerInspection(running=TOO_MANY)), "inspection.running"),
        (work.WorkRequest(inspection=work.WorkerInspection(held=TOO_MANY)), "inspection.held"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
async def test_more_leases_than_a_worker_can_have_end_the_stream(
    request_: work.WorkRequest, field: str
) -> None:
    store: Any = object()
    hello = work.WorkerHello(worker=str(uuid.uuid4()), slots=1)
    session = WorkerSession(cast("TaskStore", store), hello, 1, ["hand"], learn_nothing)

    async def requests() -> AsyncIterator[work.WorkRequest]:
        yield request_
        await asyncio.Event().wait()

    async def write(response: work.WorkResponse) -> None:
        """Nothing is to be said."""

    with pytest.raises(InvalidRequestError) as refused:
        async with asyncio.timeout(PATIENCE):
            await session.run(requests(), write)
    assert [one.field for one in refused.value.violations] == [field]
