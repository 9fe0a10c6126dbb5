"""What a watch promises of levels: the latest progress, at a bounded rate, and signs of life."""

import asyncio
from contextlib import aclosing

from radmesh.tasks.v1 import task_pb2
from tests.unit.chassis.memory_log import (
    OWNER,
    TASK,
    MemoryLog,
    hub_over,
    next_of,
    progress,
    sequences,
)


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


async def test_an_idle_watch_gets_bookmarks_with_the_present_queue_position() -> None:
    log = MemoryLog()
    log.write(task_pb2.TASK_STATE_QUEUED, 0)
    async with aclosing(hub_over(log, bookmark_seconds=0.05).watch(TASK, OWNER, None)) as watch:
        await next_of(watch)
        log.task.queue_position = 2
        bookmark = (await next_of(watch)).bookmark
    assert (bookmark.sequence, bookmark.queue_position) == (1, 2)


async def test_who_waits_idly_hears_of_a_pause_and_of_its_end() -> None:
    log = MemoryLog()
    log.write(task_pb2.TASK_STATE_QUEUED, 0)
    async with aclosing(hub_over(log, bookmark_seconds=0.05).watch(TASK, OWNER, None)) as watch:
        await next_of(watch)
        log.task.pipeline_paused, log.task.pause_reason = True, "new scanner"
        bookmark = (await next_of(watch)).bookmark
        assert (bookmark.pipeline_paused, bookmark.pause_reason) == (True, "new scanner")
        log.task.pipeline_paused, log.task.pause_reason = False, ""
        bookmark = (await next_of(watch)).bookmark
        assert (bookmark.pipeline_paused, bookmark.pause_reason) == (False, "")


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
    assert kinds[1].bookmark.sequence == 1
    assert 39 < kinds[1].bookmark.eta.ToTimedelta().total_seconds() <= 40, "less what has passed since"


async def test_bookmarks_of_a_queued_task_carry_the_estimate_of_now_and_none_when_it_is_not_known() -> None:
    log = MemoryLog()
    log.write(task_pb2.TASK_STATE_QUEUED, 0)
    log.task.eta.FromSeconds(100)
    hub = hub_over(log, bookmark_seconds=0.05)
    async with aclosing(hub.watch(TASK, OWNER, None)) as watch:
        assert (await next_of(watch)).snapshot.task.eta.seconds == 100
        log.task.eta.FromSeconds(60)
        assert 59 < (await next_of(watch)).bookmark.eta.ToTimedelta().total_seconds() <= 60
        log.task.ClearField("eta")
        assert not (await next_of(watch)).bookmark.HasField("eta")


async def test_an_estimate_outlives_the_start_of_the_attempt_but_not_its_loss() -> None:
    log = MemoryLog()
    log.write(task_pb2.TASK_STATE_QUEUED, 0)
    log.task.eta.FromSeconds(100)
    hub = hub_over(log, bookmark_seconds=0.05)
    async with aclosing(hub.watch(TASK, OWNER, None)) as watch:
        await next_of(watch)
        log.task.ClearField("eta")
        hub.publish_event(TASK, log.write(task_pb2.TASK_STATE_RUNNING))
        assert (await next_of(watch)).event.sequence == 2
        assert (await next_of(watch)).bookmark.eta.seconds > 90
        hub.publish_event(TASK, log.write(task_pb2.TASK_STATE_AWAITING_REVIEW))
        assert (await next_of(watch)).event.sequence == 3
        assert not (await next_of(watch)).bookmark.HasField("eta")
