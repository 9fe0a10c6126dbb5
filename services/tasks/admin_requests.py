"""Checks what operators ask for when they look for stuck tasks, and says it in words."""

from dataclasses import dataclass

from radmesh import names
from radmesh.errors import InvalidRequestError, Violation
from radmesh.tasks.v1 import admin_service_pb2 as api

DEFAULT_RUNTIME_MS = 30 * 60_000
MAX_NAMES = 500
_ANY = api.CheckStuckTasksRequest | api.RecoverTasksRequest


@dataclass(frozen=True)
class RecoveryRequest:
    """What to recover. task_ids: none for all."""

    max_runtime_ms: int
    task_ids: tuple[str, ...]


def max_runtime_ms(request: _ANY) -> int:
    """From when an attempt runs for too long. Raises InvalidRequestError."""
    problems = _runtime_violations(request)
    if problems:
        raise InvalidRequestError(problems)
    return request.max_runtime.ToMilliseconds() or DEFAULT_RUNTIME_MS


def read_recovery(request: api.RecoverTasksRequest) -> RecoveryRequest:
    """The checked request. Raises InvalidRequestError that names every field which breaks its rule."""
    problems, task_ids = _runtime_violations(request), []
    if len(request.names) > MAX_NAMES:
        problems.append(Violation("names", f"at most {MAX_NAMES}, {len(request.names)} given"))
    for index, name in enumerate(request.names[:MAX_NAMES]):
        task = names.parse("tasks", name)
        if task is None:
            problems.append(Violation(f"names[{index}]", names.rule("tasks")))
        else:
            task_ids.append(task[0])
    if problems:
        raise InvalidRequestError(problems)
    return RecoveryRequest(max_runtime_ms(request), tuple(task_ids))


def recovery_words(request: _ANY) -> str:
    """The request in words, for its audit record."""
    parts = [f"max_runtime {request.max_runtime.seconds} s" if request.HasField("max_runtime") else ""]
    if isinstance(request, api.RecoverTasksRequest):
        parts.append("force" if request.force else "")
        count = len(request.names)
        # All of them would not fit; those that were changed stand in the record.
        parts.append(
            f"{count} named: {', '.join(told_name('tasks', name) for name in request.names[:5])}"
            if count
            else ""
        )
    return "; ".join(part for part in parts if part) or "all"


def told_name(collection: str, name: str) -> str:
    """A name as an audit record may keep it: what is none could be anything, a patient's name too."""
    return name if names.parse(collection, name) else "(not a name)"


def _runtime_violations(request: _ANY) -> list[Violation]:
    if request.HasField("max_runtime") and request.max_runtime.ToMilliseconds() <= 0:
        return [Violation("max_runtime", "must be positive")]
    return []
