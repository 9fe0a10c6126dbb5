"""One connection to Redis that all callers share: commands go out as they come, answers come back in turn."""

import asyncio
from collections import deque
from typing import Any

import hiredis
from redis import exceptions
from redis.asyncio import ConnectionPool
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff


class Line:
    """Connects when first used, and again after a failure. It repeats nothing: only its caller may.

    redis-py makes the connection (address, TLS, password, database); from there on a command is one write
    and one future. Through redis-py's pool a command costs several times the CPU, and commands of one moment
    share neither a round trip nor an fsync.
    """

    def __init__(self, url: str, timeout: float) -> None:
        """timeout: seconds to connect, and for an answer."""
        self._timeout = timeout
        self._connections = ConnectionPool.from_url(
            url,
            socket_timeout=timeout,
            socket_connect_timeout=timeout,
            retry=Retry(NoBackoff(), 0),
            protocol=2,
        )
        self._wire: _Wire | None = None
        self._connecting: asyncio.Task[None] | None = None

    async def ask(self, *words: str | bytes | int) -> Any:
        """The answer to a command, its strings as bytes. Raises those of `redis.exceptions`, and OSError."""
        while self._wire is None or self._wire.closed:
            await self._connected()
        return await self._wire.ask(words)

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
        connection: AbstractConnection = self._connections.make_connection()  # type: ignore[no-untyped-call]
        try:
            await connection.connect()  # type: ignore[no-untyped-call]
        except RuntimeError as error:
            # What uvloop says of a connection that the other side closed during the handshake.
            connection._close()  # type: ignore[no-untyped-call]
            raise exceptions.ConnectionError(str(error)) from error
        except BaseException:
            connection._close()  # type: ignore[no-untyped-call]
            raise
        self._wire = _Wire(connection, self._timeout)


class _Wire(asyncio.Protocol):
    """One life of the connection. What the server sends after the handshake is read here, not by redis-py."""

    def __init__(self, connection: AbstractConnection, timeout: float) -> None:
        self._connection = connection
        self._timeout = timeout
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[tuple[asyncio.Future[Any], float]] = deque()
        self._watch: asyncio.TimerHandle | None = None
        self._reader = hiredis.Reader()
        assert connection._writer is not None
        self._transport = connection._writer.transport
        self._transport.set_protocol(self)
        self.closed: bool = self._transport.is_closing()

    def ask(self, words: tuple[str | bytes | int, ...]) -> asyncio.Future[Any]:
        """Sends a command."""
        answer: asyncio.Future[Any] = self._loop.create_future()
        if self._transport.is_closing():
            # uvloop refuses to write from here on; `connection_lost` is on its way.
            self.close(exceptions.ConnectionError("the connection is closing"))
            answer.set_exception(exceptions.ConnectionError("the connection is closing"))
            return answer
        self._waiting.append((answer, self._loop.time()))
        if self._watch is None:
            self._watch = self._loop.call_later(self._timeout, self._look)
        self._transport.write(hiredis.pack_command(words))  # type: ignore[arg-type]  # the stub knows one word
        return answer

    def close(self, error: exceptions.RedisError) -> None:
        """Closes the connection, and raises the error where an answer is waited for."""
        if self.closed:
            return
        self.closed = True
        self._connection._close()  # type: ignore[no-untyped-call]
        if self._watch is not None:
            self._watch.cancel()
        for answer, _ in self._waiting:
            if not answer.done():
                answer.set_exception(error)
        self._waiting.clear()

    def data_received(self, data: bytes) -> None:
        """See asyncio.Protocol."""
        self._reader.feed(data)
        try:
            while not self.closed and (reply := self._reader.gets()) is not False:
                self._answer(reply)
        except hiredis.ProtocolError as error:
            self.close(exceptions.ConnectionError(str(error)))

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio.Protocol."""
        self.close(exceptions.ConnectionError(f"connection lost: {exc or 'closed by the server'}"))

    def _answer(self, reply: Any) -> None:
        answer, _ = self._waiting.popleft()
        error = _error(str(reply)) if isinstance(reply, hiredis.ReplyError) else None
        if answer.done():
            pass  # its caller was cancelled; the answer came in its turn all the same
        elif error is None:
            answer.set_result(reply)
        else:
            answer.set_exception(error)
        if isinstance(error, exceptions.ReadOnlyError):
            # Not the primary any more: the next call looks for it again.
            self.close(error)

    def _look(self) -> None:
        """Gives up when the oldest command waits too long. One timer: most commands take a millisecond."""
        self._watch = None
        if not self._waiting:
            return
        due = self._waiting[0][1] + self._timeout
        if due <= self._loop.time():
            self.close(exceptions.TimeoutError(f"no answer in {self._timeout:g} s"))
        else:
            self._watch = self._loop.call_at(due, self._look)


def _error(text: str) -> exceptions.RedisError:
    if text.startswith("NOSCRIPT"):
        return exceptions.NoScriptError(text)
    if text.startswith("READONLY"):
        return exceptions.ReadOnlyError(text)
    return exceptions.ResponseError(text)
