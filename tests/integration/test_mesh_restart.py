"""A whole mesh stopped and started again on its folder: tasks go on, pauses stay."""

import asyncio
import dataclasses
import signal
import time
from pathlib import Path

import pytest

from radmesh.client import Client
from radmesh.mesh import Mesh, MeshError, MeshOptions
from radmesh.tasks.v1 import task_pb2
from tests.support.meshes import START_SECONDS, STEPS, running_mesh


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


async def test_pauses_survive_a_kill_of_all_but_the_worker_and_a_restart_of_everything(
    tmp_path: Path,
) -> None:
    with running_mesh(tmp_path, workers=(STEPS,)) as mesh:
        async with Client(mesh.address) as client:
            (worker,) = [one async for one in client.admin.workers()]
            await client.admin.pause_pipeline("steps", "new scanner")
            await client.admin.pause_worker(worker.name)
            task = await client.create("steps", [], parameters={"steps": 1})
            for name in ("redis", "tasks-0", "gateway"):
                mesh.process(name).signal(signal.SIGKILL)
            await asyncio.to_thread(mesh.wait_ready, time.monotonic() + START_SECONDS)
            (same,) = [one async for one in client.admin.workers()]
            assert (same.name, same.paused) == (worker.name, True)
            assert (await client.pipeline("steps")).paused
            await client.admin.resume_pipeline("steps")
            resumed = time.time()
            assert not (await client.admin.resume_worker(worker.name)).paused
            await client.wait(task.name)
            assert await _started(client, task.name) >= resumed
            await client.admin.pause_pipeline("steps")
            task = await client.create("steps", [], parameters={"steps": 1})
        await asyncio.to_thread(mesh.stop)
    with running_mesh(tmp_path, workers=(STEPS,)) as mesh:
        async with Client(mesh.address) as client:
            assert (await client.pipeline("steps")).paused
            # The one before counts as connected for a moment yet, if `tasks` went before it.
            (another,) = [one async for one in client.admin.workers() if one.name != worker.name]
            assert not another.paused
            resumed = time.time()
            await client.admin.resume_pipeline("steps")
            assert (await client.wait(task.name)).state == task_pb2.TASK_STATE_SUCCEEDED
            assert await _started(client, task.name) >= resumed


def test_a_worker_of_an_earlier_start_does_not_make_the_next_one_ready(
    tmp_path: Path, silent_port: int
) -> None:
    patient = {"RADMESH_TASKS_LEASE_SECONDS": "60"}
    with running_mesh(tmp_path, workers=(STEPS,), environment=patient) as mesh:
        mesh.process("redis").stop(10.0)  # before the worker, which is not seen leaving
    cut_off = dataclasses.replace(STEPS, environment={"RADMESH_STEPS_TASKS": f"ipv4:127.0.0.1:{silent_port}"})
    mesh = Mesh(MeshOptions(tmp_path, workers=(cut_off,), environment=patient))
    try:
        with pytest.raises(MeshError, match="steps is not ready in time"):
            mesh.start(10.0)
    finally:
        mesh.stop()


async def _started(client: Client, task: str) -> float:
    """When the first attempt began, by the clock that this process has too."""
    return (await client.get(task)).start_time.ToMicroseconds() / 1e6
