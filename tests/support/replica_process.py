"""A real replica of `tasks`, which tests may drain, kill and start again on the same port."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.support.ports import port_for


class ReplicaProcess:
    """One `python -m services.tasks` on a free loopback port. settings: fields of TasksSettings."""

    def __init__(self, folder: Path, redis_url: str, **settings: object) -> None:
        port = port_for(self)
        self.address = f"127.0.0.1:{port}"
        self.log = folder / f"tasks-{port}.log"
        fields = {"redis_url": redis_url, "listen": self.address, **settings}
        named = {f"RADMESH_TASKS_{name.upper()}": str(value) for name, value in fields.items()}
        self._environment = {**os.environ, **named}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> "ReplicaProcess":
        """Starts without waiting, so that several can start side by side."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "services.tasks"], stdout=log, stderr=log, env=self._environment
            )
        return self

    def wait_until_ready(self, patience: float = 60.0) -> None:
        give_up = time.monotonic() + patience
        while '"event": "ready"' not in self.log.read_text():
            if time.monotonic() > give_up or self._process is None or self._process.poll() is not None:
                raise RuntimeError(f"not ready: {self.log.read_text()[-2000:]}")
            time.sleep(0.02)

    def metrics_address(self) -> str:
        """Where /metrics is, as the replica's log says."""
        ready = [line for line in self.log.read_text().splitlines() if '"event": "ready"' in line]
        return str(json.loads(ready[-1])["metrics"])

    def terminate(self) -> None:
        """Asks the replica to go down in order, without waiting."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)

    def stop(self) -> int:
        """Ends the replica in order; returns its exit code."""
        self.terminate()
        return self.wait()

    def kill(self) -> None:
        """Ends the replica as a crash would."""
        if self._process is not None:
            self._process.kill()
            self.wait()

    def wait(self) -> int:
        """Returns the exit code, once there is one."""
        code = self._process.wait(timeout=60) if self._process is not None else 0
        self._process = None
        return code
