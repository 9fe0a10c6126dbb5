"""The fields of a request that say when and how urgently to run, and what makes two tasks the same. Pure."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from radmesh.errors import Violation
from radmesh.tasks.v1 import task_pb2
from radmesh.tasks.v1.task_service_pb2 import CreateTaskRequest
from services.tasks.priority import Priority

MAX_DEDUPE_KEY_CHARACTERS = 200
MAX_AHEAD = timedelta(days=365)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Submission:
    """not_before: None for at once. dedupe_key: as it was given; it may name a patient, so it never shows."""

    priority: Priority = Priority.ROUTINE
    not_before: datetime | None = None
    dedupe_key: str = ""

    def __repr__(self) -> str:
        key = "…" if self.dedupe_key else ""
        return f"Submission({self.priority.name}, not_before={self.not_before}, dedupe_key={key!r})"


def read_submission(request: CreateTaskRequest, now: datetime) -> tuple[Submission, list[Violation]]:
    """What the request says, and every violation of these fields' rules."""
    problems = []
    priority = _PRIORITIES.get(request.priority)
    if priority is None:
        problems.append(Violation("priority", f"must be one of {', '.join(one.name for one in Priority)}"))
    not_before = None
    if request.HasField("not_before_time"):
        not_before = _time(request.not_before_time.seconds, request.not_before_time.nanos)
        if not_before is None:
            problems.append(Violation("not_before_time", "is not a time between the years 1 and 9999"))
        elif not_before > now + MAX_AHEAD:
            problems.append(Violation("not_before_time", f"must be at most {MAX_AHEAD.days} days ahead"))
    if len(request.dedupe_key) > MAX_DEDUPE_KEY_CHARACTERS:
        problems.append(Violation("dedupe_key", f"at most {MAX_DEDUPE_KEY_CHARACTERS} characters"))
    return Submission(priority or Priority.ROUTINE, not_before, request.dedupe_key), problems


def dedupe_hash(secret: bytes, owner: str, pipeline: str, dedupe_key: str) -> str:
    """What stands for the dedupe key of an owner and a pipeline, hexadecimal; empty for no key.

    HMAC-SHA256: a plain digest could be turned back by trying patients' ids. ValueError without one.
    """
    if not dedupe_key:
        return ""
    if not secret:
        raise ValueError("a dedupe key is hashed with a secret")
    # Each after its length: any of them may hold any character.
    parts = [part.encode() for part in (owner, pipeline, dedupe_key)]
    message = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    return hmac.new(secret, message, hashlib.sha256).hexdigest()


_PRIORITIES = {
    task_pb2.TASK_PRIORITY_UNSPECIFIED: Priority.ROUTINE,
    **{task_pb2.TaskPriority.Value(f"TASK_PRIORITY_{one.name}"): one for one in Priority},
}


def _time(seconds: int, nanos: int) -> datetime | None:
    """The time, rounded up to the microsecond: a task never starts before it. None when it cannot be one."""
    if not 0 <= nanos < 1_000_000_000:
        return None
    try:
        return _EPOCH + timedelta(seconds=seconds, microseconds=-(-nanos // 1000))
    except OverflowError:
        return None
