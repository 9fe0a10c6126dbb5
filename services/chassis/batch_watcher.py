"""A watch of a batch: the events of all its tasks by one sequence, and the progress of each."""

import math

from radmesh.tasks.v1.batch_service_pb2 import (
    Batch,
    BatchBookmark,
    BatchEvent,
    BatchProgress,
    WatchBatchResponse,
)
from services.chassis.task_watcher import ATTEMPT_RUNS
from services.chassis.watcher import PROGRESS_INTERVAL_SECONDS, Watcher, age

_MOST_TOGETHER = 100
# An event has up to half a megabyte, and a message may have 4.
_MOST_BYTES = 1 << 20


class BatchWatcher(Watcher):
    """See Watcher. Progress is one slot a task; all that wait are sent in one round, five rounds a second."""

    __slots__ = ("_open_tasks", "_round", "_round_due", "_told", "_waiting")

    def __init__(self, pending_limit: int, now: float) -> None:
        super().__init__(pending_limit, now)
        self._open_tasks = 1
        self._round: dict[str, BatchProgress] = {}
        self._round_due = 0.0
        self._waiting: dict[str, BatchProgress] = {}
        # By task: how old a progress has to be outdone to be told.
        self._told: dict[str, tuple[float, ...]] = {}

    @staticmethod
    def event_message(event: BatchEvent) -> WatchBatchResponse:
        """See Watcher."""
        return WatchBatchResponse(event=event)

    @staticmethod
    def snapshot_message(subject: Batch) -> WatchBatchResponse:
        """See Watcher."""
        return WatchBatchResponse(snapshot=subject)

    @property
    def over(self) -> bool:
        """See Watcher."""
        return self._open_tasks == 0

    def put_progress(self, progress: BatchProgress) -> None:
        """See Watcher."""
        if self._is_news(progress):
            self._waiting[progress.task] = progress
            self.wake()

    def _bookmark_message(self) -> WatchBatchResponse:
        return WatchBatchResponse(bookmark=BatchBookmark(sequence=self.cursor))

    def _begin(self, subject: Batch) -> None:
        if subject.HasField("end_time"):
            self._open_tasks = 0

    def _took(self, event: BatchEvent) -> None:
        self._open_tasks = event.open_tasks
        if not event.event.HasField("state_change"):
            return
        attempt, runs = event.event.attempt, event.event.state_change.state in ATTEMPT_RUNS
        least = (attempt, 0) if runs else (attempt, math.inf)
        self._told[event.task] = max(least, self._told.get(event.task, ()))
        for progress in (self._round, self._waiting):
            if event.task in progress and age(progress[event.task].progress) <= least:
                del progress[event.task]

    def _take_level(self, subject: Batch, *, sent: bool) -> None:
        for member in subject.members:
            if member.state not in ATTEMPT_RUNS or not member.HasField("progress"):
                continue
            progress = BatchProgress(task=member.task, progress=member.progress)
            if not self._is_news(progress):
                continue
            if sent:
                self._told[member.task] = age(member.progress)
            else:
                self._waiting[member.task] = progress

    def _take_progress(self, now: float) -> WatchBatchResponse | None:
        if not self._round and self._waiting and now >= self._round_due:
            self._round, self._waiting = self._waiting, {}
            self._round_due = now + PROGRESS_INTERVAL_SECONDS
        while self._round:
            progress = self._round.pop(next(iter(self._round)))
            if age(progress.progress) > self._told.get(progress.task, ()):
                self._told[progress.task] = age(progress.progress)
                return WatchBatchResponse(progress=progress)
        return None

    def _progress_at(self) -> float | None:
        return self._round_due if self._waiting else None

    def _is_news(self, progress: BatchProgress) -> bool:
        known = self._waiting.get(progress.task) or self._round.get(progress.task)
        newest = age(known.progress) if known is not None else self._told.get(progress.task, ())
        return age(progress.progress) > newest


class TogetherWatcher(BatchWatcher):
    """A watch whose reader takes what waits in one message."""

    __slots__ = ()

    def take(self, now: float) -> WatchBatchResponse | None:
        """See Watcher."""
        first: WatchBatchResponse | None = super().take(now)
        if first is None or not self.has_events:
            return first
        # A copy, as the same message waits for other watches.
        together = WatchBatchResponse()
        together.CopyFrom(first)
        size = first.ByteSize()
        while size < _MOST_BYTES and len(together.more) < _MOST_TOGETHER:
            later = super().take(now)
            if later is None:
                break
            together.more.append(later)
            size += later.ByteSize()
        return together
