"""A watch of one task."""

import asyncio

from radmesh.tasks.v1 import task_pb2
from radmesh.tasks.v1.task_service_pb2 import RunTaskResponse, WatchTaskResponse
from services.chassis.watcher import PROGRESS_INTERVAL_SECONDS, Watcher, age

TERMINAL = frozenset(
    {task_pb2.TASK_STATE_SUCCEEDED, task_pb2.TASK_STATE_FAILED, task_pb2.TASK_STATE_CANCELLED}
)
ATTEMPT_RUNS = frozenset({task_pb2.TASK_STATE_RUNNING, task_pb2.TASK_STATE_CANCELLING})


class TaskWatcher(Watcher):
    """See Watcher. Progress is one slot."""

    __slots__ = (
        "_expected_end",
        "_progress",
        "_progress_due",
        "attempt",
        "last_progress",
        "pause",
        "queue_position",
        "state",
    )

    def __init__(self, pending_limit: int, now: float) -> None:
        super().__init__(pending_limit, now)
        # On the loop's clock, by what was last told or read; past when it is not known.
        self._expected_end = 0.0
        self._progress: task_pb2.TaskProgress | None = None
        self._progress_due = 0.0
        self.attempt = 0
        self.last_progress: task_pb2.TaskProgress | None = None
        # Why the pipeline was paused when last read; None when it was not.
        self.pause: str | None = None
        self.queue_position = 0
        self.state: int = task_pb2.TASK_STATE_UNSPECIFIED

    @staticmethod
    def event_message(event: task_pb2.TaskEvent) -> WatchTaskResponse:
        """See Watcher."""
        return WatchTaskResponse(event=event)

    @staticmethod
    def snapshot_message(subject: task_pb2.Task) -> WatchTaskResponse:
        """See Watcher."""
        return WatchTaskResponse(snapshot=task_pb2.TaskSnapshot(task=subject, sequence=subject.sequence))

    @property
    def over(self) -> bool:
        """See Watcher."""
        return self.state in TERMINAL

    @property
    def reads_when_idle(self) -> bool:
        """The place in the queue changes without an event, and so does a pause."""
        return self.state == task_pb2.TASK_STATE_QUEUED

    def put_progress(self, progress: task_pb2.TaskProgress) -> None:
        """See Watcher."""
        if progress.attempt >= self.attempt and _is_newer(progress, self._progress or self.last_progress):
            self._progress = progress
            self.wake()

    def _bookmark_message(self) -> WatchTaskResponse:
        queued = self.state == task_pb2.TASK_STATE_QUEUED
        bookmark = task_pb2.TaskBookmark(
            sequence=self.cursor, queue_position=self.queue_position if queued else 0
        )
        if queued and self.pause is not None:
            bookmark.pipeline_paused, bookmark.pause_reason = True, self.pause
        left = self._expected_end - self.sent_at
        if left > 0:
            bookmark.eta.FromMilliseconds(round(left * 1000))
        return WatchTaskResponse(bookmark=bookmark)

    def _begin(self, subject: task_pb2.Task) -> None:
        self.state, self.attempt = subject.state, subject.attempt
        self._forget_finished_attempts(subject.attempt)

    def _took(self, event: task_pb2.TaskEvent) -> None:
        self.attempt = max(self.attempt, event.attempt)
        if not event.HasField("state_change"):
            return
        self.state = event.state_change.state
        if self.state != task_pb2.TASK_STATE_RUNNING:
            self._expected_end = 0.0
        self._forget_finished_attempts(event.attempt)

    def _take_level(self, subject: task_pb2.Task, *, sent: bool) -> None:
        self.queue_position = subject.queue_position
        self.pause = subject.pause_reason if subject.pipeline_paused else None
        self._expect(subject, asyncio.get_running_loop().time())
        if subject.state not in ATTEMPT_RUNS or not subject.HasField("progress"):
            return
        if sent:
            self.last_progress = subject.progress
            if not _is_newer(self._progress, subject.progress):
                self._progress = None
        elif _is_newer(subject.progress, self._progress or self.last_progress):
            self._progress = subject.progress

    def _take_progress(self, now: float) -> WatchTaskResponse | None:
        if self._progress is None or now < self._progress_due:
            return None
        self.last_progress, self._progress = self._progress, None
        self._progress_due = now + PROGRESS_INTERVAL_SECONDS
        if self.last_progress.HasField("eta"):
            self._expect(self.last_progress, now)
        return WatchTaskResponse(progress=self.last_progress)

    def _progress_at(self) -> float | None:
        return self._progress_due if self._progress is not None else None

    def _expect(self, told: task_pb2.Task | task_pb2.TaskProgress, now: float) -> None:
        known = told.HasField("eta")
        self._expected_end = now + told.eta.seconds + told.eta.nanos / 1e9 if known else 0.0

    def _forget_finished_attempts(self, attempt: int) -> None:
        """Drops the progress of attempts that are over: as a level it says nothing any more."""
        newest_over = attempt - 1 if self.state in ATTEMPT_RUNS else attempt
        if self._progress is not None and self._progress.attempt <= newest_over:
            self._progress = None
        if self.last_progress is not None and self.last_progress.attempt <= newest_over:
            self.last_progress = None


def run_message(message: WatchTaskResponse, *, deduplicated: bool) -> RunTaskResponse:
    """A message of a watch as RunTask tells it."""
    kind = message.WhichOneof("message")
    told = RunTaskResponse(**{kind: getattr(message, kind)})
    if deduplicated and kind == "snapshot":
        told.deduplicated = True
    return told


def _is_newer(one: task_pb2.TaskProgress | None, other: task_pb2.TaskProgress | None) -> bool:
    """Whether a progress was reported after another one."""
    if one is None or other is None:
        return one is not None
    return age(one) > age(other)
