"""A connection whose answers come once replicas have on disk what the commands wrote."""

import asyncio
import time
from typing import Any

from redis import exceptions

from services.tasks.store.line import Line
from services.tasks.store.place import Place
from services.tasks.store.troubles import UnreplicatedError
from services.tasks.store.wire import Wire

_FIRST_WAIT_MS = 2
_LONGEST_WAIT_MS = 100


class AcknowledgedLine(Line):
    """Follows commands up with WAITAOF, on the connection that they went by.

    A connection of its own: WAITAOF holds back what is sent behind it. What is answered in the meantime
    shares the next one, so that many creates cost one wait.
    """

    def __init__(self, place: Place, timeout: float, *, replicas: int, seconds: float) -> None:
        """replicas: how many must have it. seconds: how long they may take."""
        super().__init__(place, timeout)
        self._replicas = replicas
        self._seconds = seconds
        self._barrier: _Barrier | None = None

    async def _say(self, wire: Wire, words: tuple[str | bytes | int, ...]) -> Any:
        """Raises UnreplicatedError as well: the command was done all the same."""
        if self._barrier is None or self._barrier.wire is not wire:
            self._barrier = _Barrier(wire, self._replicas, self._seconds)
        barrier = self._barrier
        reply = await wire.ask(words)
        await asyncio.shield(barrier.passed())
        return reply


class _Barrier:
    """Asks, again and again while there is need, whether replicas have all that a wire has written."""

    def __init__(self, wire: Wire, replicas: int, seconds: float) -> None:
        self.wire = wire
        self._replicas = replicas
        self._seconds = seconds
        # An older server only has WAIT, and one without AOF can only do that.
        self._by_disk = True
        self._next: asyncio.Future[None] | None = None
        self._asking: asyncio.Task[None] | None = None

    def passed(self) -> asyncio.Future[None]:
        """Done when replicas have what was written until now; shared by many, so not to be cancelled."""
        if self._next is None:
            self._next = asyncio.get_running_loop().create_future()
            self._next.add_done_callback(_look_at)
        if self._asking is None:
            self._asking = asyncio.ensure_future(self._ask())
        return self._next

    async def _ask(self) -> None:
        while self._next is not None:
            # Taken before the question is sent: what is written later needs the next one.
            passed, self._next = self._next, None
            try:
                await self._ask_in_time()
            except (exceptions.RedisError, OSError) as error:
                passed.set_exception(error)
            else:
                passed.set_result(None)
        self._asking = None

    async def _ask_in_time(self) -> None:
        """Asks in short waits.

        A question that reaches a replica together with the write is answered before the write is on its
        disk, and the replica says nothing more for a second unless it is asked again.
        """
        deadline, milliseconds = time.monotonic() + self._seconds, _FIRST_WAIT_MS
        while (count := await self._count(milliseconds)) < self._replicas:
            if time.monotonic() >= deadline:
                raise UnreplicatedError(f"{count} of {self._replicas} replicas have it")
            milliseconds = min(2 * milliseconds, _LONGEST_WAIT_MS)

    async def _count(self, milliseconds: int) -> int:
        """The replicas that have it, after so long at most."""
        if self._by_disk:
            try:
                _, count = await self.wire.ask(("WAITAOF", 1, self._replicas, milliseconds))
                return int(count)
            except exceptions.ResponseError as error:
                if not any(words in str(error) for words in ("unknown command", "appendonly is disabled")):
                    raise
                self._by_disk = False
        return int(await self.wire.ask(("WAIT", self._replicas, milliseconds)))


def _look_at(passed: "asyncio.Future[None]") -> None:
    """All who waited may be gone: asyncio would complain of an error that nobody looked at."""
    if not passed.cancelled():
        passed.exception()
