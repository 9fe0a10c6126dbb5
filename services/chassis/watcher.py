"""One open watch: where it stands and what it still has to tell. No I/O; the hub reads the log for it."""

import asyncio

from radmesh.tasks.v1 import task_pb2
from radmesh.tasks.v1.task_service_pb2 import WatchTaskResponse

_TERMINAL = frozenset(
    {task_pb2.TASK_STATE_SUCCEEDED, task_pb2.TASK_STATE_FAILED, task_pb2.TASK_STATE_CANCELLED}
)
_ATTEMPT_RUNS = frozenset({task_pb2.TASK_STATE_RUNNING, task_pb2.TASK_STATE_CANCELLING})
PROGRESS_INTERVAL_SECONDS = 0.2


class Watcher:
    """The state of one watch. The hub puts news in; the RPC's own coroutine takes messages out.

    cursor: sequence number of the last event that the reader has. behind: the log has to be read from the
    cursor on. Progress is one slot: a newer value takes the place of one that was not sent yet.
    """

    __slots__ = (
        "_pending",
        "_pending_limit",
        "_progress",
        "_progress_due",
        "_timer",
        "_waiter",
        "attempt",
        "behind",
        "bookmark_due",
        "cursor",
        "joined",
        "last_progress",
        "queue_position",
        "retry_at",
        "sent_at",
        "state",
    )

    def __init__(self, pending_limit: int, now: float) -> None:
        self._pending: list[WatchTaskResponse] = []
        self._pending_limit = pending_limit
        self._progress: task_pb2.TaskProgress | None = None
        self._progress_due = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._waiter: asyncio.Future[None] | None = None
        self.attempt = 0
        self.behind = False
        self.bookmark_due = False
        self.cursor = 0
        self.joined = False
        self.last_progress: task_pb2.TaskProgress | None = None
        self.queue_position = 0
        self.retry_at = 0.0
        self.sent_at = now
        self.state: int = task_pb2.TASK_STATE_UNSPECIFIED

    @property
    def ended(self) -> bool:
        """Whether the reader has the terminal event, or a snapshot that includes it."""
        if not self.joined or self.behind or self.state not in _TERMINAL:
            return False
        return all(message.event.sequence <= self.cursor for message in self._pending)

    @property
    def has_events(self) -> bool:
        """Whether events wait to be taken."""
        return bool(self._pending)

    def join(self, task: task_pb2.Task, events: list[task_pb2.TaskEvent], after: int | None) -> None:
        """Takes the first reading of the log; what was published since the subscription stays pending."""
        if after is None:
            self.cursor = task.sequence
        else:
            self.cursor = after
            self._pending = [WatchTaskResponse(event=event) for event in events] + self._pending
        self.state, self.attempt, self.joined = task.state, task.attempt, True
        self._forget_finished_attempts(task.attempt)
        self._take_level(task, sent=after is None)

    def refill(self, task: task_pb2.Task, events: list[task_pb2.TaskEvent]) -> None:
        """Takes a later reading of the log, from the cursor on."""
        self._pending = [WatchTaskResponse(event=event) for event in events] + self._pending
        self._take_level(task, sent=False)

    def put_event(self, message: WatchTaskResponse) -> None:
        """Adds a published event. Past the limit nothing is kept: the log has it."""
        if len(self._pending) < self._pending_limit:
            self._pending.append(message)
        else:
            self.fall_behind()
        self.wake()

    def put_progress(self, progress: task_pb2.TaskProgress) -> None:
        """Replaces the progress that waits to be sent, unless it is the newer one."""
        if progress.attempt >= self.attempt and _is_newer(progress, self._progress or self.last_progress):
            self._progress = progress
            self.wake()

    def fall_behind(self) -> None:
        """Forgets what is pending: the log is read again from the cursor on."""
        self._pending.clear()
        self.behind = True

    def take(self, now: float) -> WatchTaskResponse | None:
        """The next message that can be sent now, events before progress; None when there is none.

        now: seconds on the event loop's clock.
        """
        while self._pending:
            message = self._pending[0]
            if message.event.sequence > self.cursor + 1:
                self.fall_behind()
                return None
            del self._pending[0]
            if message.event.sequence == self.cursor + 1:
                self._advance(message.event)
                self._sent(now)
                return message
        if self._progress is None or self.behind or now < self._progress_due:
            return None
        self.last_progress, self._progress = self._progress, None
        self._progress_due = now + PROGRESS_INTERVAL_SECONDS
        self._sent(now)
        return WatchTaskResponse(progress=self.last_progress)

    def bookmark(self, now: float) -> WatchTaskResponse:
        """A sign of life that says where the watch stands."""
        self._sent(now)
        queued = self.state == task_pb2.TASK_STATE_QUEUED
        bookmark = task_pb2.TaskBookmark(
            sequence=self.cursor, queue_position=self.queue_position if queued else 0
        )
        if self.last_progress is not None and self.last_progress.HasField("eta"):
            bookmark.eta.CopyFrom(self.last_progress.eta)
        return WatchTaskResponse(bookmark=bookmark)

    def is_due(self, now: float) -> bool:
        """Whether the hub has to do something for this watch: read its log, or send a bookmark."""
        return self.bookmark_due or (self.behind and now >= self.retry_at)

    def wake(self) -> None:
        """Ends the wait for news."""
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
        self._waiter = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def news(self) -> "asyncio.Future[None]":
        """Done when there is news, or when pending progress or another try of a reading is due.

        A future and not a coroutine: it is all that an idle watch waits on. `wake` clears it up.
        """
        loop = asyncio.get_running_loop()
        self._waiter = loop.create_future()
        if self.behind:
            self._timer = loop.call_at(self.retry_at, self.wake)
        elif self._progress is not None:
            self._timer = loop.call_at(self._progress_due, self.wake)
        return self._waiter

    def _advance(self, event: task_pb2.TaskEvent) -> None:
        self.cursor = event.sequence
        self.attempt = max(self.attempt, event.attempt)
        if not event.HasField("state_change"):
            return
        self.state = event.state_change.state
        self._forget_finished_attempts(event.attempt)

    def _forget_finished_attempts(self, attempt: int) -> None:
        """Drops the progress of attempts that are over: as a level it says nothing any more."""
        newest_over = attempt - 1 if self.state in _ATTEMPT_RUNS else attempt
        if self._progress is not None and self._progress.attempt <= newest_over:
            self._progress = None
        if self.last_progress is not None and self.last_progress.attempt <= newest_over:
            self.last_progress = None

    def _sent(self, now: float) -> None:
        self.sent_at = now
        self.bookmark_due = False

    def _take_level(self, task: task_pb2.Task, *, sent: bool) -> None:
        """Takes what a reading says beside the events. sent: the reader gets the task itself."""
        self.queue_position = task.queue_position
        if task.state not in _ATTEMPT_RUNS or not task.HasField("progress"):
            return
        if sent:
            self.last_progress = task.progress
            if not _is_newer(self._progress, task.progress):
                self._progress = None
        elif _is_newer(task.progress, self._progress or self.last_progress):
            self._progress = task.progress


def snapshot_message(task: task_pb2.Task) -> WatchTaskResponse:
    """The first message of a watch without a cursor."""
    return WatchTaskResponse(snapshot=task_pb2.TaskSnapshot(task=task, sequence=task.sequence))


def _is_newer(one: task_pb2.TaskProgress | None, other: task_pb2.TaskProgress | None) -> bool:
    """Whether a progress was reported after another one."""
    if one is None or other is None:
        return one is not None
    return _age(one) > _age(other)


def _age(progress: task_pb2.TaskProgress) -> tuple[int, int, int]:
    return (progress.attempt, progress.update_time.seconds, progress.update_time.nanos)
