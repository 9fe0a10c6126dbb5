"""A log of tasks in memory, for a hub to read, and what the tests of watches do with one."""

import asyncio
from collections.abc import AsyncIterator

from radmesh.errors import (
    CursorAheadError,
    CursorCompactedError,
    TaskNotFoundError,
    UnavailableError,
)
from radmesh.tasks.v1 import task_pb2
from radmesh.tasks.v1.task_service_pb2 import WatchTaskResponse
from services.chassis.watch import WatchHub
from services.chassis.watcher import Log

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

    async def subscribe(self, task: str, owner: str, after: int | None) -> None:
        await asyncio.sleep(0)
        self.subscriptions.append(f"+{task}")

    async def unsubscribe(self, task: str) -> None:
        await asyncio.sleep(0)
        self.subscriptions.append(f"-{task}")

    async def read(self, task: str, owner: str, after: int | None) -> Log:
        self.readings += 1
        if self.away:
            raise UnavailableError("away", reason="STORE_UNAVAILABLE")
        if task != TASK or owner != OWNER:
            raise TaskNotFoundError("no such task")
        found = self._read(after)
        await asyncio.sleep(self.delay)
        return found

    def _read(self, after: int | None) -> Log:
        if after is not None and after > len(self.events):
            raise CursorAheadError("ahead")
        if after is not None and after < self.oldest:
            raise CursorCompactedError("compacted", metadata={"oldest_sequence": str(self.oldest)})
        copy = task_pb2.Task()
        copy.CopyFrom(self.task)
        return Log(copy, [] if after is None else self.events[after:])


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
