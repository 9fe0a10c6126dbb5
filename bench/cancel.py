"""How long a model goes on after its task was cancelled."""

import time
from collections.abc import Mapping

from bench.figures import Figure, percentile
from radmesh.client import Client
from radmesh.mesh import Mesh
from radmesh.tasks.v1 import task_pb2

# As a model asks between its tiles: every 10 ms.
_OBEYING = {"steps": 1_000_000, "step_seconds": 0.01}
_DEAF = {**_OBEYING, "ignore_cancel": True}
_CANCELS = 200
_KILLS = 15
_WARM_UP = 5


async def _cancel_one(client: Client, parameters: Mapping[str, object]) -> float:
    """Seconds from before the call to the terminal event, which is written after the model has stopped."""
    task = await client.create("steps", [], parameters=parameters)
    asked = 0.0
    async for message in client.watch(task.name):
        if message.HasField("progress") and not asked:
            asked = time.time()
            await client.cancel(task.name)
        if message.HasField("event") and message.event.state_change.state == task_pb2.TASK_STATE_CANCELLED:
            return message.event.event_time.ToNanoseconds() / 1e9 - asked
    raise RuntimeError(f"{task.name} ended without being cancelled")


async def measure_cancel(mesh: Mesh) -> list[Figure]:
    """p99 over running models that ask whether to stop, and over such as have to be killed after 800 ms."""
    async with Client(mesh.address) as client:
        for _ in range(_WARM_UP):
            await _cancel_one(client, _OBEYING)
        obeyed = [await _cancel_one(client, _OBEYING) for _ in range(_CANCELS)]
        killed = [await _cancel_one(client, _DEAF) for _ in range(_KILLS)]
    return [
        Figure(
            "cancel → the model has stopped, p99",
            percentile(obeyed, 0.99),
            "s",
            1,
            0.2,
            detail=f"{_CANCELS} models that ask every 10 ms, p50 {percentile(obeyed, 0.5) * 1000:.1f} ms",
        ),
        Figure(
            "cancel → a model that does not obey is killed, p99",
            percentile(killed, 0.99),
            "s",
            2,
            1,
            detail=f"{_KILLS} models, killed after 0.8 s; p50 {percentile(killed, 0.5) * 1000:.0f} ms",
        ),
    ]
