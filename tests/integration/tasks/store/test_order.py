"""In which order tasks are leased: by priority and time, without starving, and not before their time."""

from datetime import timedelta

import pytest

from services.tasks.lifecycle import Cause, State
from services.tasks.priority import HEAD_STARTS, Priority
from services.tasks.records import TaskFilter
from services.tasks.store import StoreSettings, TaskStore
from services.tasks.store.reading import to_time
from tests.support.task_records import OUTCOMES, SetClock, new_task, reason_of

PIPELINES = ["octa-vessels"]
HOUR, DAY = 3_600, 86_400


async def leased(store: TaskStore, session: int, count: int) -> list[str]:
    """The tasks that so many acquires get, in order."""
    found: list[str] = []
    for number in range(count):
        grant = await store.acquire("w", session, PIPELINES, f"{len(found)}-{number}-{id(found)}")
        found.append(grant.lease.task_id if grant else "")
    return found


async def create(store: TaskStore, priority: Priority = Priority.ROUTINE, **fields: object) -> str:
    record, _ = await store.create(new_task(priority=priority, **fields))
    assert record.priority is priority
    return record.task_id


async def test_the_more_urgent_is_first_in_turn(store: TaskStore, session: int, clock: SetClock) -> None:
    names = {}
    for priority in reversed(Priority):
        names[priority] = await create(store, priority)
        clock.advance(1)
    positions = [(await store.get(names[priority], "alice")).queue_position for priority in Priority]
    assert positions == [1, 2, 3, 4]
    listed, _ = await store.list_tasks("alice", TaskFilter(), 10, "")
    assert [record.queue_position for record in listed] == [4, 3, 2, 1]
    assert await leased(store, session, 4) == [names[priority] for priority in Priority]
    listed, _ = await store.list_tasks("alice", TaskFilter(), 10, "")
    assert {record.queue_position for record in listed} == {0}


@pytest.mark.parametrize(
    ("waiting", "urgent"),
    [
        (Priority.URGENT, Priority.STAT),
        (Priority.ROUTINE, Priority.STAT),
        (Priority.ROUTINE, Priority.URGENT),
        (Priority.BATCH, Priority.ROUTINE),
        (Priority.BATCH, Priority.STAT),
    ],
)
async def test_nobody_starves(
    store: TaskStore, session: int, clock: SetClock, waiting: Priority, urgent: Priority
) -> None:
    """What waited for the head start is ahead of whatever urgent comes after."""
    patient = await create(store, waiting, queue_timeout=30 * DAY)
    clock.advance(HEAD_STARTS[urgent] - HEAD_STARTS[waiting] - 1)
    ahead = await create(store, urgent)
    clock.advance(2)
    behind = await create(store, urgent)
    assert await leased(store, session, 3) == [ahead, patient, behind]


async def test_head_starts_can_be_set(redis_url: str, clock: SetClock) -> None:
    settings = StoreSettings(head_starts={**HEAD_STARTS, Priority.STAT: 5.0})
    store = await TaskStore.open(redis_url, settings, clock)
    session, _ = await store.open_session("w", [], PIPELINES)
    routine = await create(store)
    clock.advance(6)
    stat = await create(store, Priority.STAT)
    assert await leased(store, session, 2) == [routine, stat]
    await store.close()


@pytest.mark.parametrize("cause", ["lease lost", "released", "failed for a moment"])
async def test_a_task_that_is_tried_again_keeps_its_place(
    store: TaskStore, session: int, clock: SetClock, cause: str
) -> None:
    first = await create(store, Priority.URGENT)
    await store.tick()
    clock.advance(1)
    others = [await create(store, Priority.URGENT), await create(store, Priority.ROUTINE)]
    grant = await store.acquire("w", session, PIPELINES, "first")
    assert grant
    if cause == "lease lost":
        for _ in range(3):
            clock.advance(4)
            await store.tick()
    elif cause == "released":
        await store.finish(grant.lease, released="WORKER_DRAINING")
    else:
        await store.finish(grant.lease, **OUTCOMES[Cause.TRANSIENT_FAILURE])
    clock.advance(2)
    await store.tick()
    record = await store.get(first, "alice")
    assert (record.state, record.priority, record.queue_position) == (State.QUEUED, Priority.URGENT, 1)
    assert await leased(store, session, 3) == [first, *others]


async def test_a_task_waits_for_its_time_and_is_ready_then(
    store: TaskStore, session: int, clock: SetClock
) -> None:
    moment = to_time(clock.now_ms) + timedelta(hours=2)
    created, _ = await store.create(new_task(not_before=moment, priority=Priority.STAT))
    assert (created.state, created.queue_position, created.not_before) == (State.QUEUED, 0, moment)
    await store.tick()
    later = await create(store)
    assert await leased(store, session, 2) == [later, ""]
    clock.advance(2 * HOUR - 0.1)
    report = await store.tick()
    assert report.ready == 0
    assert report.next_due == pytest.approx(0.1)
    clock.advance(0.1)
    assert (await store.tick()).ready == 1
    ready = await store.get(created.task_id, "alice")
    assert (ready.queue_position, ready.not_before) == (1, moment)
    assert await leased(store, session, 1) == [created.task_id]


async def test_a_time_in_the_past_means_at_once(store: TaskStore, session: int, clock: SetClock) -> None:
    now = to_time(clock.now_ms)
    for moment in (now - timedelta(days=400), now):
        created, _ = await store.create(new_task(not_before=moment))
        assert (created.queue_position, created.not_before) == (1, None)
        # Nor does it get a better place than those who asked for nothing.
        assert await leased(store, session, 1) == [created.task_id]
    first = await create(store)
    clock.advance(1)
    await create(store, not_before=now - timedelta(days=1))
    assert await leased(store, session, 1) == [first]


async def test_the_time_in_the_queue_counts_from_when_it_is_ready(store: TaskStore, clock: SetClock) -> None:
    moment = to_time(clock.now_ms) + timedelta(days=2)
    created, _ = await store.create(new_task(not_before=moment, queue_timeout=60.0))
    await store.tick()
    clock.advance(2 * DAY + 59)
    await store.tick()
    assert (await store.get(created.task_id, "alice")).state is State.QUEUED
    clock.advance(1)
    await store.tick()
    ended = await store.get(created.task_id, "alice")
    assert (ended.state, reason_of(ended.error)) == (State.FAILED, "QUEUE_TIMEOUT")


async def test_a_delayed_task_is_cancelled_at_once_and_never_comes_back(
    store: TaskStore, session: int, clock: SetClock
) -> None:
    moment = to_time(clock.now_ms) + timedelta(seconds=5)
    created, _ = await store.create(new_task(not_before=moment))
    assert (await store.cancel(created.task_id, "alice")).state is State.CANCELLED
    clock.advance(10)
    assert (await store.tick()).ready == 0
    assert await leased(store, session, 1) == [""]


async def test_many_that_are_due_at_once_are_all_due_again_at_once(store: TaskStore, clock: SetClock) -> None:
    """A tick treats 100 at a time, and says that there are more."""
    moment = to_time(clock.now_ms) + timedelta(seconds=5)
    for _ in range(120):
        await store.create(new_task(not_before=moment))
    clock.advance(5)
    first, second = await store.tick(), await store.tick()
    assert (first.ready, first.next_due, second.ready) == (100, 0.0, 20)
