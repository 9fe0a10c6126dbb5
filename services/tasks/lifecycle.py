"""The life of a task as a table: which cause leads from which state to which, and what is retried."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, IntEnum
from types import MappingProxyType

from radmesh.errors import NumericCode


class State(IntEnum):
    """The states of a task, numbered as `radmesh.tasks.v1.TaskState`. NONE: it does not exist yet."""

    NONE = 0
    QUEUED = 1
    RUNNING = 2
    CANCELLING = 3
    AWAITING_REVIEW = 4
    SUCCEEDED = 5
    FAILED = 6
    CANCELLED = 7


TERMINAL = frozenset({State.SUCCEEDED, State.FAILED, State.CANCELLED})
LEASED = frozenset({State.RUNNING, State.CANCELLING})


class Cause(Enum):
    """What can happen to a task. The names stand as reasons in its events."""

    CREATED = "CREATED"
    ASSIGNED = "ASSIGNED"
    COMPLETED = "COMPLETED"
    ATTEMPT_FAILED = "ATTEMPT_FAILED"
    ATTEMPT_FAILED_RETRYABLE = "ATTEMPT_FAILED_RETRYABLE"
    ATTEMPT_CANCELLED = "ATTEMPT_CANCELLED"
    ATTEMPT_TIMEOUT = "ATTEMPT_TIMEOUT"
    WORKER_CRASHED = "WORKER_CRASHED"
    LEASE_EXPIRED = "LEASE_EXPIRED"
    RELEASED = "RELEASED"
    QUEUE_TIMEOUT = "QUEUE_TIMEOUT"
    CANCEL_REQUESTED = "CANCEL_REQUESTED"


TRANSITIONS: Mapping[tuple[State, Cause], State] = MappingProxyType(
    {
        (State.NONE, Cause.CREATED): State.QUEUED,
        (State.QUEUED, Cause.ASSIGNED): State.RUNNING,
        (State.QUEUED, Cause.CANCEL_REQUESTED): State.CANCELLED,
        (State.QUEUED, Cause.QUEUE_TIMEOUT): State.FAILED,
        (State.RUNNING, Cause.CANCEL_REQUESTED): State.CANCELLING,
        (State.RUNNING, Cause.COMPLETED): State.SUCCEEDED,
        (State.RUNNING, Cause.ATTEMPT_FAILED): State.FAILED,
        (State.RUNNING, Cause.ATTEMPT_FAILED_RETRYABLE): State.QUEUED,
        (State.RUNNING, Cause.ATTEMPT_TIMEOUT): State.FAILED,
        (State.RUNNING, Cause.WORKER_CRASHED): State.QUEUED,
        (State.RUNNING, Cause.LEASE_EXPIRED): State.QUEUED,
        (State.RUNNING, Cause.RELEASED): State.QUEUED,
        # The model was done before it heard of the cancel: its result is kept.
        (State.CANCELLING, Cause.COMPLETED): State.SUCCEEDED,
        (State.CANCELLING, Cause.ATTEMPT_CANCELLED): State.CANCELLED,
        # Somebody wanted the task gone, so no end of its attempt brings it back to the queue.
        (State.CANCELLING, Cause.ATTEMPT_FAILED): State.CANCELLED,
        (State.CANCELLING, Cause.ATTEMPT_FAILED_RETRYABLE): State.CANCELLED,
        (State.CANCELLING, Cause.ATTEMPT_TIMEOUT): State.CANCELLED,
        (State.CANCELLING, Cause.WORKER_CRASHED): State.CANCELLED,
        (State.CANCELLING, Cause.LEASE_EXPIRED): State.CANCELLED,
        (State.CANCELLING, Cause.RELEASED): State.CANCELLED,
    }
)


@dataclass(frozen=True)
class Retry:
    """How an attempt that ended for a cause is tried again.

    counts: whether the attempt counts against the task's `max_attempts`.
    crash_limit: crashes after which the task is given up, 0 for no such limit.
    backoff_ms, backoff_limit_ms: wait before the second attempt, doubled for each further one, and its limit.
    exhausted_reason: reason of the event and of the error when the task is given up.
    """

    counts: bool
    crash_limit: int
    backoff_ms: int
    backoff_limit_ms: int
    exhausted_reason: str


RETRIES: Mapping[Cause, Retry] = MappingProxyType(
    {
        Cause.ATTEMPT_FAILED_RETRYABLE: Retry(True, 0, 1_000, 60_000, "ATTEMPT_FAILED"),
        Cause.WORKER_CRASHED: Retry(True, 2, 500, 30_000, "WORKER_CRASHED_REPEATEDLY"),
        # The wait for the lease was long enough: the first redelivery comes soon.
        Cause.LEASE_EXPIRED: Retry(True, 0, 250, 30_000, "LEASE_EXPIRED_REPEATEDLY"),
        Cause.RELEASED: Retry(False, 0, 0, 0, ""),
    }
)


@dataclass(frozen=True)
class Tally:
    """What a task has used up.

    counted: attempts that count, the running one included. crashes: those that killed their process.
    """

    counted: int
    crashes: int
    max_attempts: int


@dataclass(frozen=True)
class Step:
    """The consequence of a cause. delay_ms: time that a task going back to the queue is not ready."""

    state: State
    reason: str
    tally: Tally
    delay_ms: int = 0


def step(state: State, cause: Cause, tally: Tally) -> Step | None:
    """What a cause does to a task in a state, or None when it must change nothing."""
    target = TRANSITIONS.get((state, cause))
    if target is None:
        return None
    counted, crashes = tally.counted, tally.crashes
    if cause is Cause.ASSIGNED:
        counted += 1
    if cause is Cause.WORKER_CRASHED:
        crashes += 1
    retry = RETRIES.get(cause)
    if retry is not None and not retry.counts:
        counted -= 1
    after = Tally(counted, crashes, tally.max_attempts)
    if retry is None or target is not State.QUEUED:
        return Step(target, cause.value, after)
    crashed_out = retry.crash_limit > 0 and crashes >= retry.crash_limit
    if crashed_out or (retry.counts and counted >= tally.max_attempts):
        return Step(State.FAILED, retry.exhausted_reason, after)
    delay = min(retry.backoff_ms * 2 ** max(counted - 1, 0), retry.backoff_limit_ms)
    return Step(target, cause.value, after, delay)


@dataclass(frozen=True)
class Ending:
    """The error of a task that the mesh itself ended, by the reason of its last event."""

    message: str
    retryable: bool
    code: int = 0


ENDINGS: Mapping[str, Ending] = MappingProxyType(
    {
        "QUEUE_TIMEOUT": Ending(
            "No worker took the task in time. See that a worker of its pipeline runs.", True
        ),
        "ATTEMPT_TIMEOUT": Ending("The attempt took longer than its pipeline allows.", True),
        "WORKER_CRASHED_REPEATEDLY": Ending(
            "The model's process died on this input more than once.", False, NumericCode.INFERENCE_FAILED
        ),
        "LEASE_EXPIRED_REPEATEDLY": Ending(
            "Every worker that took the task was lost. Create it again.", True
        ),
        "ATTEMPT_FAILED": Ending("The attempt failed.", False, NumericCode.INFERENCE_FAILED),
    }
)
CANCELLED_ENDING = Ending("The task was cancelled on request.", True)
CANCELLED_REASON = "TASK_CANCELLED"
