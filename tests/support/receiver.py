"""A real HTTP server that webhooks are sent to, and that answers as a test wants."""

import json
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self


@dataclass(frozen=True)
class Call:
    """One call that arrived."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def said(self) -> Any:
        """The body's JSON."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """How to answer. pause: seconds before each byte of the answer, for ever, as a slow-loris does."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    pause: float = 0.0


class Receiver:
    """Listens on loopback from `with` to its end; a port given is taken again, as after a restart."""

    def __init__(
        self,
        reply: Callable[[Call], Reply] = lambda call: Reply(),
        *,
        port: int = 0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.calls: list[Call] = []
        self.arrived = threading.Condition()
        self.reply = reply
        self._server = _Server(self, port, tls)
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def url(self, path: str = "/ended", host: str = "127.0.0.1", scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.port}{path}"

    def wait_for(self, calls: int, seconds: float = 30.0) -> list[Call]:
        """The calls, once there are so many."""
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.calls) >= calls, seconds), f"{self.calls} came"
            return list(self.calls)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, receiver: Receiver, port: int, tls: ssl.SSLContext | None) -> None:
        self.receiver = receiver
        super().__init__(("127.0.0.1", port), _Handler)
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_side=True)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Callers may hang up."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        """Records the call, then answers."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        call, receiver = Call(self.path, dict(self.headers), body), self.server.receiver
        with receiver.arrived:
            receiver.calls.append(call)
            receiver.arrived.notify_all()
        reply = receiver.reply(call)
        while reply.pause:
            self.connection.sendall(b"H")
            time.sleep(reply.pause)
        self.send_response(reply.status)
        for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body)

    def log_message(self, format: str, *args: Any) -> None:
        """Silent."""
