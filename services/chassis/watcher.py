"""One open watch: where it stands and what it still has to tell. No I/O; the hub reads the log for it."""

import asyncio
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

PROGRESS_INTERVAL_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Log:
    """What is watched, a `Task` or a `Batch`, and its events after a cursor, read at one instant.

    events: from the cursor on without a gap; where they end before `subject.sequence`, the rest is read next.
    """

    subject: Any
    events: list[Any]


class Watcher(ABC):
    """The state of one watch. The hub puts news in; the RPC's own coroutine takes messages out.

    Messages are the responses of the RPC; an event's number is `message.event.sequence` in all of them.
    cursor: sequence number of the last event that the reader has. newest: of the newest known to be logged.
    behind: the log has to be read from the cursor on. Progress is a level: a newer value takes the place of
    one that was not sent yet.
    """

    __slots__ = (
        "_pending",
        "_pending_limit",
        "_timer",
        "_waiter",
        "behind",
        "bookmark_due",
        "cursor",
        "joined",
        "newest",
        "retry_at",
        "sent_at",
    )

    def __init__(self, pending_limit: int, now: float) -> None:
        self._pending: list[Any] = []
        self._pending_limit = pending_limit
        self._timer: asyncio.TimerHandle | None = None
        self._waiter: asyncio.Future[None] | None = None
        self.behind = False
        self.bookmark_due = False
        self.cursor = 0
        self.joined = False
        self.newest = 0
        self.retry_at = 0.0
        self.sent_at = now

    @staticmethod
    @abstractmethod
    def event_message(event: Any) -> Any:
        """The message that tells an event."""

    @staticmethod
    @abstractmethod
    def snapshot_message(subject: Any) -> Any:
        """The first message of a watch without a cursor."""

    @property
    @abstractmethod
    def over(self) -> bool:
        """Whether no event can come after those that are known."""

    @property
    def reads_when_idle(self) -> bool:
        """Whether what a bookmark tells has to be read first."""
        return False

    @abstractmethod
    def put_progress(self, progress: Any) -> None:
        """Replaces the progress that waits to be sent, unless it is the newer one."""

    @abstractmethod
    def _bookmark_message(self) -> Any:
        """A sign of life that says where the watch stands."""

    @abstractmethod
    def _begin(self, subject: Any) -> None:
        """Takes over the state that the first reading found."""

    @abstractmethod
    def _took(self, event: Any) -> None:
        """Takes over what an event says, as it is told."""

    @abstractmethod
    def _take_level(self, subject: Any, *, sent: bool) -> None:
        """Takes what a reading says beside the events. sent: the reader gets the snapshot itself."""

    @abstractmethod
    def _take_progress(self, now: float) -> Any | None:
        """The message of a progress that can be sent now."""

    @abstractmethod
    def _progress_at(self) -> float | None:
        """When the progress that waits can be sent, on the event loop's clock; None when none waits."""

    @property
    def ended(self) -> bool:
        """Whether the reader has the last event, or a snapshot that includes it."""
        if not self.joined or self.behind or not self.over or self.cursor < self.newest:
            return False
        return all(message.event.sequence <= self.cursor for message in self._pending)

    @property
    def has_events(self) -> bool:
        """Whether events wait to be taken."""
        return bool(self._pending)

    def join(self, log: Log, after: int | None) -> None:
        """Takes the first reading of the log; what was published since the subscription stays pending."""
        self.cursor = log.subject.sequence if after is None else after
        self._begin(log.subject)
        self.joined = True
        self._take(log, sent=after is None)

    def refill(self, log: Log) -> None:
        """Takes a later reading of the log, from the cursor on."""
        self._take(log, sent=False)

    def put_event(self, message: Any) -> None:
        """Adds a published event. Past the limit nothing is kept: the log has it."""
        if len(self._pending) < self._pending_limit:
            self._pending.append(message)
        else:
            self.fall_behind()
        self.wake()

    def fall_behind(self) -> None:
        """Forgets what is pending: the log is read again from the cursor on."""
        self._pending.clear()
        self.behind = True

    def take(self, now: float) -> Any | None:
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
                self.cursor += 1
                self._took(message.event)
                self._sent(now)
                return message
        if self.cursor < self.newest:
            self.behind = True
        if self.behind:
            return None
        message = self._take_progress(now)
        if message is not None:
            self._sent(now)
        return message

    def bookmark(self, now: float) -> Any:
        """A sign of life that says where the watch stands."""
        self._sent(now)
        return self._bookmark_message()

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
        due = self.retry_at if self.behind else self._progress_at()
        if due is not None:
            self._timer = loop.call_at(due, self.wake)
        return self._waiter

    def _take(self, log: Log, *, sent: bool) -> None:
        self._pending = [self.event_message(event) for event in log.events] + self._pending
        self.newest = max(self.newest, log.subject.sequence)
        self._take_level(log.subject, sent=sent)

    def _sent(self, now: float) -> None:
        self.sent_at = now
        self.bookmark_due = False


def age(progress: Any) -> tuple[float, ...]:
    """What orders the progress of one task: the attempt, then the time of the report."""
    return (progress.attempt, progress.update_time.seconds, progress.update_time.nanos)
