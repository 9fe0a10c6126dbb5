"""A door with TLS before a server that has none, as stunnel is: the embedded Redis is built without it."""

import asyncio
import socket
import ssl
import subprocess
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

_TLS_HANDSHAKE = b"\x16"


@dataclass(frozen=True)
class Authority:
    """A certificate authority of a test's own."""

    folder: Path

    @property
    def certificate(self) -> Path:
        return self.folder / "ca.pem"

    @classmethod
    def make(cls, folder: Path) -> "Authority":
        folder.mkdir()
        made = cls(folder)
        _openssl("req", "-x509", *_KEY, "-days", "2", "-subj", "/CN=ca of a test",
                 "-keyout", folder / "ca.key", "-out", made.certificate)  # fmt: skip
        return made

    def issue(self, name: str) -> tuple[Path, Path]:
        """A certificate for `IP:127.0.0.1` or `DNS:host`, and its key."""
        stem = self.folder / name.replace(":", "-")
        certificate, key = stem.with_suffix(".pem"), stem.with_suffix(".key")
        request, names = stem.with_suffix(".csr"), stem.with_suffix(".ext")
        names.write_text(f"subjectAltName={name}\n")
        _openssl("req", *_KEY, "-subj", "/CN=issued", "-keyout", key, "-out", request)
        _openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self.folder / "ca.key",
                 "-CAcreateserial", "-days", "2", "-extfile", names, "-out", certificate)  # fmt: skip
        return certificate, key


_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


def _openssl(*words: object) -> None:
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)


class TlsDoor:
    """Passes what comes by TLS on to `target`, and what comes without as well: Sentinels come so.

    handshakes: connections that came by TLS and were let in.
    """

    def __init__(self, context: ssl.SSLContext, port: int = 0) -> None:
        self.target = 0
        self.handshakes = 0
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", port))
        self._listener.setblocking(False)
        self.port: int = self._listener.getsockname()[1]
        self._serving: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Serves until it is cancelled."""
        loop = asyncio.get_running_loop()
        try:
            while True:
                near, _ = await loop.sock_accept(self._listener)
                near.setblocking(False)
                serving = asyncio.create_task(self._serve(near))
                self._serving.add(serving)
                serving.add_done_callback(self._serving.discard)
        finally:
            self._listener.close()
            for serving in self._serving:
                serving.cancel()
            await asyncio.gather(*self._serving, return_exceptions=True)

    async def _serve(self, near: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        tls = await _first_byte(near) == _TLS_HANDSHAKE
        answers = asyncio.StreamReader()
        protocol = asyncio.StreamReaderProtocol(answers)
        try:
            transport, _ = await loop.connect_accepted_socket(
                lambda: protocol, near, ssl=self._context if tls else None
            )
        except OSError:
            return  # The caller does not trust this door, or the door not the caller.
        self.handshakes += tls
        caller = asyncio.StreamWriter(transport, protocol, answers, loop)
        try:
            with suppress(OSError):
                await self._pass_on(answers, caller)
        finally:
            transport.abort()

    async def _pass_on(self, answers: asyncio.StreamReader, caller: asyncio.StreamWriter) -> None:
        from_server, server = await asyncio.open_connection("127.0.0.1", self.target)
        pumps = [_pump(answers, server), _pump(from_server, caller)]
        both = [asyncio.ensure_future(pump) for pump in pumps]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            server.transport.abort()
            for one in both:
                one.cancel()
            await asyncio.gather(*both, return_exceptions=True)


async def _first_byte(near: socket.socket) -> bytes:
    loop = asyncio.get_running_loop()
    readable: asyncio.Future[None] = loop.create_future()
    loop.add_reader(near, readable.set_result, None)
    try:
        await readable
    finally:
        loop.remove_reader(near)
    return near.recv(1, socket.MSG_PEEK)


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while content := await source.read(65_536):
            sink.write(content)
            await sink.drain()


@asynccontextmanager
async def tls_door(
    certificate: tuple[Path, Path], callers: Path | None = None
) -> AsyncGenerator[TlsDoor, None]:
    """A door that is open. callers: the authority whose certificate callers have to show, if any."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=callers)
    context.load_cert_chain(*certificate)
    if callers is not None:
        context.verify_mode = ssl.CERT_REQUIRED
    door = TlsDoor(context)
    serving = asyncio.create_task(door.run())
    try:
        yield door
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
