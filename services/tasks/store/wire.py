"""One life of a connection to Redis: what is asked in one moment goes out together; answers come in turn."""

import asyncio
from collections import deque
from typing import Any

import hiredis
from redis import exceptions
from redis.asyncio.connection import AbstractConnection

from services.tasks.store.place import Address


class Wire(asyncio.Protocol):
    """What the server sends after the handshake is read here, not by redis-py."""

    def __init__(self, connection: AbstractConnection, address: Address | None, timeout: float) -> None:
        self.address = address
        self._connection = connection
        self._timeout = timeout
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[tuple[asyncio.Future[Any], float]] = deque()
        self._watch: asyncio.TimerHandle | None = None
        self._unsent: list[bytes] = []
        self._reader = hiredis.Reader()
        assert connection._writer is not None
        self._transport = connection._writer.transport
        self._transport.set_protocol(self)
        self._open = not self._transport.is_closing()
        self._retired = False

    @property
    def closed(self) -> bool:
        """Whether it takes no more commands."""
        return self._retired or not self._open

    def ask(self, words: tuple[str | bytes | int, ...]) -> asyncio.Future[Any]:
        """Sends a command. Raises redis.exceptions.ConnectionError when it is closed."""
        if self._transport.is_closing():
            # uvloop refuses to write from here on; `connection_lost` may still be on its way.
            self.close(exceptions.ConnectionError("the connection is closing"))
            raise exceptions.ConnectionError("the connection is closing")
        answer: asyncio.Future[Any] = self._loop.create_future()
        self._waiting.append((answer, self._loop.time()))
        if self._watch is None:
            self._watch = self._loop.call_later(self._timeout, self._look)
        if not self._unsent:
            # What else is asked in this turn of the loop goes with it: the server then does all of it between
            # two looks at its sockets, with one fsync.
            self._loop.call_soon(self._send)
        self._unsent.append(hiredis.pack_command(words))  # type: ignore[arg-type]  # the stub knows one word
        return answer

    def _send(self) -> None:
        unsent, self._unsent = self._unsent, []
        if self._open and not self._transport.is_closing():
            self._transport.write(b"".join(unsent))

    def retire(self) -> None:
        """Takes no more commands, and closes once those that were sent have their answers."""
        self._retired = True
        if not self._waiting:
            self.close(exceptions.ConnectionError("left for another server"))

    def close(self, error: exceptions.RedisError) -> None:
        """Closes the connection, and raises the error where an answer is waited for."""
        if not self._open:
            return
        self._open = False
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
            while self._open and (reply := self._reader.gets()) is not False:
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
            self._retired = True
        if self._retired and not self._waiting:
            self.retire()

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
    if text.startswith(("READONLY", "UNBLOCKED")):
        # UNBLOCKED: a primary became a replica while a read waited on it.
        return exceptions.ReadOnlyError(text)
    if text.startswith("MOVED"):
        return exceptions.MovedError(text.removeprefix("MOVED "))
    return exceptions.ResponseError(text)
