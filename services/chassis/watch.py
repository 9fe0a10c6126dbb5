"""Fans the news of tasks out to watches, and joins a live feed with a log without loss or repeat."""

import asyncio
import random
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Protocol

from radmesh.errors import ExhaustedError, UnavailableError
from radmesh.tasks.v1 import task_pb2
from radmesh.tasks.v1.task_service_pb2 import WatchTaskResponse
from services.chassis.watcher import Watcher, snapshot_message

# Readings of the log at once: after an outage every watch wants one.
_READINGS_AT_ONCE = 64
_RETRY_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class TaskLog:
    """A task and its events after a cursor, read at one instant."""

    task: task_pb2.Task
    events: list[task_pb2.TaskEvent]


class LogSource(Protocol):
    """Where a hub gets the past from. The present comes in by `WatchHub.publish_…`.

    `task` is a resource name everywhere, `tasks/{task}`.
    """

    async def subscribe(self, task: str) -> None:
        """Returns once news of the task will reach the hub. Raises UnavailableError."""

    async def unsubscribe(self, task: str) -> None:
        """Says that nobody watches the task any more. Never raises."""

    async def read(self, task: str, owner: str, after: int | None) -> TaskLog:
        """The task and its events after a cursor; no events without one.

        Raises TaskNotFoundError, CursorCompactedError, CursorAheadError, UnavailableError.
        """


class _Topic:
    """The watches of one task, and whether its news come in."""

    __slots__ = ("lock", "subscribed", "watchers")

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.subscribed = False
        self.watchers: set[Watcher] = set()


class WatchHub:
    """All watches of one process.

    watch_limit: watches open at once. bookmark_seconds: silence after which a bookmark is sent.
    pending_events: events kept for a slow reader before its log is read again instead.
    """

    def __init__(
        self, source: LogSource, *, watch_limit: int, bookmark_seconds: float, pending_events: int = 64
    ) -> None:
        self._source = source
        self._watch_limit = watch_limit
        self._bookmark_seconds = bookmark_seconds
        self._pending_events = pending_events
        self._topics: dict[str, _Topic] = {}
        self._readings = asyncio.Semaphore(_READINGS_AT_ONCE)
        self._beat: asyncio.TimerHandle | None = None
        self._draining = False
        self._open = 0

    @property
    def open_watches(self) -> int:
        """Watches that are open now."""
        return self._open

    def is_watched(self, task: str) -> bool:
        """Whether anybody watches a task: news of others need not be translated."""
        return task in self._topics

    def publish_event(self, task: str, event: task_pb2.TaskEvent) -> None:
        """Tells the watches of a task about a change. Repeats and gaps are found by sequence number."""
        topic = self._topics.get(task)
        if topic is None:
            return
        # One message for all: what a watch sends is never written to.
        message = WatchTaskResponse(event=event)
        for watcher in topic.watchers:
            watcher.put_event(message)

    def publish_progress(self, task: str, progress: task_pb2.TaskProgress) -> None:
        """Tells the watches of a task how far it is."""
        topic = self._topics.get(task)
        if topic is not None:
            for watcher in topic.watchers:
                watcher.put_progress(progress)

    def gap(self, task: str | None = None) -> None:
        """News of a task, or of all, may have been missed: its watches read their logs again."""
        for name in list(self._topics) if task is None else [task]:
            for watcher in self._topics[name].watchers if name in self._topics else ():
                watcher.fall_behind()
                watcher.wake()

    def drain(self) -> None:
        """Ends every watch with UnavailableError DRAINING and takes no new one."""
        self._draining = True
        for topic in self._topics.values():
            for watcher in topic.watchers:
                watcher.wake()

    async def watch(
        self, task: str, owner: str, after: int | None
    ) -> AsyncGenerator[WatchTaskResponse, None]:
        """The messages of one watch, ending after the terminal event.

        after: sequence number of the last event that the reader has; None for a snapshot first.
        Raises those of `LogSource.read`, ExhaustedError TOO_MANY_WATCHES, UnavailableError DRAINING.
        """
        self._refuse_if_closed()
        if self._open >= self._watch_limit:
            raise ExhaustedError("too many watches are open here", reason="TOO_MANY_WATCHES", retry_after=1.0)
        loop = asyncio.get_running_loop()
        watcher = Watcher(self._pending_events, loop.time())
        topic = self._enter(task, watcher)
        try:
            await self._subscribe(task, topic)
            log = await self._read(task, owner, after)
            watcher.join(log.task, log.events, after)
            if after is None:
                yield snapshot_message(log.task)
            # Nothing is held while the watch is idle: there are many of them.
            del log
            while not watcher.ended:
                self._refuse_if_closed()
                message = watcher.take(loop.time())
                if message is None and watcher.is_due(loop.time()):
                    message = await self._do_due(task, owner, watcher)
                elif message is None:
                    await watcher.news()
                if message is not None:
                    yield message
        finally:
            watcher.wake()
            await self._leave(task, topic, watcher)

    async def _do_due(self, task: str, owner: str, watcher: Watcher) -> WatchTaskResponse | None:
        """Reads the log where that is due; then a bookmark, when there was no news for long."""
        now = asyncio.get_running_loop().time()
        queued = watcher.state == task_pb2.TASK_STATE_QUEUED
        if (watcher.behind and now >= watcher.retry_at) or (watcher.bookmark_due and queued):
            await self._refill(task, owner, watcher)
        if watcher.bookmark_due and not watcher.has_events:
            return watcher.bookmark(now)
        return None

    async def _refill(self, task: str, owner: str, watcher: Watcher) -> None:
        # Before the reading: a gap that is told while it runs asks for another one.
        watcher.behind = False
        try:
            log = await self._read(task, owner, watcher.cursor)
        except UnavailableError:
            # The stream stays up while the store is away; the log is there when it is back.
            pause = random.uniform(0.5, 1.0) * _RETRY_SECONDS
            watcher.behind = True
            watcher.retry_at = asyncio.get_running_loop().time() + pause
        else:
            watcher.refill(log.task, log.events)

    async def _read(self, task: str, owner: str, after: int | None) -> TaskLog:
        async with self._readings:
            return await self._source.read(task, owner, after)

    def _refuse_if_closed(self) -> None:
        if self._draining:
            raise UnavailableError("this server goes down: resume elsewhere", reason="DRAINING")

    def _enter(self, task: str, watcher: Watcher) -> _Topic:
        topic = self._topics.get(task)
        if topic is None:
            topic = self._topics[task] = _Topic()
        topic.watchers.add(watcher)
        self._open += 1
        if self._beat is None:
            self._schedule_beat()
        return topic

    async def _subscribe(self, task: str, topic: _Topic) -> None:
        async with topic.lock:
            if not topic.subscribed:
                await self._source.subscribe(task)
                topic.subscribed = True

    async def _leave(self, task: str, topic: _Topic, watcher: Watcher) -> None:
        topic.watchers.discard(watcher)
        self._open -= 1
        if topic.watchers:
            return
        async with topic.lock:
            if topic.watchers or self._topics.get(task) is not topic:
                return
            try:
                if topic.subscribed:
                    topic.subscribed = False
                    await self._source.unsubscribe(task)
            finally:
                # A watch that came in meanwhile waits for the lock, and subscribes again.
                if not topic.watchers:
                    del self._topics[task]

    def _schedule_beat(self) -> None:
        loop = asyncio.get_running_loop()
        self._beat = loop.call_later(self._bookmark_seconds / 4, self._on_beat)

    def _on_beat(self) -> None:
        """Wakes the watches that were silent for long: one timer for all of them."""
        self._beat = None
        if not self._open:
            return
        silent_since = asyncio.get_running_loop().time() - self._bookmark_seconds
        for topic in self._topics.values():
            for watcher in topic.watchers:
                if watcher.joined and watcher.sent_at <= silent_since:
                    watcher.bookmark_due = True
                    watcher.wake()
        self._schedule_beat()
