"""Tasks for tests of the store, and a clock that stands still until it is told."""

import uuid
from typing import Any

from radmesh.tasks.v1 import task_pb2
from services.tasks.lifecycle import Cause, State
from services.tasks.records import Grant, LeaseKey, NewTask
from services.tasks.store import TaskStore
from services.tasks.timeouts import Timeouts


class SetClock:
    """Milliseconds since the epoch, moved by hand."""

    def __init__(self) -> None:
        self.now_ms = 1_800_000_000_000

    def __call__(self) -> int:
        return self.now_ms

    def advance(self, seconds: float) -> None:
        self.now_ms += round(seconds * 1000)


def new_task(**changes: Any) -> NewTask:
    """A valid request for a task without images; a field given replaces the usual value.

    queue_timeout, attempt_timeout, heartbeat_timeout, progress_timeout, review_timeout: seconds.
    """
    seconds = {
        "queue": 3600.0,
        "attempt": 600.0,
        "heartbeat": 10.0,
        "progress": 0.0,
        "review": 3600.0,
    }
    seconds |= {name: changes.pop(f"{name}_timeout") for name in seconds if f"{name}_timeout" in changes}
    fields: dict[str, Any] = {
        "task_id": uuid.uuid4().hex,
        "owner": "alice",
        "request_id": str(uuid.uuid4()),
        "fingerprint": "f1",
        "pipeline": "octa-vessels",
        "images": (),
        "parameters_json": '{"threshold": 0.5}',
        "labels": {},
        "weights": "models/octa/weights/official",
        "weights_digest": "sha256:00",
        "timeouts": Timeouts(**{f"{name}_ms": round(value * 1000) for name, value in seconds.items()}),
        "max_attempts": 3,
    }
    return NewTask(**{**fields, **changes})


def new_grant(lease: LeaseKey, **changes: Any) -> Grant:
    """Work on a task without images; a field given replaces the usual value."""
    fields: dict[str, Any] = {
        "pipeline": "octa-vessels",
        "images": (),
        "parameters_json": "{}",
        "weights": "models/octa/weights/official",
        "weights_digest": "sha256:00",
        "traceparent": "",
        "attempt_timeout_ms": 600_000,
        "progress_timeout_ms": 0,
    }
    return Grant(lease, **{**fields, **changes})


def task_error(reason: str = "INFERENCE_FAILED", *, retryable: bool = False) -> bytes:
    """A worker's error, serialized."""
    return task_pb2.TaskError(reason=reason, message="It failed.", retryable=retryable).SerializeToString()


def reason_of(error: bytes) -> str:
    """The reason in a serialized error."""
    return task_pb2.TaskError.FromString(error).reason


# What a worker says for each way in which an attempt can end.
OUTCOMES: dict[Cause, dict[str, Any]] = {
    Cause.COMPLETED: {"result": b"r", "artifacts": [b"mask"]},
    Cause.ATTEMPT_FAILED: {"error": task_error()},
    Cause.TRANSIENT_FAILURE: {"error": task_error(retryable=True)},
    Cause.ATTEMPT_TIMEOUT: {"error": task_error("ATTEMPT_TIMEOUT")},
    Cause.WORKER_CRASHED: {"error": task_error("WORKER_CRASHED")},
    Cause.ATTEMPT_CANCELLED: {"cancelled": True},
    Cause.RELEASED: {"released": "WORKER_DRAINING"},
    Cause.REVIEW_REQUESTED: {"stage_result": b"s", "artifacts": [b"slice"]},
}


async def queue_counts(store: TaskStore) -> dict[tuple[str, State], int]:
    """How many tasks there are by pipeline and state, those of which there are any."""
    figures = await store.read_statistics()
    return {
        (one.pipeline, state): count
        for one in figures.pipelines
        for state, count in one.counts.items()
        if count
    }
