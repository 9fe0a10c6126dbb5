"""A TCP relay between two processes, which can be cut, or swallow what is sent."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from enum import Enum, auto


class Line(Enum):
    """How a relay stands: OPEN passes on; CUT resets and refuses; MUTE holds everything back."""

    OPEN = auto()
    CUT = auto()
    MUTE = auto()


class Relay:
    """Listens on a port of its own and passes everything on.

    target: `host:port`, asked for at each connection; raises OSError while there is none.
    """

    def __init__(self, target: Callable[[], str]) -> None:
        self._target = target
        self.address = ""
        self._line = Line.OPEN
        self._open = asyncio.Event()
        self._open.set()
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Takes a free port on loopback."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        host, port = self._server.sockets[0].getsockname()[:2]
        self.address = f"{host}:{port}"

    async def stop(self) -> None:
        """Closes everything."""
        self.set_line(Line.CUT)
        if self._server is not None:
            self._server.close()
        for _ in range(3):  # one that is being accepted now, then the ends of those aborted
            await asyncio.sleep(0)
            self.set_line(Line.CUT)
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.sleep(0)

    def set_line(self, line: Line) -> None:
        """Cuts, mutes or mends the line. What was muted arrives late, as on a real network."""
        self._line = line
        if line is Line.MUTE:
            self._open.clear()
        else:
            self._open.set()
        if line is Line.CUT:
            for writer in self._writers:
                writer.transport.abort()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Known from its first moment: a task that has not begun when the loop ends would leave it open."""
        self._writers.add(writer)
        task = asyncio.ensure_future(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far: asyncio.StreamWriter | None = None
        try:
            await self._open.wait()
            if self._line is Line.CUT:
                return
            host, _, port = self._target().rpartition(":")
            answers, far = await asyncio.open_connection(host, int(port))
            self._writers.add(far)
            both = [asyncio.ensure_future(self._pump(*pair)) for pair in ((reader, far), (answers, writer))]
            try:
                await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for one in both:
                    one.cancel()
                await asyncio.gather(*both, return_exceptions=True)
        except OSError:
            pass  # The process behind it is down: so is the line.
        finally:
            for end in (writer, far):
                if end is not None:
                    self._writers.discard(end)
                    end.transport.abort()

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while content := await source.read(65_536):
                await self._open.wait()
                sink.write(content)
                await sink.drain()
