"""What follows a call: done, given up, or again, and when. Pure."""

from dataclasses import dataclass
from enum import Enum

from services.tasks.webhooks.records import CallbackState

_LONGEST_SECONDS = 1800.0
_LONGEST_PAUSE_SECONDS = 60.0
_LONGEST_RETRY_AFTER_SECONDS = 3600.0
_OK = range(200, 300)
_REDIRECT = range(300, 400)
_GONE = 410


class CallFailure(Enum):
    """Why a call did not count; the names are `last_reason`."""

    TIMEOUT = "TIMEOUT"
    CONNECTION_FAILED = "CONNECTION_FAILED"
    NAME_NOT_RESOLVED = "NAME_NOT_RESOLVED"
    TLS_FAILED = "TLS_FAILED"
    ADDRESS_REFUSED = "ADDRESS_REFUSED"
    REDIRECT_REFUSED = "REDIRECT_REFUSED"
    INVALID_ANSWER = "INVALID_ANSWER"
    HTTP_ERROR = "HTTP_ERROR"
    GONE = "GONE"


_FINAL = frozenset({CallFailure.ADDRESS_REFUSED, CallFailure.GONE})
# These say nothing about the one task: whatever is told there fails the same way.
_OF_THE_DESTINATION = frozenset(
    {
        CallFailure.TIMEOUT,
        CallFailure.CONNECTION_FAILED,
        CallFailure.NAME_NOT_RESOLVED,
        CallFailure.TLS_FAILED,
        CallFailure.INVALID_ANSWER,
    }
)


@dataclass(frozen=True)
class Answer:
    """What a call came to: the HTTP status, or why there is none. retry_after: seconds that it asks for."""

    status: int = 0
    failure: CallFailure | None = None
    retry_after: float = 0.0

    @classmethod
    def of_status(cls, status: int, retry_after: float = 0.0) -> "Answer":
        """What an HTTP status means. A redirect is a failure: only the address asked for was checked."""
        if status in _OK:
            return cls(status)
        if status in _REDIRECT:
            return cls(status, CallFailure.REDIRECT_REFUSED, retry_after)
        if status == _GONE:
            return cls(status, CallFailure.GONE)
        return cls(status, CallFailure.HTTP_ERROR, retry_after)

    @property
    def missed(self) -> bool:
        """Whether the destination itself did not answer."""
        return self.failure in _OF_THE_DESTINATION


def next_state(answer: Answer) -> CallbackState:
    """What a delivery is after a call; PENDING asks for another."""
    if answer.failure is None:
        return CallbackState.DELIVERED
    return CallbackState.FAILED if answer.failure in _FINAL else CallbackState.PENDING


def retry_delay(answer: Answer, attempts: int, first_seconds: float, spread: float) -> float:
    """Seconds until the next call: doubled with each, up to half an hour.

    attempts: calls made, this one included. spread: from 0 to 1, by chance, so that calls that failed
    together do not come again together. The receiver's `Retry-After` counts up to an hour.
    """
    backoff = min(first_seconds * 2.0 ** min(attempts - 1, 30), _LONGEST_SECONDS) * (0.5 + spread / 2)
    return max(backoff, min(answer.retry_after, _LONGEST_RETRY_AFTER_SECONDS))


def pause(failures: int, first_seconds: float, spread: float) -> float:
    """Seconds for which a destination is left alone that missed so many times in a row."""
    if failures == 0:
        return 0.0
    return min(first_seconds * 2.0 ** min(failures - 1, 30), _LONGEST_PAUSE_SECONDS) * (0.5 + spread / 2)
