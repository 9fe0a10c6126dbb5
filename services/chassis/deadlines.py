"""The deadline of the call that runs, so that no hop works longer than its caller waits."""

import time
from contextvars import ContextVar

from radmesh.errors import DeadlineExceededError

_deadline: ContextVar[float | None] = ContextVar("radmesh_deadline", default=None)


def enter(seconds: float | None) -> None:
    """Sets the time left for the rest of this asyncio task; None when the caller waits for ever."""
    _deadline.set(None if seconds is None else time.monotonic() + seconds)


def remaining_deadline() -> float | None:
    """Seconds until the caller gives up, not below 0; None when it waits for ever or there is no caller."""
    deadline = _deadline.get()
    return None if deadline is None else max(0.0, deadline - time.monotonic())


def narrowed(timeout: float | None) -> float | None:
    """The timeout of a call to the next hop: what was asked for, or the caller's remaining time if shorter.

    Raises DeadlineExceededError when none is left: the next hop is not bothered.
    """
    remaining = remaining_deadline()
    if remaining is None:
        return timeout
    if remaining <= 0:
        raise DeadlineExceededError("The caller's deadline passed before the next call was made.")
    return remaining if timeout is None else min(timeout, remaining)
