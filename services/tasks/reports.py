"""Holds back the progress of attempts: the latest value only, and not too often."""

from radmesh.tasks.v1 import task_pb2
from services.tasks.records import LeaseKey

MIN_SECONDS_BETWEEN = 0.2
MAX_MESSAGE_CHARACTERS = 200


class ProgressSlots:
    """One slot for each lease. Times are seconds on one clock that only goes forward."""

    def __init__(self) -> None:
        self._waiting: dict[LeaseKey, task_pb2.TaskProgress] = {}
        self._taken_at: dict[LeaseKey, float] = {}

    def put(self, lease: LeaseKey, progress: task_pb2.TaskProgress) -> None:
        """Replaces what waits for this lease."""
        self._waiting[lease] = progress

    def forget(self, lease: LeaseKey) -> None:
        """The attempt is over."""
        self._waiting.pop(lease, None)
        self._taken_at.pop(lease, None)

    def take(self, now: float) -> list[tuple[LeaseKey, bytes, str]]:
        """What may be written now: in the stored form, and what of it has to change to count as progress."""
        due = [lease for lease in self._waiting if self._due(lease) <= now]
        found = []
        for lease in due:
            progress = self._waiting.pop(lease)
            found.append((lease, stored_progress(lease, progress), progress_mark(progress)))
            self._taken_at[lease] = now
        return found

    def pause(self, now: float) -> float | None:
        """Seconds until the next one may be written; None when nothing waits."""
        if not self._waiting:
            return None
        return max(0.0, min(self._due(lease) for lease in self._waiting) - now)

    def _due(self, lease: LeaseKey) -> float:
        return self._taken_at.get(lease, float("-inf")) + MIN_SECONDS_BETWEEN


def progress_mark(progress: task_pb2.TaskProgress) -> str:
    """What differs between two values exactly when the attempt got on: not its message, nor its ETA."""
    return f"{progress.units_done} {progress.fraction} {progress.stage[:MAX_MESSAGE_CHARACTERS]}"


def stored_progress(lease: LeaseKey, progress: task_pb2.TaskProgress) -> bytes:
    """A worker's progress within the limits of its fields, serialized."""
    kept = task_pb2.TaskProgress()
    kept.CopyFrom(progress)
    kept.attempt = lease.attempt
    kept.fraction = min(1.0, max(0.0, kept.fraction)) if kept.fraction == kept.fraction else 0.0
    for field in ("stage", "unit", "message"):
        setattr(kept, field, getattr(kept, field)[:MAX_MESSAGE_CHARACTERS])
    kept.DiscardUnknownFields()
    if not kept.HasField("update_time"):
        kept.update_time.GetCurrentTime()
    return kept.SerializeToString(deterministic=True)
