"""Tasks through a real gateway: handed on as they are, watched over one stream that outlives `tasks`."""

import asyncio
import signal
import uuid
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest

from radmesh.errors import Code
from radmesh.mesh import Mesh
from radmesh.models.v1 import model_service_pb2
from radmesh.tasks.v1 import pipeline_service_pb2, task_pb2, task_service_pb2
from radmesh.tasks.v1.task_service_pb2 import WatchTaskResponse
from tests.integration.gateway.door import PATIENCE, Door, other_png, refusal, until

EVE = (("radmesh-principal", "eve"),)
NOBODYS = "tasks/" + "0" * 32
RUNNING, SUCCEEDED = task_pb2.TASK_STATE_RUNNING, task_pb2.TASK_STATE_SUCCEEDED


def request(**fields: Any) -> task_service_pb2.CreateTaskRequest:
    parameters = fields.pop("parameters", {})
    fields = {"request_id": str(uuid.uuid4()), "pipeline": "pipelines/steps", **fields}
    made = task_service_pb2.CreateTaskRequest(**fields)
    made.parameters.update(parameters)
    return made


async def collect(watch: AsyncIterator[Any]) -> list[Any]:
    async with asyncio.timeout(2 * PATIENCE):
        return [message async for message in watch]


def sequences(messages: list[WatchTaskResponse]) -> list[int]:
    return [one.event.sequence for one in messages if one.HasField("event")]


async def test_a_task_runs_and_its_artifact_is_its_owners_alone(door: Door) -> None:
    content = other_png()
    image = await door.upload(content, pipeline="pipelines/steps")
    task = await door.create([image.name], artifact_bytes=3_000_000)
    messages = await collect(door.watch(task.name))
    assert messages[0].HasField("snapshot")
    first = messages[0].snapshot.sequence
    assert sequences(messages) == list(range(first + 1, messages[-1].event.sequence + 1))
    assert messages[-1].event.state_change.state == SUCCEEDED
    fractions = [one.progress.fraction for one in messages if one.HasField("progress")]
    assert fractions == sorted(fractions)
    ended = await door.get(task.name)
    assert ended.result.TypeName() == "google.protobuf.Struct"
    (artifact,) = ended.artifacts
    read, parts = await door.read(artifact.name)
    assert (len(read), parts[0].sha256) == (artifact.size_bytes, artifact.sha256)
    assert (await door.read(artifact.name, 2_000_000))[0] == read[2_000_000:]
    wrong = await refusal(door.read(f"{task.name}/artifacts/other.json"))
    assert wrong.reason == "ARTIFACT_NOT_FOUND"
    for call in (
        lambda: door.tasks.GetTask(task_service_pb2.GetTaskRequest(name=task.name), metadata=EVE),
        lambda: door.tasks.CancelTask(task_service_pb2.CancelTaskRequest(name=task.name), metadata=EVE),
    ):
        assert (await refusal(call)).reason == "TASK_NOT_FOUND"
    stolen = door.tasks.WatchTask(task_service_pb2.WatchTaskRequest(name=task.name), metadata=EVE)
    assert (await refusal(collect(stolen))).reason == "TASK_NOT_FOUND"


@pytest.mark.parametrize(
    ("fields", "code", "reason", "number"),
    [
        ({"request_id": "5"}, Code.INVALID_ARGUMENT, "INVALID_REQUEST", 10001),
        ({"pipeline": "pipelines/none"}, Code.NOT_FOUND, "PIPELINE_NOT_FOUND", None),
        ({"images": ["images/" + "0" * 64]}, Code.NOT_FOUND, "IMAGE_NOT_FOUND", 12002),
        ({"parameters": {"steps": 1e9}}, Code.INVALID_ARGUMENT, "INVALID_REQUEST", 10001),
        ({"parameters": {"steps": "many"}}, Code.INVALID_ARGUMENT, "INVALID_REQUEST", 10001),
        ({"parameters": {"stairs": 5}}, Code.INVALID_ARGUMENT, "INVALID_REQUEST", 10001),
    ],
)
async def test_the_errors_of_tasks_arrive_as_they_are(
    door: Door, fields: dict[str, Any], code: Code, reason: str, number: int | None
) -> None:
    error = await refusal(lambda: door.tasks.CreateTask(request(**fields)))
    assert (error.code, error.reason, error.numeric_code) == (code, reason, number)
    run = door.tasks.RunTask(task_service_pb2.RunTaskRequest(task=request(**fields)))
    error = await refusal(collect(run))
    assert (error.code, error.reason, error.numeric_code) == (code, reason, number)


async def test_tasks_that_are_run_are_told_from_their_creation_to_their_end(door: Door) -> None:
    requests = [request(parameters={"steps": index % 3 + 1}) for index in range(40)]
    calls = [door.tasks.RunTask(task_service_pb2.RunTaskRequest(task=one), metadata=EVE) for one in requests]
    names = set()
    for messages in await asyncio.gather(*(collect(call) for call in calls)):
        first = messages[0].snapshot
        assert (first.sequence, first.task.owner) == (first.task.sequence, "eve")
        assert sequences(messages) == list(range(first.sequence + 1, messages[-1].event.sequence + 1))
        assert messages[-1].event.state_change.state == SUCCEEDED
        names.add(first.task.name)
    assert len(names) == len(requests)


async def test_a_repeated_run_watches_what_was_created_before(door: Door) -> None:
    same = request(parameters={"steps": 1}, dedupe_key=uuid.uuid4().hex)
    first = (await collect(door.tasks.RunTask(task_service_pb2.RunTaskRequest(task=same))))[0]
    again = await collect(door.tasks.RunTask(task_service_pb2.RunTaskRequest(task=same)))
    assert [one.snapshot.task.name for one in again] == [first.snapshot.task.name]
    assert not again[0].deduplicated
    waiting = request(parameters={"steps": 10, "step_seconds": 0.1}, dedupe_key=uuid.uuid4().hex)
    active = (await door.tasks.CreateTask(waiting)).task
    waiting.request_id = str(uuid.uuid4())
    other = await collect(door.tasks.RunTask(task_service_pb2.RunTaskRequest(task=waiting)))
    assert (other[0].snapshot.task.name, other[0].deduplicated) == (active.name, True)
    assert [one.deduplicated for one in other[1:]] == [False] * (len(other) - 1)


async def test_a_request_id_makes_one_task(door: Door) -> None:
    same = request(parameters={"steps": 1})
    first = (await door.tasks.CreateTask(same)).task
    assert (await door.tasks.CreateTask(same)).task.name == first.name
    same.parameters.update({"steps": 2})
    error = await refusal(lambda: door.tasks.CreateTask(same))
    assert (error.reason, error.numeric_code) == ("REQUEST_ID_REUSED", 10002)


async def test_tasks_are_listed_and_cancelled(door: Door) -> None:
    ward = uuid.uuid4().hex
    task = (await door.tasks.CreateTask(request(labels={"ward": ward}, parameters={"step_seconds": 5}))).task
    listed = await door.tasks.ListTasks(task_service_pb2.ListTasksRequest(filter=f"labels.ward={ward}"))
    assert [one.name for one in listed.tasks] == [task.name]
    await door.tasks.CancelTask(task_service_pb2.CancelTaskRequest(name=task.name))
    messages = await collect(door.watch(task.name, 0))
    assert messages[-1].event.state_change.state == task_pb2.TASK_STATE_CANCELLED


async def test_a_watch_goes_on_from_any_cursor(door: Door) -> None:
    task = await door.create(steps=2)
    await collect(door.watch(task.name))
    everything = sequences(await collect(door.watch(task.name, 0)))
    assert everything == list(range(1, len(everything) + 1))
    for cursor in everything[:-1]:
        assert sequences(await collect(door.watch(task.name, cursor))) == everything[cursor:]
    ahead = await refusal(collect(door.watch(task.name, 999)))
    assert (ahead.code, ahead.reason) == (Code.OUT_OF_RANGE, "CURSOR_AHEAD")


@pytest.mark.parametrize(
    ("name", "after", "reason"),
    [
        (NOBODYS, None, "TASK_NOT_FOUND"),
        ("tasks/../x", None, "INVALID_REQUEST"),
        (NOBODYS, -1, "INVALID_REQUEST"),
    ],
)
async def test_a_watch_of_nothing_is_refused(door: Door, name: str, after: int | None, reason: str) -> None:
    assert (await refusal(collect(door.watch(name, after)))).reason == reason


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
async def test_an_open_watch_outlives_every_replica_of_tasks(
    door: Door, gateway_mesh: Mesh, how: signal.Signals
) -> None:
    task = await door.create(steps=40, step_seconds=0.1)
    watches = [asyncio.ensure_future(collect(door.watch(task.name, 0))) for _ in range(20)]
    async for message in door.watch(task.name):
        if message.progress.units_done >= 5:
            break
    for replica in ("tasks-0", "tasks-1"):
        gateway_mesh.process(replica).signal(how)
    for messages in await asyncio.gather(*watches):
        found = sequences(messages)
        assert found == list(range(1, len(found) + 1))
        assert messages[-1].event.state_change.state == SUCCEEDED


async def test_watchers_hear_that_the_gateway_goes_down_and_resume(door: Door, gateway_mesh: Mesh) -> None:
    task = await door.create(steps=30, step_seconds=0.1)
    seen: list[WatchTaskResponse] = []

    async def follow() -> None:
        async for message in door.watch(task.name, 0):
            seen.append(message)
            if message.event.state_change.state == RUNNING:
                gateway_mesh.process("gateway").signal(signal.SIGTERM)

    error = await refusal(follow())
    assert (error.code, error.reason) == (Code.UNAVAILABLE, "DRAINING")
    assert error.retry_after is not None
    again = task_service_pb2.WatchTaskRequest(name=task.name, after_sequence=sequences(seen)[-1])
    found = sequences(seen) + sequences(await _resumed(door, again))
    assert found == list(range(1, len(found) + 1))


async def _resumed(door: Door, request: task_service_pb2.WatchTaskRequest) -> list[WatchTaskResponse]:
    """A watch to its end. The gateway that goes down may still take the call, and say that it does."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                return await collect(door.tasks.WatchTask(request, wait_for_ready=True))
            except grpc.aio.AioRpcError as error:
                if error.code() is not grpc.StatusCode.UNAVAILABLE:
                    raise
            await asyncio.sleep(0.01)


async def test_an_idle_watch_shows_signs_of_life(door: Door) -> None:
    task = await door.create(steps=1, step_seconds=2)
    messages = await collect(door.watch(task.name))
    assert any(message.HasField("bookmark") for message in messages)


async def test_the_catalogue_is_that_of_tasks(door: Door) -> None:
    listed = await door.pipelines.ListPipelines(pipeline_service_pb2.ListPipelinesRequest())
    (steps,) = [one for one in listed.pipelines if one.name == "pipelines/steps"]
    found = await door.pipelines.GetPipeline(pipeline_service_pb2.GetPipelineRequest(name=steps.name))
    assert found.pipeline == steps
    models = await door.models.ListModels(model_service_pb2.ListModelsRequest())
    assert all(one.name.startswith("models/") for one in models.models)
    for name, reason in (("models/none", "MODEL_NOT_FOUND"), ("none", "INVALID_REQUEST")):
        assert (await refusal(door.model(name))).reason == reason


async def test_what_nobody_answers_is_unavailable_and_says_when_to_come_again(
    door: Door, gateway_mesh: Mesh
) -> None:
    task = await door.create(steps=1)
    replicas = [gateway_mesh.process(name) for name in ("tasks-0", "tasks-1")]
    for replica in replicas:
        await asyncio.to_thread(replica.stop, 8.0)
    try:
        error = await refusal(door.get(task.name))
        assert (error.code, error.reason) == (Code.UNAVAILABLE, "UNAVAILABLE")
        assert error.retry_after
        assert "127.0.0.1" not in error.message
    finally:
        for replica in replicas:
            replica.start()

    async def back() -> bool:
        try:
            return bool(await door.get(task.name))
        except grpc.RpcError as away:
            return away.code() != grpc.StatusCode.UNAVAILABLE

    await until(back)
    assert (await door.get(task.name)).name == task.name
