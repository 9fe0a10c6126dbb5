"""Sessions, fencing, and what follows when a worker is lost."""

import pytest
from redis import Redis

from radmesh.errors import AbortedError
from services.tasks.lifecycle import State, jittered_ms
from services.tasks.records import Grant, LeaseKey, LeaseState
from services.tasks.store import TaskStore
from tests.support.store_contents import contents
from tests.support.task_records import SetClock, new_task, reason_of, task_error

PIPELINES = ["octa-vessels"]


async def acquire(store: TaskStore, session: int, operation: str) -> Grant:
    grant = await store.acquire("w", session, PIPELINES, operation)
    assert grant
    return grant


async def state_of(store: TaskStore, task_id: str) -> State:
    return (await store.get(task_id, "alice")).state


async def test_acquire_repeated_with_its_operation_id_gives_the_same_lease(
    store: TaskStore, session: int
) -> None:
    await store.create(new_task())
    await store.create(new_task())
    first = await acquire(store, session, "op")
    assert (await acquire(store, session, "op")).lease == first.lease
    assert (await acquire(store, session, "other")).lease != first.lease


async def test_acquire_repeated_after_its_lease_ended_gives_nothing(store: TaskStore, session: int) -> None:
    await store.create(new_task())
    await store.create(new_task())
    first = await acquire(store, session, "op")
    await store.finish(first.lease, result=b"r")
    assert await store.acquire("w", session, PIPELINES, "op") is None


async def test_an_older_session_gets_no_work_and_renews_nothing(store: TaskStore, session: int) -> None:
    await store.create(new_task())
    newer, _ = await store.open_session("w", [], PIPELINES)
    assert newer > session
    for call in (store.acquire("w", session, PIPELINES, "op"), store.heartbeat("w", session, [])):
        with pytest.raises(AbortedError) as raised:
            await call
        assert raised.value.reason == "SESSION_SUPERSEDED"


async def test_a_worker_that_comes_back_keeps_the_leases_it_names(
    store: TaskStore, session: int, clock: SetClock
) -> None:
    await store.create(new_task())
    lease = (await acquire(store, session, "op")).lease
    clock.advance(9)
    _, standings = await store.open_session("w", [lease], PIPELINES)
    assert standings == {lease: LeaseState.HELD}
    clock.advance(4)
    await store.tick()
    assert await store.finish(lease, result=b"r")


async def test_a_lease_that_never_reached_its_worker_is_free_when_the_worker_comes_back(
    store: TaskStore, session: int
) -> None:
    created, _ = await store.create(new_task(max_attempts=1))
    lost = (await acquire(store, session, "op")).lease
    newer, _ = await store.open_session("w", [], PIPELINES)
    assert await state_of(store, created.task_id) is State.QUEUED
    again = await acquire(store, newer, "op2")
    assert again.lease.attempt == 2
    assert not await store.finish(lost, result=b"late")


async def test_a_stale_token_changes_nothing(
    store: TaskStore, session: int, clock: SetClock, redis_url: str
) -> None:
    created, _ = await store.create(new_task())
    stale = (await acquire(store, session, "op")).lease
    await store.heartbeat("w", session, [stale])
    for _ in range(2):
        clock.advance(4)
        await store.tick()
    clock.advance(4)
    assert (await store.tick()).expired == 1
    clock.advance(1)
    await store.tick()
    held = (await acquire(store, session, "op2")).lease
    before = contents(redis_url)
    forged = LeaseKey(created.task_id, held.attempt, stale.token)
    for lease in (stale, forged):
        assert not await store.finish(lease, result=b"late", artifacts=[b"mask"])
        assert not await store.finish(lease, error=task_error())
        assert not await store.finish(lease, released="WORKER_DRAINING")
        assert not await store.report_progress(lease, b"late")
    assert contents(redis_url) == before
    assert (await store.heartbeat("w", session, [stale]))[stale] is LeaseState.LOST
    assert await store.finish(held, result=b"right")
    assert (await store.get(created.task_id, "alice")).result == b"right"


async def test_a_heartbeat_of_another_worker_renews_no_lease(store: TaskStore, session: int) -> None:
    await store.create(new_task())
    lease = (await acquire(store, session, "op")).lease
    other, _ = await store.open_session("v", [], PIPELINES)
    assert (await store.heartbeat("v", other, [lease]))[lease] is LeaseState.LOST


async def test_heartbeats_keep_a_lease(store: TaskStore, session: int, clock: SetClock) -> None:
    await store.create(new_task())
    lease = (await acquire(store, session, "op")).lease
    for _ in range(8):
        clock.advance(4)
        assert (await store.heartbeat("w", session, [lease]))[lease] is LeaseState.HELD
        assert (await store.tick()).expired == 0


async def test_a_lost_worker_is_replaced_until_no_attempt_is_left(
    store: TaskStore, session: int, clock: SetClock
) -> None:
    created, _ = await store.create(new_task(max_attempts=2))
    for attempt in (1, 2):
        grant = await acquire(store, session, f"op{attempt}")
        assert grant.lease.attempt == attempt
        for _ in range(3):
            clock.advance(4)
            await store.tick()
        clock.advance(1)
        await store.tick()
    ended, events = await store.read_log(created.task_id, "alice", 0)
    assert [event.reason for event in events] == [
        "CREATED", "ASSIGNED", "LEASE_EXPIRED", "ASSIGNED", "LEASE_EXPIRED",
    ]  # fmt: skip
    assert ended.state is State.FAILED
    assert reason_of(ended.error) == "LEASE_EXPIRED"


async def test_a_retry_waits_for_its_backoff(store: TaskStore, session: int, clock: SetClock) -> None:
    created, _ = await store.create(new_task())
    grant = await acquire(store, session, "op")
    await store.finish(grant.lease, error=task_error("OUT_OF_MEMORY", retryable=True))
    assert await state_of(store, created.task_id) is State.QUEUED
    assert await store.acquire("w", session, PIPELINES, "early") is None
    wait = (await store.tick()).next_due
    assert wait == jittered_ms(1_000, created.task_id, 1) / 1000
    clock.advance(wait - 0.001)
    assert (await store.tick()).ready == 0
    clock.advance(0.001)
    assert (await store.tick()).ready == 1
    assert (await acquire(store, session, "op2")).lease.attempt == 2


async def test_an_input_that_kills_its_process_twice_is_given_up(
    store: TaskStore, session: int, clock: SetClock
) -> None:
    created, _ = await store.create(new_task(max_attempts=9))
    for attempt in range(2):
        grant = await acquire(store, session, f"op{attempt}")
        assert await store.finish(grant.lease, error=task_error("WORKER_CRASHED", retryable=True))
        clock.advance(4)
        await store.tick()
    ended = await store.get(created.task_id, "alice")
    assert ended.state is State.FAILED
    assert reason_of(ended.error) == "WORKER_CRASHED_REPEATEDLY"


async def test_a_released_attempt_does_not_count(store: TaskStore, session: int, clock: SetClock) -> None:
    created, _ = await store.create(new_task(max_attempts=2))
    for attempt in range(1, 5):
        grant = await acquire(store, session, f"op{attempt}")
        assert grant.lease.attempt == attempt
        assert await store.finish(grant.lease, released="WORKER_DRAINING")
        clock.advance(4)
        await store.tick()
    _, events = await store.read_log(created.task_id, "alice", 0)
    assert events[-1].reason == "WORKER_DRAINING"
    for attempt, state in ((5, State.QUEUED), (6, State.FAILED)):
        grant = await acquire(store, session, f"op{attempt}")
        await store.finish(grant.lease, error=task_error(retryable=True))
        assert await state_of(store, created.task_id) is state
        clock.advance(4)
        await store.tick()


async def test_a_repeated_outcome_is_accepted_once(store: TaskStore, session: int, redis_url: str) -> None:
    await store.create(new_task())
    lease = (await acquire(store, session, "op")).lease
    assert await store.finish(lease, result=b"r", artifacts=[b"mask"])
    before = contents(redis_url)
    assert await store.finish(lease, result=b"r", artifacts=[b"mask"])
    assert not await store.finish(lease, error=task_error())
    assert contents(redis_url) == before


async def test_leases_get_a_full_period_after_the_store_was_away(
    store: TaskStore, session: int, clock: SetClock
) -> None:
    await store.create(new_task())
    lease = (await acquire(store, session, "op")).lease
    await store.tick()
    for jump in (30, -100):
        clock.advance(jump)
        report = await store.tick()
        assert (report.renewed, report.expired) == (1, 0)
    clock.advance(4)
    assert (await store.tick()).expired == 0
    assert await store.finish(lease, result=b"r")


async def test_an_attempt_and_a_wait_that_take_too_long_fail_the_task(
    store: TaskStore, session: int, clock: SetClock
) -> None:
    running, _ = await store.create(new_task(attempt_timeout=3))
    lease = (await acquire(store, session, "op")).lease
    waiting, _ = await store.create(new_task(queue_timeout=3, pipeline="ct-l3"))
    await store.tick()
    clock.advance(4)
    assert (await store.tick()).timed_out == 2
    for task_id, reason in ((running.task_id, "ATTEMPT_TIMEOUT"), (waiting.task_id, "QUEUE_TIMEOUT")):
        ended = await store.get(task_id, "alice")
        assert ended.state is State.FAILED
        assert reason_of(ended.error) == reason
    assert not await store.finish(lease, result=b"late")


async def test_a_task_deleted_by_hand_holds_up_no_other(
    store: TaskStore, session: int, clock: SetClock, redis_url: str
) -> None:
    await store.create(new_task())
    held = (await acquire(store, session, "op")).lease
    delayed = await acquire_another(store, session, clock)
    await store.finish(delayed, error=task_error(retryable=True))
    waiting, _ = await store.create(new_task(queue_timeout=3))
    clock.advance(0.5)
    await store.create(new_task())
    with Redis.from_url(redis_url) as client:
        for task_id in (held.task_id, delayed.task_id, waiting.task_id):
            client.delete(f"{{radmesh}}:task:{task_id}")
    assert await store.acquire("w", session, PIPELINES, "second of the queue, as the first is gone")
    for _ in range(4):
        await store.tick()
        clock.advance(4)
    await store.open_session("w", [], PIPELINES)


async def acquire_another(store: TaskStore, session: int, clock: SetClock) -> LeaseKey:
    clock.advance(0.1)
    await store.create(new_task())
    return (await acquire(store, session, "another")).lease


async def test_several_are_leased_at_once_in_their_order(store: TaskStore, clock: SetClock) -> None:
    """At most as many as asked for, over all pipelines of the worker; the others keep their places."""
    session, _ = await store.open_session("w", [], ["octa-vessels", "ct-l3"])
    names = []
    for pipeline in ["octa-vessels", "ct-l3"] * 2:
        names.append((await store.create(new_task(pipeline=pipeline)))[0].task_id)
        clock.advance(1)
    first = await store.acquire_several("w", session, ["octa-vessels", "ct-l3"], "first", 3)
    assert [grant.lease.task_id for grant in first] == names[:3]
    rest = await store.acquire_several("w", session, ["octa-vessels", "ct-l3"], "rest", 3)
    assert [grant.lease.task_id for grant in rest] == names[3:]
    assert not await store.acquire_several("w", session, PIPELINES, "none", 3)


async def test_several_asked_for_twice_are_the_same_less_what_has_ended(
    store: TaskStore, session: int
) -> None:
    """An answer that was lost: the same operation gives the same leases, and takes no further task."""
    for _ in range(4):
        await store.create(new_task())
    granted = await store.acquire_several("w", session, PIPELINES, "op", 3)
    assert await store.acquire_several("w", session, PIPELINES, "op", 3) == granted
    assert await store.finish(granted[1].lease, released="WORKER_DRAINING")
    again = await store.acquire_several("w", session, PIPELINES, "op", 3)
    assert [grant.lease for grant in again] == [granted[0].lease, granted[2].lease]
