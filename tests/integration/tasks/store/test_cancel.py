"""Cancel in each state."""

from typing import Any

import pytest

from services.tasks.lifecycle import State
from services.tasks.records import LeaseKey, LeaseState
from services.tasks.store import TaskStore
from tests.support.store_contents import contents
from tests.support.task_records import SetClock, new_task, reason_of, task_error


async def running(store: TaskStore, session: int) -> LeaseKey:
    await store.create(new_task())
    grant = await store.acquire("w", session, ["octa-vessels"], "op")
    assert grant
    return grant.lease


async def test_a_queued_task_is_cancelled_at_once(store: TaskStore, session: int) -> None:
    created, _ = await store.create(new_task())
    cancelled = await store.cancel(created.task_id, "alice")
    assert cancelled.state is State.CANCELLED
    assert reason_of(cancelled.error) == "TASK_CANCELLED"
    assert await store.acquire("w", session, ["octa-vessels"], "op") is None


async def test_a_delayed_task_is_cancelled_at_once(store: TaskStore, session: int, clock: SetClock) -> None:
    lease = await running(store, session)
    await store.finish(lease, error=task_error(retryable=True))
    assert (await store.cancel(lease.task_id, "alice")).state is State.CANCELLED
    clock.advance(4)
    assert (await store.tick()).ready == 0


async def test_a_running_task_is_cancelling_until_its_worker_has_stopped(
    store: TaskStore, session: int
) -> None:
    lease = await running(store, session)
    assert (await store.cancel(lease.task_id, "alice")).state is State.CANCELLING
    assert (await store.heartbeat("w", session, [lease]))[lease] is LeaseState.CANCELLING
    assert await store.finish(lease, cancelled=True)
    ended = await store.get(lease.task_id, "alice")
    assert ended.state is State.CANCELLED
    assert reason_of(ended.error) == "TASK_CANCELLED"


async def test_a_model_that_was_already_done_keeps_its_result(store: TaskStore, session: int) -> None:
    lease = await running(store, session)
    await store.cancel(lease.task_id, "alice")
    assert await store.finish(lease, result=b"r")
    assert (await store.get(lease.task_id, "alice")).state is State.SUCCEEDED


@pytest.mark.parametrize(
    "outcome",
    [
        {"error": task_error()},
        {"error": task_error(retryable=True)},
        {"error": task_error("WORKER_CRASHED")},
        {"released": "WORKER_DRAINING"},
    ],
)
async def test_cancelling_never_goes_back_to_the_queue(
    store: TaskStore, session: int, outcome: dict[str, Any]
) -> None:
    lease = await running(store, session)
    await store.cancel(lease.task_id, "alice")
    assert await store.finish(lease, **outcome)
    assert (await store.get(lease.task_id, "alice")).state is State.CANCELLED


async def test_a_lost_lease_ends_cancelling(store: TaskStore, session: int, clock: SetClock) -> None:
    lease = await running(store, session)
    await store.cancel(lease.task_id, "alice")
    for _ in range(3):
        await store.tick()
        clock.advance(4)
    await store.tick()
    assert (await store.get(lease.task_id, "alice")).state is State.CANCELLED


async def test_a_worker_that_comes_back_without_the_lease_ends_cancelling(
    store: TaskStore, session: int
) -> None:
    lease = await running(store, session)
    await store.cancel(lease.task_id, "alice")
    await store.open_session("w", [], ["octa-vessels"])
    assert (await store.get(lease.task_id, "alice")).state is State.CANCELLED


@pytest.mark.parametrize("end", ["cancelling", "succeeded", "failed", "cancelled"])
async def test_cancelling_twice_or_after_the_end_changes_nothing(
    store: TaskStore, session: int, redis_url: str, end: str
) -> None:
    lease = await running(store, session)
    if end in {"cancelling", "cancelled"}:
        await store.cancel(lease.task_id, "alice")
    if end != "cancelling":
        outcome: dict[str, dict[str, Any]] = {
            "succeeded": {"result": b"r"},
            "failed": {"error": task_error()},
        }
        assert await store.finish(lease, **outcome.get(end, {"cancelled": True}))
    before = contents(redis_url)
    assert (await store.cancel(lease.task_id, "alice")).state is State[end.upper()]
    assert contents(redis_url) == before
