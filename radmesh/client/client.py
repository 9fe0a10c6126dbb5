"""The asynchronous client: everything that Radmesh does for a caller, in one class."""

import asyncio
from types import TracebackType
from typing import Self

from radmesh.client import connection
from radmesh.client.admin import AdminClient
from radmesh.client.batches import BatchCalls
from radmesh.client.importing import ImportCalls
from radmesh.client.retry import Patience
from radmesh.client.reviewing import ReviewCalls
from radmesh.errors import UnavailableError


class Client(ReviewCalls, BatchCalls, ImportCalls):
    """A caller's connection to a gateway; an async context manager.

    Every call repeats itself while the mesh is away, for as long as `patience` says, and raises an error of
    `radmesh.errors` otherwise. Names may be given whole or as bare ids: `pipelines/octa-vessels` or
    `octa-vessels`, `tasks/4f…` or `4f…`. `admin`: what operators do.
    """

    def __init__(self, server: str | None = None, *, patience: Patience | None = None) -> None:
        """server: `host:port`; RADMESH_SERVER, else `localhost:50051`, when None."""
        self.server = server or connection.default_server()
        super().__init__(connection.open_channel(self.server), patience or Patience())
        self.admin = AdminClient(self._channel, self._patience)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def connect(self, timeout: float) -> None:
        """Waits until the server can be reached. Raises UnavailableError after `timeout` seconds."""
        try:
            async with asyncio.timeout(timeout):
                await self._channel.channel_ready()
        except TimeoutError:
            raise UnavailableError(
                f"No Radmesh answers at {self.server}. Start one with `radmesh up`, or name another server."
            ) from None

    async def close(self) -> None:
        """Ends the connection and every call on it. Tasks go on."""
        await self._channel.close(None)
