"""One connection to Redis that all callers share: commands go out as they come, answers come back in turn."""

import asyncio
from collections.abc import Awaitable
from typing import Any

from redis import exceptions

from services.tasks.store.finder import Finder
from services.tasks.store.place import Address, Place
from services.tasks.store.wire import Wire

# A Cluster sends a command on; more than once only while its nodes do not agree.
_MOST_MOVES = 3


class Line:
    """Connects when first used, and again after a failure, to the server that takes the writes then.

    It repeats nothing that may have been done (only its caller may): just what a Cluster's node has refused
    with MOVED, on the node that it named.

    redis-py makes the connection (address, TLS, password, database); from there on a command is one write
    and one future. Through redis-py's pool a command costs several times the CPU, and commands of one moment
    share neither a round trip nor an fsync.
    """

    def __init__(self, place: Place, timeout: float) -> None:
        """timeout: seconds to connect, and for an answer."""
        self.place = place
        self._timeout = timeout
        self._finder = Finder(place, timeout)
        self._moved_to: Address | None = None
        self._wire: Wire | None = None
        self.connections_made = 0
        self._connecting: asyncio.Task[None] | None = None

    async def ask(self, *words: str | bytes | int) -> Any:
        """The answer to a command, its strings as bytes. Raises those of `redis.exceptions`, and OSError."""
        moves = 0
        while True:
            while self._wire is None or self._wire.closed:
                await self._connected()
            wire = self._wire
            try:
                return await self._say(wire, words)
            except exceptions.MovedError as error:
                self._leave(wire, error)
                moves += 1
                if moves == _MOST_MOVES:
                    raise

    async def look_again(self) -> None:
        """Leaves a server that takes the writes no more, though it answers. Raises as `ask` does."""
        primary = await self._finder.primary()
        if self._wire is not None and self._wire.address != primary:
            self._wire.retire()

    def _say(self, wire: Wire, words: tuple[str | bytes | int, ...]) -> Awaitable[Any]:
        return wire.ask(words)

    def _leave(self, wire: Wire, moved: exceptions.MovedError) -> None:
        """The commands of a moment are all told so: the first of them leaves."""
        if not wire.closed and moved.host:
            self._moved_to = Address(moved.host, moved.port)
        wire.retire()

    async def aclose(self) -> None:
        """Closes the connection, whether or not the server still answers."""
        if self._connecting is not None:
            self._connecting.cancel()
            await asyncio.wait([self._connecting])
        if self._wire is not None:
            self._wire.close(exceptions.ConnectionError("closed"))

    async def _connected(self) -> None:
        """Waits for the connection; one attempt for all who wait, whoever of them gives up."""
        if self._connecting is None:
            self._connecting = asyncio.ensure_future(self._connect())
            self._connecting.add_done_callback(self._ended)
        await asyncio.shield(self._connecting)

    def _ended(self, connecting: asyncio.Task[None]) -> None:
        self._connecting = None
        if not connecting.cancelled():
            connecting.exception()  # looked at, as all who waited may be gone

    async def _connect(self) -> None:
        address, self._moved_to = self._moved_to, None
        if address is None:
            address = await self._finder.primary()
        self.connections_made += 1
        self._wire = Wire(await self._finder.connect(address), address, self._timeout)
