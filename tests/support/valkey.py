"""Real servers of the embedded Redis with any options: replicas, Sentinels, nodes of a Cluster."""

import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

from services.tasks.redis_server import command
from tests.support.ports import port_with_bus_for

PATIENCE = 90.0
# A replica is in step within milliseconds, as on a quiet network.
_PROMPT = {"repl-diskless-sync-delay": "0", "repl-ping-replica-period": "1", "min-replicas-max-lag": "3"}


class Valkey:
    """One server on loopback; `start` again after `kill` uses the same port and folder."""

    def __init__(self, folder: Path, options: dict[str, str] | None = None) -> None:
        self.port = port_with_bus_for(self)
        self.folder = folder / f"server-{self.port}"
        self.folder.mkdir(parents=True)
        self._line = command(self.port, self.folder)
        for name, value in {**_PROMPT, **(options or {})}.items():
            self._line += [f"--{name}", *value.split()]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self, *more: str) -> "Valkey":
        """Starts without waiting. more: further options of this life."""
        with (self.folder.parent / f"{self.folder.name}.log").open("ab") as log:
            self._process = subprocess.Popen([*self._line, *more], stdout=log, stderr=log)
        return self

    def signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        """Ends the server as a crash would, also one that is stopped."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(timeout=PATIENCE)
            self._process = None

    def ask(self, *words: Any) -> Any:
        """The answer to one command, on a connection of its own."""
        with Redis(port=self.port, socket_timeout=5, decode_responses=True) as client:
            return client.execute_command(*words)

    def is_acknowledged(self) -> bool:
        """Whether a replica has a write on disk: not until the first rewrite of its AOF is done."""
        with Redis(port=self.port, socket_timeout=5, single_connection_client=True) as client:
            client.set("acknowledged", "")
            _, count = client.execute_command("WAITAOF", 0, 1, 500)
        return bool(count)

    def until(self, condition: Callable[[], Any]) -> None:
        """Waits until the server answers, and the condition holds."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                if condition():
                    return
            except (RedisError, OSError):
                pass
            assert time.monotonic() < deadline, (
                f"{condition} in {PATIENCE:g} s; see the log beside {self.folder}"
            )
            time.sleep(0.02)

    def replication(self) -> dict[str, Any]:
        found: dict[str, Any] = self.ask("INFO", "replication")
        return found

    def has_replicas(self, count: int) -> bool:
        """Whether so many replicas are in step."""
        told = self.replication()
        states = [told[name]["state"] for name in told if name.startswith("slave") and name[5:].isdigit()]
        return states.count("online") == count


class Sentinel(Valkey):
    """A Sentinel over the primary on a port, which it calls `radmesh`. more: further lines of its file."""

    def __init__(self, folder: Path, primary_port: int, more: str = "") -> None:
        super().__init__(folder)
        conf = self.folder / "sentinel.conf"
        conf.write_text(
            f"port {self.port}\nbind 127.0.0.1\ndir {self.folder}\n"
            f"sentinel monitor radmesh 127.0.0.1 {primary_port} 2\n"
            "sentinel down-after-milliseconds radmesh 1000\nsentinel failover-timeout radmesh 4000\n" + more
        )
        self._line = [self._line[0], str(conf), "--sentinel"]

    def knows(self, others: int, replicas: int) -> bool:
        seen = len(self.ask("SENTINEL", "SENTINELS", "radmesh"))
        return (seen, len(self.ask("SENTINEL", "REPLICAS", "radmesh"))) == (others, replicas)

    def primary_port(self) -> int:
        _, port = self.ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "radmesh")
        return int(port)
