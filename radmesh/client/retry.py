"""When a call is made again: which errors pass, how long to wait, and when to give up."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

import grpc

from radmesh.cancelling import is_cancelled
from radmesh.errors import Code, RadmeshError
from radmesh.status import from_rpc_error

T = TypeVar("T")

# CANCELLED is what a stream gets from a server that stops; a caller's own cancelling arrives as
# asyncio.CancelledError instead. DEADLINE_EXCEEDED is the deadline of one try, not the caller's.
_PASSING = frozenset({Code.UNAVAILABLE, Code.CANCELLED, Code.DEADLINE_EXCEEDED})
_NEEDS_A_PERSON = "DISK_FULL"


@dataclass(frozen=True)
class Patience:
    """How a client bears an absent server.

    give_up_seconds: without any answer, after which the last error is raised. first_delay, last_delay: bounds
    in seconds of the wait before a repeat, which doubles each time; the wait itself is drawn between 0 and
    its bound (full jitter, Brooker 2015), so that a thousand clients do not come back at once.
    """

    give_up_seconds: float = 60.0
    first_delay: float = 0.05
    last_delay: float = 5.0

    def delay(self, repeats: int, draw: Callable[[], float] = random.random) -> float:
        """Seconds to wait before repeat number `repeats`, from 0. draw: uniform in [0, 1)."""
        return float(min(self.last_delay, self.first_delay * 2.0 ** min(repeats, 30)) * draw())


class Repeats:
    """Counts the failures since the last sign of life, and waits or gives up."""

    def __init__(
        self,
        patience: Patience,
        draw: Callable[[], float] = random.random,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._patience = patience
        self._draw = draw
        self._clock = clock
        self._count = 0
        self._since = clock()

    def succeeded(self) -> None:
        """The server answered: the next failure starts to count from here."""
        self._count, self._since = 0, self._clock()

    async def failed(self, error: RadmeshError) -> None:
        """Waits before the next try, or raises `error` when it never passes or patience is at its end."""
        if is_cancelled():
            raise asyncio.CancelledError
        wait = self._patience.delay(self._count, self._draw)
        if error.retry_after is not None:
            wait += min(error.retry_after, self._patience.last_delay)
        if not passes(error) or self._clock() + wait - self._since > self._patience.give_up_seconds:
            raise error
        self._count += 1
        await asyncio.sleep(wait)


def passes(error: RadmeshError) -> bool:
    """Whether an error may be gone when the call is repeated within a minute."""
    return error.code in _PASSING or (error.retry_after is not None and error.reason != _NEEDS_A_PERSON)


async def repeat(patience: Patience, call: Callable[[], Awaitable[T]]) -> T:
    """The answer of a call that may be repeated, once one try succeeds. Raises radmesh.errors."""
    repeats = Repeats(patience)
    while True:
        try:
            return await call()
        except grpc.RpcError as error:
            await repeats.failed(from_rpc_error(error))
