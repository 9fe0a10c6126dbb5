"""How long the task of a worker that was killed waits beyond its heartbeat timeout."""

import asyncio
import signal

from redis.asyncio import Redis

from bench.figures import Figure, percentile
from radmesh.client import Client
from radmesh.mesh import Mesh
from radmesh.tasks.v1 import task_pb2

WORKERS = ("steps-0", "steps-1")
QUICK_LEASES = {"RADMESH_TASKS_LEASE_SECONDS": "2", "RADMESH_TASKS_HEARTBEAT_SECONDS": "0.5"}
_KILLS = 10
_LOAD_SECONDS = 1.0


def _worker_of(mesh: Mesh, task: str) -> str:
    """The worker whose log names the task."""
    logs = {name: mesh.options.folder / "logs" / f"{name}.log" for name in WORKERS}
    ident = task.removeprefix("tasks/")
    return next(name for name, log in logs.items() if ident in log.read_text())


async def _both_up(client: Client) -> None:
    """Returns when the worker that was killed before is back, with its model."""
    while (await client.pipeline("steps")).connected_workers < len(WORKERS):  # noqa: ASYNC110  nothing tells
        await asyncio.sleep(0.1)
    await asyncio.sleep(_LOAD_SECONDS)


async def _lease_end(mesh: Mesh, task: str) -> float:
    """The time at which the task's lease runs out if no heartbeat comes any more."""
    redis = Redis.from_url(f"redis://{mesh.process('redis').spec.address}/0")
    try:
        score = await redis.zscore("{radmesh}:leases", task.removeprefix("tasks/"))
        assert score is not None
        return float(score) / 1000
    finally:
        await redis.aclose()


async def _kill_one(mesh: Mesh, client: Client) -> float:
    """Seconds from the end of the lease to the first sign of the model elsewhere, by that worker's clock."""
    await _both_up(client)
    task = await client.create("steps", [], parameters={"steps": 1_000_000, "step_seconds": 0.01})
    due = beyond = 0.0
    async for message in client.watch(task.name):
        progress: task_pb2.TaskProgress = message.progress
        if message.HasField("progress") and progress.attempt == 1 and not due:
            mesh.process(_worker_of(mesh, task.name)).signal(signal.SIGKILL)
            # What the dead one had sent is taken in: nothing renews the lease after that.
            await asyncio.sleep(0.2)
            due = await _lease_end(mesh, task.name)
        elif message.HasField("progress") and progress.attempt == 2 and not beyond:
            beyond = progress.update_time.ToNanoseconds() / 1e9 - due
            await client.cancel(task.name)
    return beyond


async def measure_failover(mesh: Mesh) -> Figure:
    """The worst of ten `kill -9` of the worker that runs a task, while another one is free."""
    async with Client(mesh.address) as client:
        beyond = [await _kill_one(mesh, client) for _ in range(_KILLS)]
    return Figure(
        "dead worker → its task runs elsewhere, beyond the heartbeat timeout",
        max(beyond),
        "s",
        1,
        0.2,
        detail=f"the worst of {_KILLS} kills, p50 {percentile(beyond, 0.5) * 1000:.0f} ms",
    )
