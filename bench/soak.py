"""`make soak`: works a mesh for an hour, drops 100,000 watches meanwhile, and prints how its memory grows.

Exits with 1 when a process grows faster than the limit. Ended tasks are kept for a minute only, so that what
the store holds of them reaches its level soon. What it has to keep for longer (request ids for a day, the
feed up to its length) is counted beside it: Redis may grow by that, and everything else is a leak.
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

from bench.store_contents import Contents, contents_of
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
_KEPT = ("request", "feed")
"""Kinds of keys that outlive their tasks by promise."""


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


@dataclass(frozen=True)
class Soaked:
    """One run. warm, last: what the store held after the warm-up and at the end."""

    load: Load
    samples: Samples
    warm: Contents
    last: Contents

    def kept_mb_an_hour(self) -> float:
        """Growth of what the store has to keep, between the two looks at it."""
        sizes = [sum(look.size_bytes[kind] for kind in _KEPT) / 2**20 for look in (self.warm, self.last)]
        hours = self.samples.seconds[-1] * (1 - _WARM_UP_SHARE) / 3600
        return (sizes[1] - sizes[0]) / hours


async def _soak(seconds: float, watches: int, folder: Path) -> Soaked:
    mesh = Mesh(MeshOptions(folder, workers=_WORKERS, environment=_ENVIRONMENT))
    try:
        await asyncio.to_thread(mesh.start)
        processes = {name: psutil.Process(process.pid) for name, process in mesh.processes.items()}
        processes["client"] = psutil.Process()
        load, samples, begin = Load(mesh, seconds, watches), Samples(), time.monotonic()
        working = asyncio.create_task(load.run())
        store, warm = mesh.process("redis").address, None
        while not working.done():
            samples.take(time.monotonic() - begin, processes)
            if warm is None and samples.seconds[-1] >= seconds * _WARM_UP_SHARE:
                warm = await asyncio.to_thread(contents_of, store)
            await asyncio.wait([working], timeout=_SAMPLE_SECONDS)
        await working
        last = await asyncio.to_thread(contents_of, store)
        return Soaked(load, samples, warm or last, last)
    finally:
        await asyncio.to_thread(mesh.stop)


def leaks_mb_an_hour(soaked: Soaked) -> dict[str, float]:
    """The slope of each process' memory, by name; of Redis less what it has to keep."""
    samples = soaked.samples
    slopes = {name: slope_mb_an_hour(samples.seconds, memory) for name, memory in samples.memory_mb.items()}
    return slopes | {"redis": slopes["redis"] - soaked.kept_mb_an_hour()}


def growth_table(soaked: Soaked) -> Table:
    """Memory of each process, and its slope."""
    load, samples, leaks = soaked.load, soaked.samples, leaks_mb_an_hour(soaked)
    table = Table(title=f"{load.tasks:,} tasks, {load.watches:,} watches dropped, grpcio {grpc.__version__}")
    columns = ("process", "MB at the start", "after warm-up", "at the end", "MB an hour", "less what is kept")
    for column in columns:
        table.add_column(column, justify="left" if column == "process" else "right")
    for name, memory in samples.memory_mb.items():
        slope = slope_mb_an_hour(samples.seconds, memory)
        seen = (memory[0], memory[int(len(memory) * _WARM_UP_SHARE)], memory[-1])
        table.add_row(name, *(f"{one:.1f}" for one in seen), f"{slope:+.2f}", f"{leaks[name]:+.2f}")
    return table


def contents_table(soaked: Soaked) -> Table:
    """What the store holds at the end, the largest first, beside what it held after the warm-up."""
    table = Table(title="keys in Redis, by kind")
    for column in ("kind", "keys after warm-up", "at the end", "KB after warm-up", "at the end"):
        table.add_column(column, justify="left" if column == "kind" else "right")
    warm, last = soaked.warm, soaked.last
    for kind, size_bytes in last.size_bytes.most_common():
        counts = (warm.keys[kind], last.keys[kind], warm.size_bytes[kind] >> 10, size_bytes >> 10)
        table.add_row(kind, *(f"{one:,}" for one in counts))
    return table


def main() -> None:
    """Soaks and prints the slopes."""
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__)
    parser.add_argument("--seconds", type=float, default=3600.0, help="how long (3600)")
    parser.add_argument("--watches", type=int, default=100_000, help="watches to open and drop meanwhile")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="radmesh-soak-") as folder:
        soaked = asyncio.run(_soak(arguments.seconds, arguments.watches, Path(folder)))
    console = Console(width=110)
    console.print(growth_table(soaked), contents_table(soaked))
    sys.exit(1 if max(leaks_mb_an_hour(soaked).values()) > _LIMIT_MB_AN_HOUR else 0)


if __name__ == "__main__":
    main()
