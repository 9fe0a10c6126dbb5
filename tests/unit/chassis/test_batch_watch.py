"""What a watch of a batch promises: as that of a task, by one sequence, to the end of the last task."""

import asyncio
import random
from contextlib import aclosing

import pytest

from radmesh.errors import CursorCompactedError
from radmesh.tasks.v1 import task_pb2
from radmesh.tasks.v1.batch_service_pb2 import Batch, BatchEvent, BatchProgress, WatchBatchResponse
from services.chassis.watch import WatchHub
from services.chassis.watcher import Log
from tests.unit.chassis.memory_log import OWNER, next_of, progress

BATCH = "batches/" + "b" * 32
TASKS = [f"tasks/{number:032x}" for number in range(3)]
RUNNING, SUCCEEDED = task_pb2.TASK_STATE_RUNNING, task_pb2.TASK_STATE_SUCCEEDED


class MemoryBatch:
    """The log of a batch in memory; a reading gives at most `part` events."""

    def __init__(self, part: int = 1_000) -> None:
        self.events: list[BatchEvent] = []
        self.part = part
        self.open = len(TASKS)
        self.oldest = 0
        self.delay = 0.0
        self.readings = 0
        self.levels: dict[str, task_pb2.TaskProgress] = {}

    def write(self, task: str, state: task_pb2.TaskState, attempt: int = 1) -> BatchEvent:
        self.open -= state == SUCCEEDED
        event = BatchEvent(sequence=len(self.events) + 1, task=task, open_tasks=self.open)
        event.event.attempt, event.event.state_change.state = attempt, state
        self.events.append(event)
        return event

    async def subscribe(self, name: str, owner: str, after: int | None) -> None:
        await asyncio.sleep(0)

    async def unsubscribe(self, name: str) -> None:
        await asyncio.sleep(0)

    async def read(self, name: str, owner: str, after: int | None) -> Log:
        assert (name, owner) == (BATCH, OWNER)
        self.readings += 1
        if after is not None and after < self.oldest:
            raise CursorCompactedError("compacted")
        batch = Batch(name=BATCH, sequence=len(self.events))
        for task in TASKS:
            batch.members.add(task=task, state=RUNNING, progress=self.levels.get(task))
        if not self.open:
            batch.end_time.FromSeconds(1)
        events = [] if after is None else self.events[after : after + self.part]
        await asyncio.sleep(self.delay)
        return Log(batch, events)


def hub_over(log: MemoryBatch, pending: int = 64) -> WatchHub:
    return WatchHub(log, watch_limit=100, bookmark_seconds=60.0, pending_events=pending)


async def collect(hub: WatchHub, after: int | None, *, reads_more: bool = False) -> list[WatchBatchResponse]:
    watch = hub.watch_batch(BATCH, OWNER, after, reads_more=reads_more)
    return [one async for message in watch for one in (message, *message.more)]


def sequences(messages: list[WatchBatchResponse]) -> list[int]:
    return [message.event.sequence for message in messages if message.HasField("event")]


def told(task: str, fraction: float, attempt: int = 1) -> BatchProgress:
    return BatchProgress(task=task, progress=progress(fraction, attempt))


@pytest.mark.parametrize("seed", range(30))
async def test_joining_loses_and_repeats_nothing_under_concurrent_publishing(seed: int) -> None:
    chance = random.Random(seed)
    log = MemoryBatch(part=chance.choice([1, 3, 1_000]))
    hub = hub_over(log, pending=chance.choice([1, 64]))
    log.delay = chance.choice([0, 0.001])

    async def write() -> None:
        for number in range(63):
            state = SUCCEEDED if number >= 60 else RUNNING
            event = log.write(TASKS[number % 3], state)
            fate = chance.random()
            if fate < 0.7 or number == 62:
                hub.publish_event(BATCH, event)
                if fate < 0.2:
                    hub.publish_event(BATCH, event)
            elif fate < 0.8:
                hub.gap(BATCH)
            await asyncio.sleep(chance.choice([0, 0, 0.001]))

    async def watch(after: int | None) -> None:
        await asyncio.sleep(chance.choice([0, 0.002, 0.01]))
        messages = await collect(hub, after, reads_more=chance.random() < 0.5)
        first = messages[0].snapshot.sequence if after is None else after
        assert sequences(messages) == list(range(first + 1, 64))

    async with asyncio.timeout(20):
        await asyncio.gather(write(), *(watch(after) for after in (None, 0, 1, None, 0)))
    assert hub.open_watches == 0


async def test_what_waits_goes_in_one_message_to_who_reads_it_and_to_no_other() -> None:
    log = MemoryBatch()
    hub = hub_over(log)
    watches = [hub.watch_batch(BATCH, OWNER, None, reads_more=reads) for reads in (True, False)]
    for watch in watches:
        assert (await anext(watch)).HasField("snapshot")
    for state in (RUNNING, SUCCEEDED):
        for task in TASKS:
            hub.publish_event(BATCH, log.write(task, state))
    told = [[message async for message in watch] for watch in watches]
    assert [len(messages) for messages in told] == [1, 6]
    assert sequences([told[0][0], *told[0][0].more]) == sequences(told[1]) == [1, 2, 3, 4, 5, 6]
    assert not any(message.more for message in told[1])


async def test_a_message_holds_so_many_that_its_reader_is_not_held_up() -> None:
    log = MemoryBatch()
    hub = hub_over(log, pending=1_000)
    watch = hub.watch_batch(BATCH, OWNER, None, reads_more=True)
    await anext(watch)
    for number in range(250):
        hub.publish_event(BATCH, log.write(TASKS[number % 3], SUCCEEDED if number > 246 else RUNNING))
    told = [message async for message in watch]
    assert sequences([one for message in told for one in (message, *message.more)]) == list(range(1, 251))
    assert [len(message.more) for message in told] == [100, 100, 47]


async def test_a_message_stays_below_what_grpc_takes() -> None:
    log = MemoryBatch()
    hub = hub_over(log)
    watch = hub.watch_batch(BATCH, OWNER, None, reads_more=True)
    await anext(watch)
    for number in range(30):
        event = log.write(TASKS[number % 3], SUCCEEDED if number > 26 else RUNNING)
        event.event.state_change.result.value = bytes(256 << 10)
        hub.publish_event(BATCH, event)
    sizes = [message.ByteSize() async for message in watch]
    assert max(sizes) < 2 << 20
    assert sum(sizes) > 30 * (256 << 10)


async def test_a_long_log_is_read_in_parts_to_the_end_of_an_ended_batch() -> None:
    log = MemoryBatch(part=4)
    for number in range(30):
        log.write(TASKS[number % 3], SUCCEEDED if number >= 27 else RUNNING)
    assert sequences(await collect(hub_over(log), 0)) == list(range(1, 31))
    assert log.readings == 8
    plain = await collect(hub_over(log), None)
    assert [message.WhichOneof("message") for message in plain] == ["snapshot"]
    assert await collect(hub_over(log), 30) == []


async def test_a_watch_that_falls_behind_what_is_kept_ends_with_an_error() -> None:
    log = MemoryBatch()
    log.write(TASKS[0], RUNNING)
    hub = hub_over(log)
    async with aclosing(hub.watch_batch(BATCH, OWNER, None)) as watch:
        await anext(watch)
        log.write(TASKS[0], RUNNING)
        log.oldest = 2
        hub.publish_event(BATCH, log.write(TASKS[1], RUNNING))
        with pytest.raises(CursorCompactedError):
            await anext(watch)


async def test_progress_is_the_latest_of_each_task_and_not_of_an_attempt_that_is_over() -> None:
    log = MemoryBatch()
    hub = hub_over(log)
    async with aclosing(hub.watch_batch(BATCH, OWNER, None)) as watch:
        await anext(watch)
        for percent in range(1, 51):
            hub.publish_progress(BATCH, told(TASKS[0], percent / 100))
            hub.publish_progress(BATCH, told(TASKS[1], percent / 200))
        found = [(await next_batch(watch)).progress for _ in range(2)]
        assert {one.task: one.progress.fraction for one in found} == {TASKS[0]: 0.5, TASKS[1]: 0.25}
        hub.publish_progress(BATCH, told(TASKS[0], 0.9))
        hub.publish_progress(BATCH, told(TASKS[1], 0.2))  # older than what was told
        hub.publish_event(BATCH, log.write(TASKS[0], task_pb2.TASK_STATE_QUEUED))
        hub.publish_event(BATCH, log.write(TASKS[0], RUNNING, 2))
        hub.publish_progress(BATCH, told(TASKS[0], 0.95))
        hub.publish_progress(BATCH, told(TASKS[0], 0.1, attempt=2))
        assert [(await next_batch(watch)).event.sequence for _ in range(2)] == [1, 2]
        last = (await next_batch(watch)).progress
    assert (last.task, last.progress.attempt, last.progress.fraction) == (TASKS[0], 2, 0.1)


async def test_progress_of_a_task_comes_at_most_five_times_a_second() -> None:
    log = MemoryBatch()
    hub = hub_over(log)
    loop = asyncio.get_running_loop()
    async with aclosing(hub.watch_batch(BATCH, OWNER, None)) as watch:
        await anext(watch)
        hub.publish_progress(BATCH, told(TASKS[0], 0.1))
        await next_batch(watch)
        first = loop.time()
        hub.publish_progress(BATCH, told(TASKS[0], 0.2))
        assert (await next_batch(watch)).progress.progress.fraction == 0.2
        assert loop.time() - first >= 0.19


async def test_a_watch_with_a_cursor_gets_the_present_progress_after_the_events() -> None:
    log = MemoryBatch()
    log.write(TASKS[1], RUNNING)
    log.levels[TASKS[1]] = progress(0.4)
    async with aclosing(hub_over(log).watch_batch(BATCH, OWNER, 0)) as watch:
        messages = [await next_batch(watch) for _ in range(2)]
    assert [message.WhichOneof("message") for message in messages] == ["event", "progress"]
    assert (messages[1].progress.task, messages[1].progress.progress.fraction) == (TASKS[1], 0.4)


async def next_batch(watch: object) -> WatchBatchResponse:
    return await next_of(watch)  # type: ignore[arg-type, return-value]
