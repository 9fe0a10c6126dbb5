"""The values of a task's callback, as the store keeps them."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum


class CallbackState(Enum):
    """Where a delivery stands; the names are those of `TaskCallbackState`."""

    WAITING = "WAITING"
    PENDING = "PENDING"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"


@dataclass(frozen=True)
class CallbackRecord:
    """A task's callback.

    url: whole, with its query. attempts: calls that were recorded. last_status: HTTP status of the last
    answer, 0 when there was none. last_reason: why the last call did not count.
    """

    url: str
    state: CallbackState = CallbackState.WAITING
    attempts: int = 0
    last_status: int = 0
    last_reason: str = ""
    next_attempt_time: datetime | None = None
    deliver_time: datetime | None = None


@dataclass(frozen=True)
class CallClaim:
    """One replica's right to make one call, for a time, proved by a token.

    failures: how often in a row the destination could not be reached.
    """

    task_id: str
    destination: str
    token: str
    failures: int = 0


@dataclass(frozen=True)
class MadeCall:
    """What a call came to.

    state: PENDING asks for another one in `delay` seconds, which is FAILED when that is too late. status: of
    HTTP, 0 for none. failures: how often in a row the destination could not be reached, this time included;
    more than 0 leaves it alone for `pause` seconds.
    """

    state: CallbackState
    status: int = 0
    reason: str = ""
    delay: float = 0.0
    failures: int = 0
    pause: float = 0.0


@dataclass(frozen=True)
class OutboxReport:
    """What one look at the outbox found.

    overdue: calls given up just now as their day is over. pending: calls still to be made. oldest_seconds:
    how long the oldest of them waits. next_due: seconds until a call may be claimed, None for none.
    """

    claims: tuple[CallClaim, ...]
    overdue: int
    pending: int
    oldest_seconds: float
    next_due: float | None
