"""The timers of an attempt on a real server: each task's own, and the watch on its progress."""

from typing import Any

import pytest
from redis import Redis

from radmesh.tasks.v1 import task_pb2
from services.tasks.lifecycle import State
from services.tasks.records import FeedEntry, FeedKind, LeaseKey, LeaseState, TickReport
from services.tasks.store import TaskStore
from tests.support.task_records import SetClock, new_task, reason_of

PIPELINES = ["octa-vessels"]


class Worker:
    """Worker `w`, which never misses a heartbeat."""

    def __init__(self, store: TaskStore, session: int, clock: SetClock) -> None:
        self.store, self.session, self.clock = store, session, clock
        self.leases: list[LeaseKey] = []

    async def begin(self, **changes: Any) -> LeaseKey:
        """A new task that it runs."""
        created, _ = await self.store.create(new_task(**changes))
        return await self.take(created.task_id)

    async def take(self, task_id: str) -> LeaseKey:
        """The lease on the next attempt of a task."""
        operation = f"{task_id} {self.clock.now_ms}"
        grant = await self.store.acquire("w", self.session, PIPELINES, operation)
        assert grant
        assert grant.lease.task_id == task_id
        self.leases.append(grant.lease)
        return grant.lease

    async def live(self, seconds: float) -> TickReport:
        """Lives on in steps that are no outage; returns the last tick."""
        while seconds > 0:
            step = min(seconds, 4.0)
            self.clock.advance(step)
            seconds -= step
            await self.store.heartbeat("w", self.session, self.leases)
            report = await self.store.tick()
        return report


@pytest.fixture
async def worker(store: TaskStore, session: int, clock: SetClock) -> Worker:
    await store.tick()
    return Worker(store, session, clock)


async def state_of(store: TaskStore, task_id: str) -> State:
    return (await store.get(task_id, "alice")).state


async def reasons_of(store: TaskStore, task_id: str) -> list[str]:
    _, events = await store.read_log(task_id, "alice", 0)
    return [event.reason for event in events]


async def first_drop(store: TaskStore, after: Any) -> FeedEntry:
    """The first DROP on the feed that what is awaited causes."""
    feed = store.feed()
    try:
        assert (await anext(feed)).kind is FeedKind.GAP
        await after
        async for entry in feed:
            if entry.kind is FeedKind.DROP:
                return entry
    finally:
        await feed.aclose()
    raise AssertionError("the feed ended")


async def test_a_live_worker_cannot_hide_a_model_that_stands_still(store: TaskStore, worker: Worker) -> None:
    lease = await worker.begin(progress_timeout=30)
    assert (await worker.live(29.9)).timed_out == 0
    dropped = await first_drop(store, worker.live(0.1))
    assert (dropped.worker, dropped.lease) == ("w", lease)
    assert await reasons_of(store, lease.task_id) == ["CREATED", "ASSIGNED", "NO_PROGRESS"]
    # The whole progress timeout was waited for: another worker may have it at once.
    again = await worker.take(lease.task_id)
    assert again.attempt == 2
    assert not await store.finish(lease, result=b"late")
    assert await store.finish(again, result=b"r")


async def test_a_change_of_progress_begins_the_watch_anew_and_a_repeat_does_not(
    store: TaskStore, worker: Worker
) -> None:
    lease = await worker.begin(progress_timeout=30)
    await worker.live(20)
    assert await store.report_progress(lease, b"half", "half")
    await worker.live(20)
    assert await store.report_progress(lease, b"half, another message", "half")
    assert (await worker.live(9.9)).timed_out == 0
    assert (await store.get(lease.task_id, "alice")).progress == b"half, another message"
    assert (await worker.live(0.1)).timed_out == 1
    assert await state_of(store, lease.task_id) is State.QUEUED


async def test_a_model_that_gets_on_is_left_alone_for_as_long_as_its_attempt_may_take(
    store: TaskStore, worker: Worker
) -> None:
    lease = await worker.begin(progress_timeout=30, attempt_timeout=200)
    for step in range(9):
        await worker.live(20)
        assert await store.report_progress(lease, b"p", f"step {step}")
    assert await state_of(store, lease.task_id) is State.RUNNING
    await worker.live(20)
    assert (await reasons_of(store, lease.task_id))[-1] == "ATTEMPT_TIMEOUT"


async def test_a_progress_timeout_of_zero_is_no_watch(store: TaskStore, worker: Worker) -> None:
    lease = await worker.begin(progress_timeout=0, attempt_timeout=6000)
    assert (await worker.live(5999)).timed_out == 0
    assert await store.finish(lease, result=b"r")


async def test_the_watch_of_an_attempt_begins_with_it(store: TaskStore, worker: Worker) -> None:
    first = await worker.begin(progress_timeout=30)
    await worker.live(29)
    assert await store.report_progress(first, b"p", "first attempt")
    assert await store.finish(first, released="WORKER_DRAINING")
    second = await worker.take(first.task_id)
    assert (await worker.live(29.9)).timed_out == 0
    # What the attempt before reported is new to this one.
    assert await store.report_progress(second, b"p", "first attempt")
    assert (await worker.live(29.9)).timed_out == 0
    assert (await worker.live(0.1)).timed_out == 1


async def test_a_model_that_always_stands_still_fails_its_task_with_the_timer_in_the_error(
    store: TaskStore, worker: Worker
) -> None:
    lease = await worker.begin(progress_timeout=1.5, max_attempts=2)
    await worker.live(1.5)
    await worker.take(lease.task_id)
    await worker.live(1.5)
    record, events = await store.read_log(lease.task_id, "alice", 0)
    assert record.state is State.FAILED
    error = task_pb2.TaskError.FromString(record.error)
    assert error.reason == "NO_PROGRESS"
    assert error.retryable
    assert dict(error.metadata) == {"timer": "progress_timeout", "timeout_seconds": "1.5"}
    assert "progress_timeout, 1.5 s" in error.message
    assert events[-1].error == record.error


async def test_a_cancelled_task_whose_model_stands_still_is_cancelled(
    store: TaskStore, worker: Worker
) -> None:
    lease = await worker.begin(progress_timeout=30)
    await store.cancel(lease.task_id, "alice")
    await worker.live(30)
    ended = await store.get(lease.task_id, "alice")
    assert ended.state is State.CANCELLED
    assert reason_of(ended.error) == "TASK_CANCELLED"


async def test_each_timer_names_itself_and_its_length(store: TaskStore, worker: Worker) -> None:
    attempt = await worker.begin(attempt_timeout=3)
    lost = await worker.begin(heartbeat_timeout=4, max_attempts=1)
    worker.leases.remove(lost)
    waiting, _ = await store.create(new_task(queue_timeout=2, pipeline="ct-l3"))
    await worker.live(4)
    for task_id, reason, timer in (
        (attempt.task_id, "ATTEMPT_TIMEOUT", "attempt_timeout, 3 s"),
        (lost.task_id, "LEASE_EXPIRED", "heartbeat_timeout, 4 s"),
        (waiting.task_id, "QUEUE_TIMEOUT", "queue_timeout, 2 s"),
    ):
        record, events = await store.read_log(task_id, "alice", 0)
        error = task_pb2.TaskError.FromString(record.error)
        assert (record.state, error.reason) == (State.FAILED, reason)
        assert timer in error.message
        assert events[-1].error == record.error


async def test_each_lease_lasts_its_own_tasks_heartbeat_timeout(store: TaskStore, worker: Worker) -> None:
    short = await worker.begin(heartbeat_timeout=4)
    long = await worker.begin(heartbeat_timeout=100)
    await worker.live(20)
    worker.leases.clear()
    await worker.live(3.9)
    assert await state_of(store, short.task_id) is State.RUNNING
    await worker.live(0.1)
    assert await state_of(store, short.task_id) is State.QUEUED
    await worker.live(95.9)
    assert await state_of(store, long.task_id) is State.RUNNING
    await worker.live(0.1)
    assert (await reasons_of(store, long.task_id))[-1] == "LEASE_EXPIRED"


async def test_a_session_that_comes_back_renews_each_lease_for_its_own_period(
    store: TaskStore, worker: Worker
) -> None:
    lease = await worker.begin(heartbeat_timeout=30)
    _, standings = await store.open_session("w", [lease], PIPELINES)
    assert standings == {lease: LeaseState.HELD}
    worker.leases.clear()
    for _ in range(7):
        worker.clock.advance(4)
        await store.tick()
    assert await state_of(store, lease.task_id) is State.RUNNING
    worker.clock.advance(2)
    assert (await store.tick()).expired == 1


@pytest.mark.parametrize("jump", [3600.0, -3600.0])
async def test_after_an_outage_lease_and_watch_get_a_full_period_of_their_own(
    store: TaskStore, worker: Worker, clock: SetClock, jump: float
) -> None:
    lease = await worker.begin(heartbeat_timeout=8, progress_timeout=12, attempt_timeout=7000)
    await worker.live(4)
    assert await store.report_progress(lease, b"p", "half")
    await worker.live(4)
    clock.advance(jump)
    report = await store.tick()
    assert (report.renewed, report.expired, report.timed_out) == (1, 0, 0)
    clock.advance(4)
    assert (await store.tick()).expired == 0
    await worker.live(4)
    assert (await worker.live(3.9)).timed_out == 0
    assert (await worker.live(0.1)).timed_out == 1
    assert (await reasons_of(store, lease.task_id))[-1] == "NO_PROGRESS"


async def test_reports_of_progress_leave_the_watch_to_the_tick(
    store: TaskStore, worker: Worker, redis_url: str
) -> None:
    lease = await worker.begin(progress_timeout=30)
    with Redis.from_url(redis_url) as client:
        before = client.zrange("{radmesh}:progress-timeouts", 0, -1, withscores=True)
        await worker.live(10)
        await store.report_progress(lease, b"p", "half")
        assert client.zrange("{radmesh}:progress-timeouts", 0, -1, withscores=True) == before
        # Kept for whoever asks when the progress changed last.
        assert int(client.hget(f"{{radmesh}}:task:{lease.task_id}", "progress_ms") or 0) == worker.clock()
        await worker.live(20)
        ((_, due),) = client.zrange("{radmesh}:progress-timeouts", 0, -1, withscores=True)
        assert due == worker.clock() + 10_000


async def test_an_ended_attempt_leaves_no_timer_and_no_mark(
    store: TaskStore, worker: Worker, redis_url: str
) -> None:
    lease = await worker.begin(progress_timeout=30)
    await store.report_progress(lease, b"p", "half")
    assert await store.finish(lease, result=b"r")
    with Redis.from_url(redis_url) as client:
        for name in ("leases", "attempt-timeouts", "progress-timeouts"):
            assert client.zcard(f"{{radmesh}}:{name}") == 0
        kept = client.hkeys(f"{{radmesh}}:task:{lease.task_id}")
    assert not {b"progress", b"progress_mark", b"progress_ms", b"token", b"worker"} & set(kept)


async def test_a_task_shows_the_times_in_force(store: TaskStore) -> None:
    new = new_task(
        queue_timeout=1, attempt_timeout=2, heartbeat_timeout=3, progress_timeout=0, review_timeout=5
    )
    created, _ = await store.create(new)
    assert created.timeouts == new.timeouts
    assert (await store.get(created.task_id, "alice")).timeouts == new.timeouts
