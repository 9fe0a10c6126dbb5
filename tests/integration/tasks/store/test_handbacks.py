"""A task that workers hand back: ready at once the first time, then ever later, and not for ever."""

import itertools
from collections.abc import Awaitable, Callable

import pytest

from services.tasks.lifecycle import RETRIES, Cause, State
from services.tasks.records import Grant
from services.tasks.store import TaskStore
from tests.support.task_records import SetClock, new_task, queue_counts, reason_of

PIPELINES = ["octa-vessels"]
LIMIT = RETRIES[Cause.RELEASED].limit
GiveBack = Callable[[TaskStore, Grant], Awaitable[object]]


async def refuse(store: TaskStore, grant: Grant) -> None:
    """A worker that takes every task, and wants none."""
    assert await store.finish(grant.lease, released="WORKER_DRAINING")


async def reconnect(store: TaskStore, grant: Grant) -> None:
    """A worker whose stream breaks whenever it is given something."""
    await store.open_session("w", [], PIPELINES)


async def acquire(store: TaskStore, clock: SetClock, number: int) -> tuple[Grant, float]:
    """Takes the one task as soon as it can be taken; returns the seconds that it took, too."""
    session, _ = await store.open_session("w", [], PIPELINES)
    begun = clock.now_ms
    while not (grant := await store.acquire("w", session, PIPELINES, f"op {number}")):
        report = await store.tick()
        if not report.ready:
            assert report.next_due is not None
            clock.advance(report.next_due)
    return grant, (clock.now_ms - begun) / 1000


@pytest.mark.parametrize(
    ("give_back", "reason"), [(refuse, "WORKER_DRAINING"), (reconnect, "NEVER_DELIVERED")]
)
async def test_a_task_that_no_worker_keeps_waits_ever_longer_and_fails_in_the_end(
    store: TaskStore, clock: SetClock, give_back: GiveBack, reason: str
) -> None:
    created, _ = await store.create(new_task(max_attempts=1))
    waits = []
    for number in range(LIMIT):
        assert (await store.get(created.task_id, "alice")).state is State.QUEUED
        grant, wait = await acquire(store, clock, number)
        waits.append(wait)
        await give_back(store, grant)
    # The first worker's drain costs nothing: the task is another worker's in the same moment.
    assert waits[:2] == [0, 0]
    assert all(before < after for before, after in itertools.pairwise(waits[1:7]))
    assert 300 < sum(waits) < 700
    ended, events = await store.read_log(created.task_id, "alice", 0)
    assert (ended.state, reason_of(ended.error)) == (State.FAILED, "HANDED_BACK_REPEATEDLY")
    back = [event.reason for event in events if event.state in {State.QUEUED, State.FAILED}]
    assert back == ["CREATED", *[reason] * (LIMIT - 1), "HANDED_BACK_REPEATEDLY"]
    assert await queue_counts(store) == {("octa-vessels", State.FAILED): 1}


async def test_attempts_that_are_handed_back_leave_all_attempts_that_count(
    store: TaskStore, clock: SetClock
) -> None:
    created, _ = await store.create(new_task(max_attempts=1))
    for number in range(3):
        grant, _ = await acquire(store, clock, number)
        await refuse(store, grant)
    grant, _ = await acquire(store, clock, 3)
    assert await store.finish(grant.lease, result=b"r")
    assert (await store.get(created.task_id, "alice")).state is State.SUCCEEDED


async def test_a_cancel_ends_a_task_that_waits_after_it_was_handed_back(
    store: TaskStore, clock: SetClock
) -> None:
    created, _ = await store.create(new_task())
    for number in range(2):
        grant, _ = await acquire(store, clock, number)
        await refuse(store, grant)
    assert (await store.cancel(created.task_id, "alice")).state is State.CANCELLED
    assert (await store.tick()).ready == 0
