"""The whole mesh on one machine, from its first process to its last."""

import fcntl
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from radmesh.mesh import readiness
from radmesh.mesh.errors import MeshError
from radmesh.mesh.layout import Addresses, MeshOptions, plan
from radmesh.mesh.ports import ReservedPort
from radmesh.mesh.process import SupervisedProcess
from radmesh.mesh.scraping import FILE_NAME, scrape_targets

_STOP_GRACE = 8.0


class Mesh:
    """Redis, `tasks`, the gateway and workers as child processes. A context manager that starts and stops.

    Safe to use from any thread and beside an event loop; `start` and `stop` block.
    """

    def __init__(
        self,
        options: MeshOptions,
        on_exit: Callable[[SupervisedProcess, int], None] | None = None,
    ) -> None:
        """on_exit: is told of a process that died and will be started again, with its exit code."""
        self.options = options
        self._on_exit = on_exit
        self.processes: dict[str, SupervisedProcess] = {}
        self._ports: list[ReservedPort] = []
        self._lock_file: IO[str] | None = None
        self._stop_lock = threading.Lock()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def address(self) -> str:
        """`host:port` of the gateway, the only public door."""
        return self.process("gateway").address

    def process(self, name: str) -> SupervisedProcess:
        """One process by name: `redis`, `tasks-0`, …, `gateway`, `segmentation` or another worker's name."""
        return self.processes[name]

    def start(self, timeout: float = 60.0) -> None:
        """Starts everything and returns when a task can run. Raises MeshError, with nothing left running."""
        deadline = time.monotonic() + timeout
        try:
            self._prepare()
            # All at once: most of a start is importing, and each process waits for its peers by itself.
            for process in self.processes.values():
                process.start()
            self.wait_ready(deadline)
        except BaseException:
            self.stop()
            raise

    def wait_ready(self, deadline: float) -> None:
        """Waits until all processes serve and all workers are connected. deadline: monotonic clock."""
        redis, gateway = self.process("redis"), self.process("gateway")
        readiness.wait_until_accepting(redis, deadline)
        for process in self.processes.values():
            if process.spec.serves:
                readiness.wait_until_serving(process, deadline)
        readiness.wait_for_workers(gateway, self._workers(), deadline)

    def stop(self) -> None:
        """Stops what runs: the door and the workers first, then `tasks`, then Redis."""
        with self._stop_lock:
            tasks = [each for name, each in self.processes.items() if name.startswith("tasks-")]
            redis = [each for name, each in self.processes.items() if name == "redis"]
            outer = [each for each in self.processes.values() if each not in tasks and each not in redis]
            for group in (outer, tasks, redis):
                _stop_together(group)
            for port in self._ports:
                port.release()
            self._ports.clear()
            if self._lock_file is not None:
                self._lock_file.close()
                self._lock_file = None

    def _workers(self) -> list[SupervisedProcess]:
        return [self.processes[worker.name] for worker in self.options.workers]

    def _prepare(self) -> None:
        folder = self.options.folder.resolve()
        try:
            for part in ("redis", "blobs", "logs"):
                (folder / part).mkdir(parents=True, exist_ok=True)
            self._lock_file = _lock(folder)
        except OSError as error:
            raise MeshError(f"{folder} cannot be used: {error.strerror}. Choose another --folder.") from error
        specs = plan(self.options, self._choose_addresses())
        (folder / FILE_NAME).write_text(scrape_targets(specs))
        self.processes = {
            spec.name: SupervisedProcess(spec, folder / "logs", self._on_exit) for spec in specs
        }

    def _choose_addresses(self) -> Addresses:
        tasks = [f"tasks-{index}" for index in range(self.options.tasks_replicas)]
        workers = [worker.name for worker in self.options.workers]
        return Addresses(
            redis=self._reserve(),
            tasks=tuple(self._reserve() for _ in tasks),
            gateway=self._reserve(self.options.port),
            workers={name: self._reserve() for name in workers},
            metrics={name: self._reserve() for name in (*tasks, "gateway", *workers)},
        )

    def _reserve(self, port: int = 0) -> str:
        reserved = ReservedPort(port)
        self._ports.append(reserved)
        return reserved.address


def _stop_together(processes: Iterable[SupervisedProcess]) -> None:
    together = list(processes)
    if together:
        with ThreadPoolExecutor(len(together), thread_name_prefix="stop") as pool:
            list(pool.map(lambda process: process.stop(_STOP_GRACE), together))


def _lock(folder: Path) -> IO[str]:
    """Holds the folder for this process: two Redis on one append-only file would destroy it."""
    file = (folder / "lock").open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        file.close()
        raise MeshError(f"A mesh runs already in {folder}. Stop it, or choose another --folder.") from error
    return file
