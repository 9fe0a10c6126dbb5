"""How long an event takes from the store's clock to a watcher behind the gateway."""

import asyncio
import time
import uuid

from bench.figures import Figure, percentile
from radmesh.client import Client
from radmesh.mesh import Mesh
from radmesh.tasks.v1 import task_pb2

_EVENTS_A_SECOND = 100
_EVENTS = 1_000


async def _watch_cancelled(client: Client, task: str, joined: asyncio.Event, latencies: list[float]) -> None:
    """Watches one queued task to its end, and notes the age of the terminal event on arrival."""
    async for message in client.watch(task):
        arrived = time.time()
        joined.set()
        if message.HasField("event") and message.event.state_change.state == task_pb2.TASK_STATE_CANCELLED:
            latencies.append(arrived - message.event.event_time.ToNanoseconds() / 1e9)


async def _wave(watcher: Client, caller: Client, watchers: int, latencies: list[float]) -> None:
    """One event for each watcher, at an even rate: the cancel of a task that no worker takes."""
    label = {"wave": uuid.uuid4().hex[:8]}
    tasks = [await caller.create("steps", [], labels=label) for _ in range(watchers)]
    joined = [asyncio.Event() for _ in tasks]
    watches = [
        asyncio.create_task(_watch_cancelled(watcher, task.name, event, latencies))
        for task, event in zip(tasks, joined, strict=True)
    ]
    await asyncio.gather(*(event.wait() for event in joined))
    start = time.monotonic()
    for index, task in enumerate(tasks):
        await asyncio.sleep(max(0.0, start + index / _EVENTS_A_SECOND - time.monotonic()))
        await caller.cancel(task.name)
    await asyncio.gather(*watches)


async def measure_events(mesh: Mesh, watchers: int, at_least: float, aim: float) -> Figure:
    """p99 over 1,000 events: each watcher on its own task, 100 events a second in all.

    at_least, aim: bounds in ms. The watchers share this process and its event loop with the caller, and are
    part of what is measured.
    """
    latencies: list[float] = []
    async with Client(mesh.address) as watcher, Client(mesh.address) as caller:
        await _wave(watcher, caller, watchers, [])
        for _ in range(_EVENTS // watchers):
            await _wave(watcher, caller, watchers, latencies)
    p50, p99 = (percentile(latencies, share) * 1000 for share in (0.5, 0.99))
    return Figure(
        f"event written → {watchers:,} watchers through the gateway, p99",
        p99,
        "ms",
        at_least,
        aim,
        detail=f"{len(latencies)} events, p50 {p50:.2f} ms",
    )
