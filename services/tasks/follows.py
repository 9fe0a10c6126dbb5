"""The streams that carry the news of tasks and batches to gateways, each with those that it follows."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator

from radmesh.errors import ExhaustedError, UnavailableError
from radmesh.tasks.v1.batch_service_pb2 import BatchEvent, BatchProgress
from radmesh.tasks.v1.follow_service_pb2 import FollowResponse, TaskFollowed, TaskLogGap
from radmesh.tasks.v1.task_pb2 import TaskEvent, TaskProgress

# News in one message. The feed's largest event is 16 KiB, so that even these stay below gRPC's 4 MiB.
_MOST_TOGETHER = 100


class FollowStream:
    """One stream. News wait in order; a newer progress of a task takes the place of one that still waits."""

    def __init__(self, pending_limit: int) -> None:
        self.names: set[str] = set()
        self._pending_limit = pending_limit
        self._pending: deque[FollowResponse] = deque()
        # By what is followed, and by the task that it tells of.
        self._progress: dict[tuple[str, str], FollowResponse] = {}
        # By task that is being created: its news, which wait for the answer.
        self._held: dict[str, list[FollowResponse]] = {}
        self._news = asyncio.Event()
        self._taken = asyncio.Event()
        self._ended = False
        self._error: Exception | None = None

    def put(self, message: FollowResponse) -> None:
        """Queues a message; a stream whose reader is too slow ends."""
        if message.task in self._held:
            self._held[message.task].append(message)
            return
        if len(self._pending) >= self._pending_limit:
            self.end(
                ExhaustedError(
                    "the stream is not read fast enough", reason="FOLLOWER_TOO_SLOW", retry_after=0.1
                )
            )
            return
        self._pending.append(message)
        self._news.set()

    def hold(self, name: str) -> None:
        """Keeps the news of a task back until `answer`."""
        self._held[name] = []

    def answer(self, name: str, message: FollowResponse) -> None:
        """Queues the answer to a create, then what is held back of its task. name: empty for nothing."""
        self.put(message)
        for later in self._held.pop(name, ()):
            self.put(later)

    def put_progress(self, task: str, message: FollowResponse) -> None:
        """Keeps the latest progress of a task until it can be sent."""
        self._progress[message.task, task] = message
        self._news.set()

    def end(self, error: Exception | None = None) -> None:
        """Ends the stream, with an error when there is one. The first end counts."""
        if not self._ended:
            self._ended, self._error = True, error
            self._news.set()
            self._taken.set()

    async def room(self) -> None:
        """Returns when half of the places are free: answers alone must not make a reader too slow."""
        while not self._ended and len(self._pending) > self._pending_limit // 2:
            self._taken.clear()
            await self._taken.wait()

    async def messages(self) -> AsyncIterator[FollowResponse]:
        """What is to be sent until the stream ends: events before progress. Raises what ended it."""
        while not self._ended:
            if self._pending:
                yield self._take()
            elif self._progress:
                yield self._progress.pop(next(iter(self._progress)))
            else:
                self._news.clear()
                await self._news.wait()
        if self._error is not None:
            raise self._error

    def _take(self) -> FollowResponse:
        """What waits, in one message: sending one costs more than all else on the way of an event."""
        message = self._pending.popleft()
        if self._pending:
            # A copy, as the same message may wait on other streams.
            first, message = message, FollowResponse()
            message.CopyFrom(first)
            for _ in range(min(len(self._pending), _MOST_TOGETHER - 1)):
                message.more.append(self._pending.popleft())
        self._taken.set()
        return message


class Follows:
    """All follow streams of this replica.

    pending_limit: messages kept for one stream. `name` is `tasks/{task}` or `batches/{batch}`.
    """

    def __init__(self, pending_limit: int) -> None:
        self._pending_limit = pending_limit
        self._streams: set[FollowStream] = set()
        self._by_name: dict[str, set[FollowStream]] = {}
        self._draining = False

    def open(self) -> FollowStream:
        """A new stream, which follows nothing yet. Raises UnavailableError DRAINING."""
        if self._draining:
            raise _draining()
        stream = FollowStream(self._pending_limit)
        self._streams.add(stream)
        return stream

    def close(self, stream: FollowStream) -> None:
        """Forgets a stream."""
        self._streams.discard(stream)
        for name in list(stream.names):
            self.unfollow(stream, name)

    def follow(self, stream: FollowStream, name: str) -> None:
        """Adds a task or batch to a stream and says so on it: what is written from here on will arrive."""
        self.add(stream, name)
        stream.put(FollowResponse(task=name, followed=TaskFollowed()))

    def add(self, stream: FollowStream, name: str) -> None:
        """Adds a task or batch to a stream. The caller confirms it."""
        stream.names.add(name)
        self._by_name.setdefault(name, set()).add(stream)

    def begin(self, stream: FollowStream, name: str) -> str:
        """Adds a task that is to be created; what is told of it waits for `FollowStream.answer`. Its name."""
        stream.hold(name)
        self.add(stream, name)
        return name

    def unfollow(self, stream: FollowStream, name: str) -> None:
        """Takes a task or batch off a stream."""
        stream.names.discard(name)
        others = self._by_name.get(name)
        if others is not None:
            others.discard(stream)
            if not others:
                del self._by_name[name]

    def is_followed(self, name: str) -> bool:
        """Whether any stream follows a task or batch."""
        return name in self._by_name

    def publish_event(self, name: str, event: TaskEvent | BatchEvent) -> None:
        """Sends a change to the streams that follow its task or batch."""
        streams = self._by_name.get(name)
        if not streams:
            return
        if isinstance(event, BatchEvent):
            message = FollowResponse(task=name, batch_event=event)
        else:
            message = FollowResponse(task=name, event=event)
        for stream in streams:
            stream.put(message)

    def publish_progress(self, name: str, progress: TaskProgress | BatchProgress) -> None:
        """Sends the latest progress to the streams that follow its task or batch."""
        streams = self._by_name.get(name)
        if not streams:
            return
        if isinstance(progress, BatchProgress):
            message, task = FollowResponse(task=name, batch_progress=progress), progress.task
        else:
            message, task = FollowResponse(task=name, progress=progress), name
        for stream in streams:
            stream.put_progress(task, message)

    def gap(self, name: str | None = None) -> None:
        """News of a task or batch, or of all, may have been missed: the streams hear so, once."""
        message = FollowResponse(task=name or "", gap=TaskLogGap())
        for stream in self._streams if name is None else self._by_name.get(name, ()):
            stream.put(message)

    def drain(self) -> None:
        """Ends every stream with UnavailableError DRAINING and takes no new one."""
        self._draining = True
        for stream in self._streams:
            stream.end(_draining())


def _draining() -> UnavailableError:
    return UnavailableError("this replica goes down: follow elsewhere", reason="DRAINING", retry_after=0.0)
