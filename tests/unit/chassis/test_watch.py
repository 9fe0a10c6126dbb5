"""What a watch promises of events: each once and in order, none missing, a clear end."""

import asyncio
import random
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
from tests.unit.chassis.memory_log import (
    OWNER,
    TASK,
    MemoryLog,
    collect,
    hub_over,
    next_of,
    sequences,
    settled,
)


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
