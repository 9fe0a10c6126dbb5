"""One process of the mesh, started again whenever it dies."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from radmesh.mesh import launch
from radmesh.mesh.layout import ProcessSpec
from radmesh.mesh.printed import PrintedLines

_FIRST_DELAY = 0.1
_LAST_DELAY = 5.0
_HEALTHY_SECONDS = 10.0


def next_delay(delay: float, lived: float) -> float:
    """Seconds to wait after a death. delay: the wait of the death before, 0 at first. lived: seconds."""
    if delay == 0.0 or lived > _HEALTHY_SECONDS:
        return _FIRST_DELAY
    return min(delay * 2, _LAST_DELAY)


class SupervisedProcess:
    """Keeps one child alive from `start` to `stop`. May be used from any thread."""

    def __init__(
        self, spec: ProcessSpec, logs: Path, on_exit: Callable[["SupervisedProcess", int], None] | None = None
    ) -> None:
        """logs: folder for what it prints. on_exit: is told of deaths that nobody asked for, on a thread."""
        self.spec = spec
        self._on_exit = on_exit
        self.exits: list[int] = []
        self._log = logs / f"{spec.name}.log"
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._child: subprocess.Popen[bytes] | None = None
        self._printed: PrintedLines | None = None
        self._thread: threading.Thread | None = None

    @property
    def name(self) -> str:
        """Name of the process, such as `tasks-0`."""
        return self.spec.name

    @property
    def address(self) -> str:
        """`host:port` that it serves on; the same after every restart."""
        return self.spec.address

    @property
    def pid(self) -> int | None:
        """Id of the process that runs now; None while none does."""
        child = self._child
        return child.pid if child is not None and child.poll() is None else None

    def last_lines(self) -> list[str]:
        """The newest lines that it printed."""
        return self._printed.last() if self._printed else []

    def start(self) -> None:
        """Starts the child, and again after each death. Also after a `stop`."""
        if self._thread is not None:
            return
        self._stopping.clear()
        # The kernel ties a child to the thread that started it, so one thread starts, waits and starts again.
        self._thread = threading.Thread(target=self._supervise, name=f"supervise-{self.name}", daemon=True)
        self._thread.start()

    def signal(self, number: int) -> None:
        """Sends a signal to the child that runs now; after SIGKILL it comes back by itself."""
        with self._lock:
            if self._child is not None and self._child.poll() is None:
                self._child.send_signal(number)

    def stop(self, grace: float) -> None:
        """Ends the child: SIGTERM, then SIGKILL after `grace` seconds. Returns when it is gone."""
        self._stopping.set()
        thread, self._thread = self._thread, None
        if thread is None:
            return
        self.signal(signal.SIGTERM)
        self.signal(signal.SIGCONT)  # a paused child would not see the SIGTERM
        thread.join(grace)
        if thread.is_alive():
            self.signal(signal.SIGKILL)
            thread.join()

    def _supervise(self) -> None:
        delay = 0.0
        while (child := self._spawn()) is not None:
            started = time.monotonic()
            code = child.wait()
            if self._printed:
                self._printed.join(1.0)
            if self._stopping.is_set():
                return
            self.exits.append(code)
            if self._on_exit is not None:
                self._on_exit(self, code)
            delay = next_delay(delay, time.monotonic() - started)
            self._stopping.wait(delay)

    def _spawn(self) -> subprocess.Popen[bytes] | None:
        with self._lock:
            if self._stopping.is_set():
                return None
            # A session of its own: Ctrl-C at the terminal must reach the supervisor only, which stops the
            # children in the right order.
            child = subprocess.Popen(
                [sys.executable, "-I", "-S", launch.__file__, str(os.getpid()), *self.spec.command],
                env={**os.environ, **self.spec.environment},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            assert child.stdout is not None
            # What it printed before it died says why it died, also when the next one has started.
            self._child, self._printed = child, PrintedLines(self._log, child.stdout, self.last_lines())
            return child
