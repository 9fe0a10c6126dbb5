"""Two replicas of `tasks` over one Redis: the worker on one, the gateway and its watchers on the other."""

import io
from collections.abc import AsyncGenerator, Generator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from radmesh.client import Client
from radmesh.mesh import Mesh, WorkerModule
from radmesh.tasks.v1 import task_pb2
from tests.support.meshes import running_mesh

WORKER = WorkerModule("steps", "tests.support.steps_worker", "RADMESH_STEPS_", tasks=(0,))


@pytest.fixture(scope="module")
def split_mesh(tmp_path_factory: pytest.TempPathFactory) -> Generator[Mesh, None, None]:
    folder = tmp_path_factory.mktemp("split")
    with running_mesh(folder, tasks_replicas=2, workers=(WORKER,), gateway_tasks=(1,)) as mesh:
        yield mesh


@pytest.fixture
async def client(split_mesh: Mesh) -> AsyncGenerator[Client, None]:
    async with Client(split_mesh.address) as connected:
        yield connected


async def watched(client: Client, **parameters: Any) -> list[Any]:
    task = await client.create("steps", [], parameters=parameters)
    return [message async for message in client.watch(task.name, after_sequence=0)]


async def test_every_event_and_progress_crosses_over(client: Client) -> None:
    messages = await watched(client, steps=4, step_seconds=0.3)
    events = [message.event for message in messages if message.HasField("event")]
    assert [event.sequence for event in events] == list(range(1, len(events) + 1))
    states = [event.state_change.state for event in events if event.HasField("state_change")]
    assert states == [
        task_pb2.TASK_STATE_QUEUED,
        task_pb2.TASK_STATE_RUNNING,
        task_pb2.TASK_STATE_SUCCEEDED,
    ]
    done = [message.progress.units_done for message in messages if message.HasField("progress")]
    assert len(done) >= 2
    assert done == sorted(done)


async def test_a_cancel_reaches_the_worker_of_the_other_replica(client: Client) -> None:
    task = await client.create("steps", [], parameters={"steps": 1000, "step_seconds": 0.05})
    async for message in client.watch(task.name):
        if message.HasField("progress"):
            await client.cancel(task.name)
            break
    assert (await client.wait(task.name)).state == task_pb2.TASK_STATE_CANCELLED


async def test_images_results_and_artifacts_cross_over(client: Client, tmp_path: Path) -> None:
    image = io.BytesIO()
    Image.new("L", (32, 32), 70).save(image, "PNG")
    task = await client.submit("steps", image.getvalue(), parameters={"steps": 1})
    ended = await client.wait(task.name)
    assert ended.state == task_pb2.TASK_STATE_SUCCEEDED
    files = await client.save(ended, tmp_path)
    assert list(files) == ["steps.json"]


async def test_pipelines_and_tasks_are_known_on_both(client: Client) -> None:
    (pipeline,) = await client.pipelines()
    assert pipeline.connected_workers == 1
    created = await client.create("steps", [], parameters={"steps": 1}, labels={"seen": "both"})
    assert [task.name async for task in client.list("labels.seen=both")] == [created.name]
