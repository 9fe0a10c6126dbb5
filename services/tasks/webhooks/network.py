"""The network that callbacks go out on: a name is resolved once, and only checked addresses are called."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpcore

from services.tasks.webhooks.allowed import AllowList

Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
# More addresses of one name than this only use up the call's time.
_ADDRESSES = 4
# A name whose servers are silent holds a thread for many seconds; others must still be resolved beside it.
_RESOLVERS = 32


class AddressRefusedError(Exception):
    """The address is inside, and nobody allowed it."""


class NameNotResolvedError(Exception):
    """The name has no address."""


class SystemResolver:
    """Resolves as this machine does, on threads of its own: uvloop has four for everything."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_RESOLVERS, thread_name_prefix="resolve")

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        """The addresses of a name. Raises OSError."""
        found = await asyncio.get_running_loop().run_in_executor(
            self._threads, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        )
        return list(dict.fromkeys(str(address[0]) for *_, address in found))

    def close(self) -> None:
        """Forgets what still waits."""
        self._threads.shutdown(wait=False, cancel_futures=True)


class CheckedNetwork(httpcore.AsyncNetworkBackend):
    """Connects to names whose every address may be called.

    The check and the connection use the same answer of the resolver, so that a name which changes its address
    in between (DNS rebinding) gains nothing. TLS still checks the certificate against the name.
    """

    def __init__(self, allowed: AllowList, resolve: Resolver, connect_seconds: float) -> None:
        self._allowed = allowed
        self._resolve = resolve
        self._connect_seconds = connect_seconds
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """See AsyncNetworkBackend. Raises AddressRefusedError and NameNotResolvedError as well."""
        try:
            addresses = (await self._resolve(host, port))[:_ADDRESSES]
        except (OSError, UnicodeError) as error:
            raise NameNotResolvedError from error
        if not addresses:
            raise NameNotResolvedError
        if not self._allowed.permits(host, port, addresses):
            raise AddressRefusedError
        failed: Exception = NameNotResolvedError()
        for address in addresses:
            try:
                seconds = self._connect_seconds / len(addresses)
                return _Connection(
                    await self._network.connect_tcp(address, port, seconds, local_address, socket_options)
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise failed

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.AsyncNetworkStream:
        """Never: a callback goes to a host."""
        raise AddressRefusedError

    async def sleep(self, seconds: float) -> None:
        """See AsyncNetworkBackend."""
        await asyncio.sleep(seconds)


class _Connection(httpcore.AsyncNetworkStream):
    """A connection of httpcore's that may break at any moment.

    For one that broke as it was made, uvloop gives no socket and anyio raises AttributeError.
    """

    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._stream = stream

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """See AsyncNetworkStream."""
        return await self._stream.read(max_bytes, timeout)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """See AsyncNetworkStream."""
        await self._stream.write(buffer, timeout)

    async def aclose(self) -> None:
        """See AsyncNetworkStream."""
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """See AsyncNetworkStream."""
        return _Connection(await self._stream.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        """See AsyncNetworkStream. Nothing of what broke: the next write or read tells that."""
        try:
            return self._stream.get_extra_info(info)
        except AttributeError:
            return None
