"""Hears a caller out for a moment before it is answered in the middle of what it sends.

A call that is answered while its caller still writes loses the answer in some clients: grpcio's asyncio
client then reports INTERNAL, "Internal error from Core", in place of the status. HTTP servers know the same
trouble and call the remedy a lingering close.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Generic, TypeVar

_SILENCE_SECONDS = 0.05
_LONGEST_SECONDS = 1.0
_MOST_MESSAGES = 64

T = TypeVar("T")


class HeardOut(Generic[T]):
    """The messages of a caller, of which what nobody took can be passed over in the end."""

    def __init__(self, messages: AsyncIterator[T]) -> None:
        self._messages = aiter(messages)
        self._ended = False
        self._passed_over = 0

    def __aiter__(self) -> "HeardOut[T]":
        return self

    async def __anext__(self) -> T:
        try:
            return await anext(self._messages)
        except BaseException:
            self._ended = True
            raise

    async def linger(self) -> None:
        """Passes over what still comes, until the caller falls silent or has had enough time."""
        if self._ended:
            return
        # Not cancelled when the time is over: it ends with the call, and so disturbs nothing of it.
        reading = asyncio.ensure_future(self._pass_over())
        reading.add_done_callback(_forget)
        give_up = asyncio.get_running_loop().time() + _LONGEST_SECONDS
        before = -1
        while before < self._passed_over < _MOST_MESSAGES and not reading.done():
            before = self._passed_over
            await asyncio.wait([reading], timeout=_SILENCE_SECONDS)
            if asyncio.get_running_loop().time() > give_up:
                return

    async def _pass_over(self) -> None:
        async for _ in self:
            self._passed_over += 1
            if self._passed_over >= _MOST_MESSAGES:
                return


def _forget(reading: "asyncio.Future[Any]") -> None:
    """What the reading of a call that is over ended with is nobody's concern."""
    if not reading.cancelled():
        reading.exception()
