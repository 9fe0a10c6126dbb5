"""Fans the news of tasks and batches out to watches, and joins feed and log without loss or repeat."""

import asyncio
import random
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any, Protocol

from radmesh.errors import ExhaustedError, UnavailableError
from radmesh.tasks.v1.batch_service_pb2 import BatchEvent, BatchProgress, WatchBatchResponse
from radmesh.tasks.v1.task_pb2 import Task, TaskEvent, TaskProgress
from radmesh.tasks.v1.task_service_pb2 import WatchTaskResponse
from services.chassis.batch_watcher import BatchWatcher, TogetherWatcher
from services.chassis.task_watcher import TaskWatcher
from services.chassis.watcher import Log, Watcher

# Readings of the log at once: after an outage every watch wants one.
_READINGS_AT_ONCE = 64
_RETRY_SECONDS = 0.5
# A batch has the events of many tasks, and they come many at once.
_BATCH_PENDING = 16


class LogSource(Protocol):
    """Where a hub gets the past from. The present comes in by `WatchHub.publish_…`.

    `name` is a resource name everywhere, `tasks/{task}` or `batches/{batch}`.
    """

    async def subscribe(self, name: str, owner: str, after: int | None) -> Log | None:
        """Returns once news of the task or batch will reach the hub. Raises UnavailableError.

        The log as `read` would return it from then on, where it came with the answer.
        """

    async def unsubscribe(self, name: str) -> None:
        """Says that nobody watches it any more. Never raises."""

    async def read(self, name: str, owner: str, after: int | None) -> Log:
        """The task or batch and its events after a cursor; no events without one.

        Raises TaskNotFoundError, BatchNotFoundError, CursorCompactedError, CursorAheadError,
        UnavailableError.
        """


class _Topic:
    """The watches of one task or batch, and whether its news come in."""

    __slots__ = ("kind", "lock", "subscribed", "watchers")

    def __init__(self, kind: type[Watcher]) -> None:
        self.kind = kind
        self.lock = asyncio.Lock()
        self.subscribed = False
        self.watchers: set[Watcher] = set()


@dataclass(frozen=True, slots=True)
class BegunWatch:
    """A watch that takes news already, before anybody reads it."""

    name: str
    topic: _Topic
    watcher: Watcher
    log: Log


class WatchHub:
    """All watches of one process.

    watch_limit: watches open at once. bookmark_seconds: silence after which a bookmark is sent.
    pending_events: events kept for a slow reader of a task before the log is read again instead.
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

    def is_watched(self, name: str) -> bool:
        """Whether anybody watches a task or batch: news of others need not be translated."""
        return name in self._topics

    def publish_event(self, name: str, event: TaskEvent | BatchEvent) -> None:
        """Tells the watches of a task or batch about a change. Repeats and gaps are found by number."""
        topic = self._topics.get(name)
        if topic is None:
            return
        # One message for all: what a watch sends is never written to.
        message = topic.kind.event_message(event)
        for watcher in topic.watchers:
            watcher.put_event(message)

    def publish_progress(self, name: str, progress: TaskProgress | BatchProgress) -> None:
        """Tells the watches of a task or batch how far it is."""
        topic = self._topics.get(name)
        if topic is not None:
            for watcher in topic.watchers:
                watcher.put_progress(progress)

    def gap(self, name: str | None = None) -> None:
        """News of a task or batch, or of all, may have been missed: the watches read their logs again."""
        for one in list(self._topics) if name is None else [name]:
            for watcher in self._topics[one].watchers if one in self._topics else ():
                watcher.fall_behind()
                watcher.wake()

    def drain(self) -> None:
        """Ends every watch with UnavailableError DRAINING and takes no new one."""
        self._draining = True
        for topic in self._topics.values():
            for watcher in topic.watchers:
                watcher.wake()

    def watch(self, task: str, owner: str, after: int | None) -> AsyncGenerator[WatchTaskResponse, None]:
        """The messages of one watch, ending after the terminal event.

        after: sequence number of the last event that the reader has; None for a snapshot first.
        Raises those of `LogSource.read`, ExhaustedError TOO_MANY_WATCHES, UnavailableError DRAINING.
        """
        return self._watch(TaskWatcher, self._pending_events, task, owner, after)

    def begin(self, task: Task) -> BegunWatch:
        """Begins a watch of a task whose news come in from now on, and whose log ends with `task.sequence`.

        It is to be handed to `go_on` or to `give_up`.
        """
        watcher = TaskWatcher(self._pending_events, asyncio.get_running_loop().time())
        topic = self._enter(task.name, watcher)
        topic.subscribed = True
        log = Log(task, [])
        watcher.join(log, None)
        return BegunWatch(task.name, topic, watcher, log)

    def go_on(self, begun: BegunWatch, owner: str) -> AsyncGenerator[WatchTaskResponse, None]:
        """The messages of a watch that has begun; see `watch`. To be iterated at once."""
        return self._watch(TaskWatcher, self._pending_events, begun.name, owner, None, begun=begun)

    async def give_up(self, begun: BegunWatch) -> None:
        """Ends a watch that nobody took."""
        await self._leave(begun.name, begun.topic, begun.watcher)

    def watch_batch(
        self, batch: str, owner: str, after: int | None, *, reads_more: bool = False
    ) -> AsyncGenerator[WatchBatchResponse, None]:
        """The messages of one watch, ending after the terminal event of the last task; see `watch`.

        reads_more: whether what waits goes in one message.
        """
        kind = TogetherWatcher if reads_more else BatchWatcher
        return self._watch(kind, _BATCH_PENDING * self._pending_events, batch, owner, after)

    async def _watch(
        self,
        kind: type[Watcher],
        pending: int,
        name: str,
        owner: str,
        after: int | None,
        *,
        begun: BegunWatch | None = None,
    ) -> AsyncGenerator[Any, None]:
        loop = asyncio.get_running_loop()
        if begun is None:
            self.refuse_if_full()
            watcher = kind(pending, loop.time())
            topic, log = self._enter(name, watcher), None
        else:
            watcher, topic, log = begun.watcher, begun.topic, begun.log
        try:
            if log is None:
                log = await self._subscribe(name, topic, owner, after) or await self._read(name, owner, after)
                watcher.join(log, after)
            if after is None:
                yield watcher.snapshot_message(log.subject)
            # Nothing is held while the watch is idle: there are many of them.
            del log, begun
            while not watcher.ended:
                self._refuse_if_closed()
                message = watcher.take(loop.time())
                if message is None and watcher.is_due(loop.time()):
                    message = await self._do_due(name, owner, watcher)
                elif message is None:
                    await watcher.news()
                if message is not None:
                    yield message
        finally:
            await self._leave(name, topic, watcher)

    async def _do_due(self, name: str, owner: str, watcher: Watcher) -> Any | None:
        """Reads the log where that is due; then a bookmark, when there was no news for long."""
        now = asyncio.get_running_loop().time()
        reads = watcher.bookmark_due and watcher.reads_when_idle
        if (watcher.behind and now >= watcher.retry_at) or reads:
            await self._refill(name, owner, watcher)
        if watcher.bookmark_due and not watcher.has_events:
            return watcher.bookmark(now)
        return None

    async def _refill(self, name: str, owner: str, watcher: Watcher) -> None:
        # Before the reading: a gap that is told while it runs asks for another one.
        watcher.behind = False
        try:
            log = await self._read(name, owner, watcher.cursor)
        except UnavailableError:
            # The stream stays up while the store is away; the log is there when it is back.
            pause = random.uniform(0.5, 1.0) * _RETRY_SECONDS
            watcher.behind = True
            watcher.retry_at = asyncio.get_running_loop().time() + pause
        else:
            watcher.refill(log)

    async def _read(self, name: str, owner: str, after: int | None) -> Log:
        async with self._readings:
            return await self._source.read(name, owner, after)

    def refuse_if_full(self) -> None:
        """Raises ExhaustedError TOO_MANY_WATCHES, UnavailableError DRAINING, where `watch` would."""
        self._refuse_if_closed()
        if self._open >= self._watch_limit:
            raise ExhaustedError("too many watches are open here", reason="TOO_MANY_WATCHES", retry_after=1.0)

    def _refuse_if_closed(self) -> None:
        if self._draining:
            raise UnavailableError("this server goes down: resume elsewhere", reason="DRAINING")

    def _enter(self, name: str, watcher: Watcher) -> _Topic:
        topic = self._topics.get(name)
        if topic is None:
            topic = self._topics[name] = _Topic(type(watcher))
        topic.watchers.add(watcher)
        self._open += 1
        if self._beat is None:
            self._schedule_beat()
        return topic

    async def _subscribe(self, name: str, topic: _Topic, owner: str, after: int | None) -> Log | None:
        async with topic.lock:
            if topic.subscribed:
                return None
            log = await self._source.subscribe(name, owner, after)
            topic.subscribed = True
            return log

    async def _leave(self, name: str, topic: _Topic, watcher: Watcher) -> None:
        watcher.wake()
        topic.watchers.discard(watcher)
        self._open -= 1
        if topic.watchers:
            return
        async with topic.lock:
            if topic.watchers or self._topics.get(name) is not topic:
                return
            try:
                if topic.subscribed:
                    topic.subscribed = False
                    await self._source.unsubscribe(name)
            finally:
                # A watch that came in meanwhile waits for the lock, and subscribes again.
                if not topic.watchers:
                    del self._topics[name]

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
