"""`make soak`: works a mesh for an hour, drops 100,000 watches meanwhile, and prints how its memory grows.

Exits with 1 when a process grows faster than the limit. Ended tasks are kept for a minute only, so that what
the store holds reaches its level soon and everything after that is a leak.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import grpc
import numpy as np
import psutil
from rich.console import Console
from rich.table import Table

from radmesh.client import Client
from radmesh.client.connection import open_channel
from radmesh.mesh import Mesh, MeshOptions, WorkerModule
from radmesh.tasks.v1.task_service_pb2 import WatchTaskRequest
from radmesh.tasks.v1.task_service_pb2_grpc import TaskServiceStub

_WORKERS = (WorkerModule("steps", "tests.support.steps_worker", "RADMESH_STEPS_"),)
_ENVIRONMENT = {
    "RADMESH_TASKS_RETENTION_SECONDS": "60",
    "RADMESH_TASKS_IMAGE_PIN_SECONDS": "60",
    "RADMESH_STEPS_SLOTS": "2",
    "RADMESH_STEPS_ATTEMPT_TIMEOUT_SECONDS": "86400",
}
_TASKS_A_SECOND = 3.0
_SAMPLE_SECONDS = 5.0
_IMAGE_BYTES = 20_000
# Imports, caches and allocators reach their level in the first part of a run.
_WARM_UP_SHARE = 0.3
_LIMIT_MB_AN_HOUR = 5.0


@dataclass
class Samples:
    """Resident memory in MB of each process, by name, with the second of the run at which it was taken."""

    seconds: list[float] = field(default_factory=list)
    memory_mb: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def take(self, second: float, processes: Mapping[str, psutil.Process]) -> None:
        """Adds one sample of each process."""
        self.seconds.append(second)
        for name, process in processes.items():
            self.memory_mb[name].append(process.memory_info().rss / 2**20)


def slope_mb_an_hour(seconds: Sequence[float], memory_mb: Sequence[float]) -> float:
    """Growth after the warm-up: the slope of the least-squares line, in MB an hour."""
    first = int(len(seconds) * _WARM_UP_SHARE)
    slope, _ = np.polyfit(np.asarray(seconds[first:]), np.asarray(memory_mb[first:]), 1)
    return float(slope) * 3600


class Load:
    """What a mesh is worked with. tasks, watches: what was done so far; `watches` is how many to drop."""

    def __init__(self, mesh: Mesh, seconds: float, watches: int) -> None:
        self.tasks = 0
        self.watches = 0
        self._mesh = mesh
        self._end = time.monotonic() + seconds
        self._watches = watches
        self._watch_pause = seconds / watches
        self._running: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Works until the time is over."""
        async with Client(self._mesh.address) as client:
            await asyncio.gather(self._work(client), self._drop_watches(client))

    async def _work(self, client: Client) -> None:
        """Uploads, tasks, watches to the end, at an even rate; some tasks fail or are cancelled."""
        while time.monotonic() < self._end:
            task = asyncio.create_task(self._one(client))
            self._running.add(task)
            task.add_done_callback(self._running.discard)
            await asyncio.sleep(random.uniform(0, 2 / _TASKS_A_SECOND))
        await asyncio.gather(*self._running)

    async def _one(self, client: Client) -> None:
        parameters: dict[str, float | str] = {
            "steps": 3,
            "step_seconds": 0.01,
            "artifact_bytes": random.randrange(_IMAGE_BYTES),
        }
        if random.random() < 0.05:
            parameters["fail"] = "TOLD_TO_FAIL"
        created = await client.create("steps", [], parameters=parameters)
        if random.random() < 0.05:
            await client.cancel(created.name)
        async for _ in client.watch(created.name):
            pass
        self.tasks += 1

    async def _drop_watches(self, client: Client) -> None:
        """Opens watches on a task that never ends, reads one message of each, and drops them."""
        task = await client.create("steps", [], parameters={"steps": 1_000_000, "step_seconds": 1.0})
        channel = open_channel(self._mesh.address)
        stub, begin = TaskServiceStub(channel), time.monotonic()
        while self.watches < self._watches:
            call = stub.WatchTask(WatchTaskRequest(name=task.name))
            try:
                await call.read()
            except grpc.aio.AioRpcError as error:
                raise RuntimeError(f"a watch was refused: {error.details()}") from error
            call.cancel()
            self.watches += 1
            await asyncio.sleep(max(0.0, begin + self.watches * self._watch_pause - time.monotonic()))
        await channel.close(None)
        await client.cancel(task.name)


async def _soak(seconds: float, watches: int, folder: Path) -> tuple[Load, Samples]:
    mesh = Mesh(MeshOptions(folder, workers=_WORKERS, environment=_ENVIRONMENT))
    try:
        await asyncio.to_thread(mesh.start)
        processes = {name: psutil.Process(process.pid) for name, process in mesh.processes.items()}
        processes["client"] = psutil.Process()
        load, samples, begin = Load(mesh, seconds, watches), Samples(), time.monotonic()
        working = asyncio.create_task(load.run())
        while not working.done():
            samples.take(time.monotonic() - begin, processes)
            await asyncio.wait([working], timeout=_SAMPLE_SECONDS)
        await working
        return load, samples
    finally:
        await asyncio.to_thread(mesh.stop)


def main() -> None:
    """Soaks and prints the slopes."""
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__)
    parser.add_argument("--seconds", type=float, default=3600.0, help="how long (3600)")
    parser.add_argument("--watches", type=int, default=100_000, help="watches to open and drop meanwhile")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="radmesh-soak-") as folder:
        load, samples = asyncio.run(_soak(arguments.seconds, arguments.watches, Path(folder)))
    table = Table(title=f"{load.tasks:,} tasks, {load.watches:,} watches dropped, grpcio {grpc.__version__}")
    for column in ("process", "MB at the start", "after warm-up", "at the end", "MB an hour"):
        table.add_column(column, justify="left" if column == "process" else "right")
    worst = 0.0
    for name, memory in samples.memory_mb.items():
        slope = slope_mb_an_hour(samples.seconds, memory)
        worst = max(worst, slope)
        warm = memory[int(len(memory) * _WARM_UP_SHARE)]
        table.add_row(name, f"{memory[0]:.1f}", f"{warm:.1f}", f"{memory[-1]:.1f}", f"{slope:+.2f}")
    Console(width=110).print(table)
    sys.exit(1 if worst > _LIMIT_MB_AN_HOUR else 0)


if __name__ == "__main__":
    main()
