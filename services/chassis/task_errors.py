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
    """The error that a child reported, of the class that has its numeric code or else its reason."""
    for kind in (errors.ImageTooLargeError, errors.ImageFormatError, errors.ImageNotFoundError):
        by_reason = message.reason == kind.reason
        by_code = kind.numeric_code not in (None, errors.NumericCode.VALIDATION) and (
            message.code == kind.numeric_code
        )
        if by_reason or by_code:
            return kind(message.message, reason=message.reason, metadata=message.metadata)
    return errors.InferenceError(message.message, reason=message.reason, metadata=message.metadata)
