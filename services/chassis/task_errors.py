"""Errors as the `TaskError` that a task carries, and back."""

from radmesh import errors
from radmesh.tasks.v1 import task_pb2

WORKER_CRASHED = "WORKER_CRASHED"
"""The model's process died. The store counts these and gives up on a task that does it twice."""

WORKER_STALLED = "WORKER_STALLED"
"""The model gave no sign for too long and was killed."""

MODEL_LOAD_FAILED = "MODEL_LOAD_FAILED"
MODEL_LOAD_TIMEOUT = "MODEL_LOAD_TIMEOUT"
OUT_OF_MEMORY = "OUT_OF_MEMORY"

_RETRYABLE_REASONS = frozenset(
    {WORKER_CRASHED, WORKER_STALLED, MODEL_LOAD_FAILED, MODEL_LOAD_TIMEOUT, OUT_OF_MEMORY}
)
_NUMERIC_CODES = frozenset(errors.NumericCode)
_RETRYABLE_CODES = frozenset({errors.Code.UNAVAILABLE, errors.Code.RESOURCE_EXHAUSTED, errors.Code.ABORTED})


def to_task_error(error: errors.RadmeshError) -> task_pb2.TaskError:
    """What the task says about an error. Bad input and a model that refuses it are not retryable."""
    return task_pb2.TaskError(
        code=int(error.numeric_code or 0),
        reason=error.reason,
        message=error.message,
        retryable=error.reason in _RETRYABLE_REASONS or error.code in _RETRYABLE_CODES,
        metadata=error.metadata,
    )


def from_task_error(message: task_pb2.TaskError) -> errors.RadmeshError:
    """The error that a child reported: its reason's class if it has one, with code and retryability kept."""
    kind = _class_of(message.reason)
    if kind is None:
        kind = errors.InferenceError
        if message.code == errors.NumericCode.UNSUPPORTED_FORMAT:
            kind = errors.ImageFormatError
        elif message.retryable and message.reason not in _RETRYABLE_REASONS:
            kind = errors.UnavailableError
    error = kind(message.message, reason=message.reason, metadata=message.metadata)
    error.numeric_code = errors.NumericCode(message.code) if message.code in _NUMERIC_CODES else None
    return error


def _class_of(reason: str) -> type[errors.RadmeshError] | None:
    queue: list[type[errors.RadmeshError]] = [errors.RadmeshError]
    for kind in queue:
        if kind.reason == reason and kind is not errors.InvalidRequestError:
            return kind
        queue.extend(kind.__subclasses__())
    return None
