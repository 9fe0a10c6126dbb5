"""A whole mesh stopped in the middle of a task and started again on its folder: the task goes on."""

import asyncio
from pathlib import Path

from radmesh.client import Client
from radmesh.tasks.v1 import task_pb2
from tests.support.meshes import STEPS, running_mesh


async def test_a_stopped_mesh_hands_its_tasks_to_the_next_one(tmp_path: Path) -> None:
    with running_mesh(tmp_path, workers=(STEPS,)) as mesh:
        async with Client(mesh.address) as client:
            task = await client.create("steps", [], parameters={"steps": 160, "step_seconds": 0.05})
            async for message in client.watch(task.name):
                if message.HasField("progress"):
                    break
        await asyncio.to_thread(mesh.stop)
    with running_mesh(tmp_path, workers=(STEPS,)) as mesh:
        async with Client(mesh.address) as client:
            await client.cancel(task.name)
            messages = [message async for message in client.watch(task.name, after_sequence=0)]
    events = [message.event for message in messages if message.HasField("event")]
    assert [event.sequence for event in events] == list(range(1, len(events) + 1))
    told = [(event.state_change.state, event.state_change.reason) for event in events]
    assert (task_pb2.TASK_STATE_QUEUED, "WORKER_DRAINING") in told, "handed back, not left to its lease"
    assert told[-1][0] == task_pb2.TASK_STATE_CANCELLED
