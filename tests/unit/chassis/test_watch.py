"""What a watch promises: every event once and in order, the latest progress, signs of life, a clear end."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from radmesh.errors import (
    CursorAheadError,
    CursorCompactedError,
    ExhaustedError,
    RadmeshError,
    TaskNotFoundError,
    UnavailableError,
)
from radmesh.tasks.v1 import task_pb2
from radmesh.tasks.v1.task_service_pb2 import WatchTaskResponse
from services.chassis.watch import TaskLog, WatchHub

TASK = "tasks/" + "a" * 32
OWNER = "local"


class MemoryLog:
    """A log in memory that behaves like the store: readings take time, news may come while they do."""

    def __init__(self, state: task_pb2.TaskState = task_pb2.TASK_STATE_QUEUED) -> None:
        self.task = task_pb2.Task(name=TASK, owner=OWNER, state=state, sequence=0, queue_position=3)
        self.events: list[task_pb2.TaskEvent] = []
        self.oldest = 0
        self.readings = 0
        self.subscriptions: list[str] = []
        self.away = False
        self.delay = 0.0

    def write(self, state: task_pb2.TaskState, attempt: int = 1) -> task_pb2.TaskEvent:
        event = task_pb2.TaskEvent(sequence=len(self.events) + 1, attempt=attempt)
        event.state_change.state = state
        self.events.append(event)
        self.task.sequence, self.task.state, self.task.attempt = event.sequence, state, attempt
        return event

    async def subscribe(self, task: str) -> None:
        await asyncio.sleep(0)
        self.subscriptions.append(f"+{task}")

    async def unsubscribe(self, task: str) -> None:
        await asyncio.sleep(0)
        self.subscriptions.append(f"-{task}")

    async def read(self, task: str, owner: str, after: int | None) -> TaskLog:
        self.readings += 1
        if self.away:
            raise UnavailableError("away", reason="STORE_UNAVAILABLE")
        if task != TASK or owner != OWNER:
            raise TaskNotFoundError("no such task")
        found = self._read(after)
        await asyncio.sleep(self.delay)
        return found

    def _read(self, after: int | None) -> TaskLog:
        if after is not None and after > len(self.events):
            raise CursorAheadError("ahead")
        if after is not None and after < self.oldest:
            raise CursorCompactedError("compacted", metadata={"oldest_sequence": str(self.oldest)})
        copy = task_pb2.Task()
        copy.CopyFrom(self.task)
        return TaskLog(copy, [] if after is None else self.events[after:])


def progress(fraction: float, attempt: int = 1) -> task_pb2.TaskProgress:
    found = task_pb2.TaskProgress(attempt=attempt, fraction=fraction)
    found.update_time.FromMilliseconds(int(fraction * 1000) + 1)
    return found


def hub_over(log: MemoryLog, **settings: float) -> WatchHub:
    return WatchHub(
        log,
        watch_limit=int(settings.get("watch_limit", 100)),
        bookmark_seconds=settings.get("bookmark_seconds", 60.0),
        pending_events=int(settings.get("pending_events", 64)),
    )


async def collect(watch: AsyncIterator[WatchTaskResponse]) -> list[WatchTaskResponse]:
    return [message async for message in watch]


async def next_of(watch: AsyncIterator[WatchTaskResponse]) -> WatchTaskResponse:
    return await asyncio.wait_for(anext(watch), 10)


def sequences(messages: list[WatchTaskResponse]) -> list[int]:
    return [message.event.sequence for message in messages if message.HasField("event")]


async def settled() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


@pytest.mark.parametrize("seed", range(30))
async def test_joining_loses_and_repeats_nothing_under_concurrent_publishing(seed: int) -> None:
    chance = random.Random(seed)
    log = MemoryLog()
    log.write(task_pb2.TASK_STATE_QUEUED, 0)
    hub = hub_over(log, pending_events=chance.choice([1, 4, 64]))
    log.delay = chance.choice([0, 0.001])

    async def write() -> None:
        for number in range(60):
            last = number == 59
            event = log.write(task_pb2.TASK_STATE_SUCCEEDED if last else task_pb2.TASK_STATE_RUNNING)
            fate = chance.random()
            if fate < 0.7 or last:
                hub.publish_event(TASK, event)
                if fate < 0.2:
                    hub.publish_event(TASK, event)
            elif fate < 0.8:
                hub.gap(TASK)
            await asyncio.sleep(chance.choice([0, 0, 0.001]))

    async def watch(after: int | None) -> None:
        await asyncio.sleep(chance.choice([0, 0.002, 0.01]))
        messages = await collect(hub.watch(TASK, OWNER, after))
        first = messages[0].snapshot.sequence if after is None else after
        assert sequences(messages) == list(range(first + 1, 62))

    async with asyncio.timeout(20):
        await asyncio.gather(write(), *(watch(after) for after in (None, 0, 1, None, 0, None)))
    assert hub.open_watches == 0


async def test_a_snapshot_comes_first_and_only_without_a_cursor() -> None:
    log = MemoryLog()
    for state in (task_pb2.TASK_STATE_QUEUED, task_pb2.TASK_STATE_RUNNING, task_pb2.TASK_STATE_SUCCEEDED):
        log.write(state)
    hub = hub_over(log)
    plain = await collect(hub.watch(TASK, OWNER, None))
    assert [message.WhichOneof("message") for message in plain] == ["snapshot"]
    assert plain[0].snapshot.sequence == 3
    assert sequences(await collect(hub.watch(TASK, OWNER, 1))) == [2, 3]
    assert await collect(hub.watch(TASK, OWNER, 3)) == []


async def test_a_gap_in_the_feed_is_filled_from_the_log() -> None:
    log = MemoryLog()
    log.write(task_pb2.TASK_STATE_QUEUED, 0)
    hub = hub_over(log)
    async with aclosing(hub.watch(TASK, OWNER, None)) as watch:
        await next_of(watch)
        for _ in range(3):
            log.write(task_pb2.TASK_STATE_RUNNING)
        hub.publish_event(TASK, log.write(task_pb2.TASK_STATE_RUNNING))
        assert [(await next_of(watch)).event.sequence for _ in range(4)] == [2, 3, 4, 5]


async def test_a_gap_that_is_told_during_a_reading_leads_to_another_one() -> None:
    log = MemoryLog()
    log.write(task_pb2.TASK_STATE_QUEUED, 0)
    hub = hub_over(log)
    async with aclosing(hub.watch(TASK, OWNER, None)) as watch:
        await next_of(watch)
        log.delay = 0.05
        hub.gap()
        pending = asyncio.ensure_future(next_of(watch))
        await settled()
        log.write(task_pb2.TASK_STATE_SUCCEEDED)
        hub.gap()
        assert (await pending).event.sequence == 2


async def test_a_slow_reader_is_filled_from_the_log_and_not_from_memory() -> None:
    log = MemoryLog()
    log.write(task_pb2.TASK_STATE_QUEUED, 0)
    hub = hub_over(log, pending_events=4)
    async with aclosing(hub.watch(TASK, OWNER, None)) as watch:
        await next_of(watch)
        for _ in range(50):
            hub.publish_event(TASK, log.write(task_pb2.TASK_STATE_RUNNING))
        hub.publish_event(TASK, log.write(task_pb2.TASK_STATE_FAILED))
        before = log.readings
        messages = [message async for message in watch]
    assert sequences(messages) == list(range(2, 53))
    assert 1 <= log.readings - before <= 2


async def test_progress_is_the_latest_value_in_order_and_not_of_an_attempt_that_is_over() -> None:
    log = MemoryLog()
    log.write(task_pb2.TASK_STATE_RUNNING)
    hub = hub_over(log)
    async with aclosing(hub.watch(TASK, OWNER, None)) as watch:
        await next_of(watch)
        for percent in range(1, 51):
            hub.publish_progress(TASK, progress(percent / 100))
        hub.publish_progress(TASK, progress(0.2))
        assert (await next_of(watch)).progress.fraction == 0.5
        hub.publish_progress(TASK, progress(0.9))
        hub.publish_event(TASK, log.write(task_pb2.TASK_STATE_QUEUED, 1))
        hub.publish_event(TASK, log.write(task_pb2.TASK_STATE_RUNNING, 2))
        hub.publish_progress(TASK, progress(0.95, attempt=1))
        hub.publish_progress(TASK, progress(0.1, attempt=2))
        found = [await next_of(watch) for _ in range(3)]
    assert sequences(found[:2]) == [2, 3]
    assert (found[2].progress.attempt, found[2].progress.fraction) == (2, 0.1)


async def test_progress_of_an_attempt_that_is_over_is_never_told() -> None:
    log = MemoryLog()
    log.write(task_pb2.TASK_STATE_RUNNING)
    hub = hub_over(log, bookmark_seconds=0.05)
    async with aclosing(hub.watch(TASK, OWNER, None)) as watch:
        await next_of(watch)
        hub.publish_progress(TASK, progress(0.9))
        hub.publish_event(TASK, log.write(task_pb2.TASK_STATE_QUEUED, 1))
        assert (await next_of(watch)).event.sequence == 2
        assert (await next_of(watch)).HasField("bookmark")
        hub.publish_event(TASK, log.write(task_pb2.TASK_STATE_RUNNING, 2))
        assert (await next_of(watch)).event.sequence == 3
        hub.publish_progress(TASK, progress(0.95, attempt=1))
        assert (await next_of(watch)).HasField("bookmark")


async def test_progress_comes_at_most_five_times_a_second_and_never_holds_an_event_up() -> None:
    log = MemoryLog()
    log.write(task_pb2.TASK_STATE_RUNNING)
    hub = hub_over(log)
    loop = asyncio.get_running_loop()
    async with aclosing(hub.watch(TASK, OWNER, None)) as watch:
        await next_of(watch)
        hub.publish_progress(TASK, progress(0.1))
        await next_of(watch)
        first = loop.time()
        hub.publish_progress(TASK, progress(0.2))
        hub.publish_event(TASK, log.write(task_pb2.TASK_STATE_RUNNING))
        assert (await next_of(watch)).event.sequence == 2
        assert (await next_of(watch)).progress.fraction == 0.2
        assert loop.time() - first >= 0.19


async def test_a_watch_with_a_cursor_gets_the_present_progress_after_the_events() -> None:
    log = MemoryLog()
    log.write(task_pb2.TASK_STATE_QUEUED, 0)
    log.write(task_pb2.TASK_STATE_RUNNING)
    log.task.progress.CopyFrom(progress(0.4))
    async with aclosing(hub_over(log).watch(TASK, OWNER, 1)) as watch:
        kinds = [(await next_of(watch)).WhichOneof("message") for _ in range(2)]
    assert kinds == ["event", "progress"]


@pytest.mark.parametrize(("cursor", "error"), [(9, CursorAheadError), (0, CursorCompactedError)])
async def test_a_cursor_outside_of_the_log_is_an_error(cursor: int, error: type[RadmeshError]) -> None:
    log = MemoryLog()
    log.write(task_pb2.TASK_STATE_QUEUED, 0)
    log.oldest = 1
    with pytest.raises(error):
        await collect(hub_over(log).watch(TASK, OWNER, cursor))


async def test_a_watch_that_falls_behind_what_is_kept_ends_with_an_error_and_no_silent_loss() -> None:
    log = MemoryLog()
    log.write(task_pb2.TASK_STATE_QUEUED, 0)
    hub = hub_over(log)
    async with aclosing(hub.watch(TASK, OWNER, None)) as watch:
        await next_of(watch)
        log.write(task_pb2.TASK_STATE_RUNNING)
        log.oldest = 2
        hub.publish_event(TASK, log.write(task_pb2.TASK_STATE_SUCCEEDED))
        with pytest.raises(CursorCompactedError):
            await next_of(watch)


async def test_another_owner_has_no_such_task() -> None:
    log = MemoryLog()
    hub = hub_over(log)
    with pytest.raises(TaskNotFoundError):
        await collect(hub.watch(TASK, "somebody", None))
    assert hub.open_watches == 0
    assert log.subscriptions == [f"+{TASK}", f"-{TASK}"]


async def test_an_idle_watch_gets_bookmarks_with_the_present_queue_position() -> None:
    log = MemoryLog()
    log.write(task_pb2.TASK_STATE_QUEUED, 0)
    async with aclosing(hub_over(log, bookmark_seconds=0.05).watch(TASK, OWNER, None)) as watch:
        await next_of(watch)
        log.task.queue_position = 2
        bookmark = (await next_of(watch)).bookmark
    assert (bookmark.sequence, bookmark.queue_position) == (1, 2)


async def test_a_bookmark_of_a_running_task_carries_the_last_estimate() -> None:
    log = MemoryLog()
    log.write(task_pb2.TASK_STATE_RUNNING)
    hub = hub_over(log, bookmark_seconds=0.05)
    async with aclosing(hub.watch(TASK, OWNER, None)) as watch:
        await next_of(watch)
        news = progress(0.5)
        news.eta.FromSeconds(40)
        hub.publish_progress(TASK, news)
        kinds = [await next_of(watch) for _ in range(2)]
    assert kinds[0].HasField("progress")
    assert (kinds[1].bookmark.sequence, kinds[1].bookmark.eta.seconds) == (1, 40)


async def test_a_watch_stays_up_while_the_log_is_away_and_goes_on_without_loss() -> None:
    log = MemoryLog()
    log.write(task_pb2.TASK_STATE_RUNNING)
    hub = hub_over(log, bookmark_seconds=0.05)
    async with aclosing(hub.watch(TASK, OWNER, None)) as watch:
        await next_of(watch)
        log.away = True
        hub.gap()
        assert (await next_of(watch)).HasField("bookmark")
        log.write(task_pb2.TASK_STATE_RUNNING)
        log.write(task_pb2.TASK_STATE_SUCCEEDED)
        log.away = False
        assert sequences([message async for message in watch]) == [2, 3]


async def test_joining_while_the_log_is_away_is_refused() -> None:
    log = MemoryLog()
    log.away = True
    with pytest.raises(UnavailableError):
        await collect(hub_over(log).watch(TASK, OWNER, None))


async def test_drain_ends_every_watch_and_takes_no_new_one() -> None:
    log = MemoryLog()
    log.write(task_pb2.TASK_STATE_QUEUED, 0)
    hub = hub_over(log)
    async with aclosing(hub.watch(TASK, OWNER, None)) as watch:
        await next_of(watch)
        waiting = asyncio.ensure_future(next_of(watch))
        await settled()
        hub.drain()
        with pytest.raises(UnavailableError) as ended:
            await waiting
    assert ended.value.reason == "DRAINING"
    with pytest.raises(UnavailableError):
        await collect(hub.watch(TASK, OWNER, None))


async def test_past_the_limit_a_watch_is_refused_with_a_time_to_wait() -> None:
    log = MemoryLog()
    log.write(task_pb2.TASK_STATE_QUEUED, 0)
    hub = hub_over(log, watch_limit=1)
    async with aclosing(hub.watch(TASK, OWNER, None)) as watch:
        await next_of(watch)
        with pytest.raises(ExhaustedError) as refused:
            await collect(hub.watch(TASK, OWNER, None))
        assert refused.value.reason == "TOO_MANY_WATCHES"
        assert refused.value.retry_after is not None
    async with aclosing(hub.watch(TASK, OWNER, None)) as watch:
        await next_of(watch)


async def test_one_subscription_serves_all_watches_of_a_task() -> None:
    log = MemoryLog()
    log.write(task_pb2.TASK_STATE_QUEUED, 0)
    hub = hub_over(log)
    watches = [asyncio.ensure_future(collect(hub.watch(TASK, OWNER, None))) for _ in range(20)]
    await settled()
    hub.publish_event(TASK, log.write(task_pb2.TASK_STATE_SUCCEEDED))
    async with asyncio.timeout(10):
        await asyncio.gather(*watches)
    await settled()
    assert log.subscriptions == [f"+{TASK}", f"-{TASK}"]


async def test_a_watch_that_comes_while_the_last_one_leaves_is_subscribed_again() -> None:
    log = MemoryLog()
    log.write(task_pb2.TASK_STATE_QUEUED, 0)
    hub = hub_over(log)
    first = hub.watch(TASK, OWNER, None)
    await next_of(first)
    leaving = asyncio.ensure_future(first.aclose())
    second = hub.watch(TASK, OWNER, None)
    await next_of(second)
    await leaving
    hub.publish_event(TASK, log.write(task_pb2.TASK_STATE_SUCCEEDED))
    assert sequences(await collect(second)) == [2]
    assert log.subscriptions.count(f"+{TASK}") - log.subscriptions.count(f"-{TASK}") == 0
