"""A real server of the embedded Redis, which tests may kill and start again on the same folder."""

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from tests.support.ports import port_for


class RedisProcess:
    """One server on a free loopback port; `start` again after `kill` uses the same port and folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self._log = folder.parent / f"{folder.name}.log"
        self.port = port_for(self)

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self, patience: float = 90.0) -> None:
        """Starts the server and waits until it answers."""
        line = [sys.executable, "-m", "services.tasks.redis_server"]
        line += ["--port", str(self.port), "--dir", str(self._folder)]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(line, stdout=log, stderr=log)
        give_up = time.monotonic() + patience
        while not self._answers():
            if time.monotonic() > give_up or self._process.poll() is not None:
                ended = self._process.poll()
                self.kill()
                said = self._log.read_text()[-2000:]
                raise RuntimeError(f"no Redis on port {self.port}, exit code {ended}: {said}")
            time.sleep(0.02)

    def kill(self) -> None:
        """Ends the server as a crash would."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ends the server in order."""
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(timeout=30)
            self._process = None

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False
