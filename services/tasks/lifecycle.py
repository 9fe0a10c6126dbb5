"""The life of a task as a table: which cause leads from which state to which, and what is retried."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
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


class Decision(IntEnum):
    """What became of a review, numbered as `radmesh.tasks.v1.ReviewDecision`."""

    UNDECIDED = 0
    ACCEPTED = 1
    REJECTED = 2
    EXPIRED = 3


class Cause(Enum):
    """What can happen to a task. The names stand as reasons in its events."""

    CREATED = "CREATED"
    ASSIGNED = "ASSIGNED"
    COMPLETED = "COMPLETED"
    ATTEMPT_FAILED = "ATTEMPT_FAILED"
    TRANSIENT_FAILURE = "TRANSIENT_FAILURE"
    ATTEMPT_CANCELLED = "ATTEMPT_CANCELLED"
    ATTEMPT_TIMEOUT = "ATTEMPT_TIMEOUT"
    WORKER_CRASHED = "WORKER_CRASHED"
    LEASE_EXPIRED = "LEASE_EXPIRED"
    RELEASED = "RELEASED"
    QUEUE_TIMEOUT = "QUEUE_TIMEOUT"
    CANCEL_REQUESTED = "CANCEL_REQUESTED"
    NO_PROGRESS = "NO_PROGRESS"
    RECOVERED = "RECOVERED"
    REVIEW_REQUESTED = "REVIEW_REQUESTED"
    REVIEW_ACCEPTED = "REVIEW_ACCEPTED"
    REVIEW_REJECTED = "REVIEW_REJECTED"
    REVIEW_EXPIRED = "REVIEW_EXPIRED"
    ANSWER_REFUSED = "ANSWER_REFUSED"


TRANSITIONS: Mapping[tuple[State, Cause], State] = MappingProxyType(
    {
        (State.NONE, Cause.CREATED): State.QUEUED,
        (State.QUEUED, Cause.ASSIGNED): State.RUNNING,
        (State.QUEUED, Cause.CANCEL_REQUESTED): State.CANCELLED,
        (State.QUEUED, Cause.QUEUE_TIMEOUT): State.FAILED,
        # It stood in no queue any more, and is put back.
        (State.QUEUED, Cause.RECOVERED): State.QUEUED,
        (State.RUNNING, Cause.CANCEL_REQUESTED): State.CANCELLING,
        (State.RUNNING, Cause.COMPLETED): State.SUCCEEDED,
        (State.RUNNING, Cause.ATTEMPT_FAILED): State.FAILED,
        (State.RUNNING, Cause.TRANSIENT_FAILURE): State.QUEUED,
        (State.RUNNING, Cause.ATTEMPT_TIMEOUT): State.FAILED,
        (State.RUNNING, Cause.WORKER_CRASHED): State.QUEUED,
        (State.RUNNING, Cause.LEASE_EXPIRED): State.QUEUED,
        (State.RUNNING, Cause.NO_PROGRESS): State.QUEUED,
        (State.RUNNING, Cause.RELEASED): State.QUEUED,
        (State.RUNNING, Cause.RECOVERED): State.QUEUED,
        (State.RUNNING, Cause.REVIEW_REQUESTED): State.AWAITING_REVIEW,
        # What the reviewer gave cannot be used: the stage before is shown again.
        (State.RUNNING, Cause.ANSWER_REFUSED): State.AWAITING_REVIEW,
        (State.AWAITING_REVIEW, Cause.REVIEW_ACCEPTED): State.QUEUED,
        (State.AWAITING_REVIEW, Cause.REVIEW_REJECTED): State.FAILED,
        (State.AWAITING_REVIEW, Cause.REVIEW_EXPIRED): State.FAILED,
        (State.AWAITING_REVIEW, Cause.CANCEL_REQUESTED): State.CANCELLED,
        # The model was done before it heard of the cancel: its result is kept.
        (State.CANCELLING, Cause.COMPLETED): State.SUCCEEDED,
        (State.CANCELLING, Cause.ATTEMPT_CANCELLED): State.CANCELLED,
        # Somebody wanted the task gone, so no end of its attempt brings it back to the queue.
        (State.CANCELLING, Cause.ATTEMPT_FAILED): State.CANCELLED,
        (State.CANCELLING, Cause.TRANSIENT_FAILURE): State.CANCELLED,
        (State.CANCELLING, Cause.ATTEMPT_TIMEOUT): State.CANCELLED,
        (State.CANCELLING, Cause.WORKER_CRASHED): State.CANCELLED,
        (State.CANCELLING, Cause.LEASE_EXPIRED): State.CANCELLED,
        (State.CANCELLING, Cause.NO_PROGRESS): State.CANCELLED,
        (State.CANCELLING, Cause.RELEASED): State.CANCELLED,
        (State.CANCELLING, Cause.RECOVERED): State.CANCELLED,
        # Only a stage is done: the task has no result yet.
        (State.CANCELLING, Cause.REVIEW_REQUESTED): State.CANCELLED,
        (State.CANCELLING, Cause.ANSWER_REFUSED): State.CANCELLED,
    }
)


@dataclass(frozen=True)
class Retry:
    """How an attempt that ended for a cause is tried again.

    counts: whether the attempt counts against the task's `max_attempts`.
    backoff_ms, backoff_limit_ms: longest wait before the second attempt, doubled for each further one, and
    its limit. What counts is doubled by the attempts that counted, the rest by the times it happened.
    first_at_once: the second attempt does not wait, and the backoff begins with the third.
    limit: crashes or hand-backs at which the task is given up whatever `max_attempts` says, 0 for no such
    limit. limit_reason: the reason then.
    """

    counts: bool
    backoff_ms: int
    backoff_limit_ms: int
    first_at_once: bool = False
    limit: int = 0
    limit_reason: str = ""


RETRIES: Mapping[Cause, Retry] = MappingProxyType(
    {
        Cause.TRANSIENT_FAILURE: Retry(counts=True, backoff_ms=1_000, backoff_limit_ms=60_000),
        Cause.WORKER_CRASHED: Retry(
            counts=True,
            backoff_ms=500,
            backoff_limit_ms=30_000,
            limit=2,
            limit_reason="WORKER_CRASHED_REPEATEDLY",
        ),
        # Both were waited for already, for a whole heartbeat timeout or progress timeout.
        Cause.LEASE_EXPIRED: Retry(counts=True, backoff_ms=250, backoff_limit_ms=30_000, first_at_once=True),
        Cause.NO_PROGRESS: Retry(counts=True, backoff_ms=250, backoff_limit_ms=30_000, first_at_once=True),
        # A drain hands a task back once. Workers that refuse it would pass it on without end: the limit is
        # reached after five minutes at least.
        Cause.RELEASED: Retry(
            counts=False,
            backoff_ms=250,
            backoff_limit_ms=60_000,
            first_at_once=True,
            limit=20,
            limit_reason="HANDED_BACK_REPEATEDLY",
        ),
        # An operator's decision, or the mesh's own fault: not held against the task.
        Cause.RECOVERED: Retry(counts=False, backoff_ms=0, backoff_limit_ms=0),
    }
)


@dataclass(frozen=True)
class Tally:
    """What a task has used up.

    counted: attempts that count, the running one included. crashes: those that killed their process.
    handbacks: those that workers handed back, or that never reached one.
    """

    counted: int
    crashes: int
    max_attempts: int
    handbacks: int = 0


@dataclass(frozen=True)
class Step:
    """The consequence of a cause. delay_ms: longest wait of a task that goes back; see `jittered_ms`."""

    state: State
    reason: str
    tally: Tally
    delay_ms: int = 0


def step(state: State, cause: Cause, tally: Tally) -> Step | None:
    """What a cause does to a task in a state, or None when it must change nothing.

    `lua/moves.lua` walks the same tables in the same way; a test drives both side by side.
    """
    target = TRANSITIONS.get((state, cause))
    if target is None:
        return None
    retry = RETRIES.get(cause)
    uncounted = state in LEASED and retry is not None and not retry.counts
    counted = tally.counted + (cause is Cause.ASSIGNED) - uncounted
    crashes = tally.crashes + (cause is Cause.WORKER_CRASHED)
    handbacks = tally.handbacks + (cause is Cause.RELEASED)
    if cause is Cause.REVIEW_ACCEPTED:
        # The next stage has all attempts before it.
        counted, crashes, handbacks = 0, 0, 0
    after = Tally(counted, crashes, tally.max_attempts, handbacks)
    if retry is None or target is not State.QUEUED:
        return Step(target, cause.value, after)
    if retry.limit and (handbacks if cause is Cause.RELEASED else crashes) >= retry.limit:
        return Step(State.FAILED, retry.limit_reason, after)
    if retry.counts and counted >= tally.max_attempts:
        return Step(State.FAILED, cause.value, after)
    return Step(target, cause.value, after, backoff_ms(retry, counted if retry.counts else handbacks))


def backoff_ms(retry: Retry, times: int) -> int:
    """The longest wait before the next attempt, after so many."""
    if retry.first_at_once and times <= 1:
        return 0
    doublings = max(times - (2 if retry.first_at_once else 1), 0)
    return min(retry.backoff_ms << doublings, retry.backoff_limit_ms)


def jittered_ms(delay_ms: int, task_id: str, attempt: int) -> int:
    """The wait itself: between half of the longest and all of it. What failed together comes back apart.

    Always the same for an attempt: drawn from a hash, which Lua can draw too.
    """
    draw = int(hashlib.sha1(f"{task_id}.{attempt}".encode(), usedforsecurity=False).hexdigest()[:4], 16)
    return delay_ms - delay_ms * draw // 131_072


@dataclass(frozen=True)
class Ending:
    """The error of a task that no worker's error ended. message: `{seconds}` is the length of the timer."""

    reason: str
    message: str
    retryable: bool
    code: int = 0


_CANCELLED = Ending("TASK_CANCELLED", "The task was cancelled on request.", True)
_ENDINGS = {
    ending.reason: ending
    for ending in (
        Ending(
            "QUEUE_TIMEOUT",
            "No worker took the task within its queue_timeout, {seconds} s. "
            "See that one for its pipeline runs.",
            True,
        ),
        Ending("ATTEMPT_TIMEOUT", "The attempt took longer than its attempt_timeout, {seconds} s.", True),
        Ending(
            "NO_PROGRESS",
            "The progress did not change for its progress_timeout, {seconds} s, and no attempt is left. "
            "Look at the log of the model's service.",
            True,
        ),
        Ending(
            "REVIEW_EXPIRED",
            "Nobody reviewed the task within its review_timeout, {seconds} s. Create it again.",
            True,
        ),
        Ending("REVIEW_REJECTED", "The reviewer rejected the task.", False),
        Ending(
            "LEASE_EXPIRED",
            "The worker was not heard of for its heartbeat_timeout, {seconds} s, or did not know the attempt "
            "any more, and no attempt is left. Create the task again.",
            True,
        ),
        Ending(
            "HANDED_BACK_REPEATEDLY",
            "Workers handed the task back again and again without running it to an end. "
            "Look at the logs of the model's services; then create it again.",
            True,
        ),
        Ending(
            "INVALID_OUTCOME",
            "A stage wrote a file under a name that an earlier stage had used.",
            False,
            NumericCode.INFERENCE_FAILED,
        ),
        Ending(
            "WORKER_CRASHED_REPEATEDLY",
            "The model's process died more than once while it worked on this input.",
            False,
            NumericCode.INFERENCE_FAILED,
        ),
    )
}


def ending(state: State, reason: str, seconds: str = "") -> Ending:
    """The error to show for a task that ended without a result and without an error of its worker's.

    reason: that of its terminal event. seconds: the length of the timer that ended it, if one did.
    """
    if state is State.CANCELLED:
        return _CANCELLED
    found = _ENDINGS.get(reason)
    if found is None:
        return Ending(reason, "The attempt failed.", False, NumericCode.INFERENCE_FAILED)
    return replace(found, message=found.message.format(seconds=seconds or "unknown"))
