"""A repeated create returns the first task, whatever has become of its pipeline since."""

import uuid
from collections.abc import Callable
from typing import Any

import grpc
import pytest
from google.protobuf import struct_pb2

from radmesh.blobs.v1 import image_pb2, image_service_pb2
from radmesh.errors import RadmeshError
from radmesh.status import from_rpc_error
from radmesh.tasks.v1 import admin_service_pb2, batch_service_pb2, pipeline_pb2, task_pb2, task_service_pb2
from tests.integration.tasks.conftest import Replica
from tests.integration.tasks.hand_worker import PATIENCE, HandWorker, described

Replicas = tuple[Replica, Replica]
SHA256 = "cd" * 32
IMAGE = f"images/{SHA256}"


async def introduce(replica: Replica, pipeline: pipeline_pb2.Pipeline) -> None:
    """A worker brings a pipeline, and leaves."""
    worker = HandWorker(pipeline)
    await worker.connect(replica.channel)
    await worker.beat(draining=True)
    await worker.close_side()
    await worker.leave()


async def refused(call: Any) -> RadmeshError:
    with pytest.raises(grpc.RpcError) as error:
        await call
    return from_rpc_error(error.value)


@pytest.fixture
async def image(replicas: Replicas) -> str:
    record = image_pb2.Image(name=IMAGE, size_bytes=10, media_type="image/png")
    await replicas[0].image_records.RecordImage(image_service_pb2.RecordImageRequest(image=record))
    return IMAGE


async def create(replica: Replica, **fields: Any) -> task_pb2.Task:
    request = task_service_pb2.CreateTaskRequest(**fields)
    return (await replica.tasks.CreateTask(request, timeout=PATIENCE)).task  # type: ignore[no-any-return]


async def ended(replica: Replica, name: str) -> None:
    await replica.tasks.CancelTask(task_service_pb2.CancelTaskRequest(name=name))


async def delete(replica: Replica, pipeline: str) -> None:
    request = admin_service_pb2.DeletePipelineRequest(name=f"pipelines/{pipeline}")
    await replica.admin.DeletePipeline(request, timeout=PATIENCE)


def wanted(pipeline: str, **fields: Any) -> dict[str, Any]:
    """The fields of a request that says a little of everything."""
    parameters = struct_pb2.Struct()
    parameters.update({"threshold": 1})
    return {
        "pipeline": f"pipelines/{pipeline}",
        "request_id": str(uuid.uuid4()),
        "images": [IMAGE],
        "parameters": parameters,
        "weights": "models/hand/weights/official",
        "dedupe_key": "patient 4711",
        "labels": {"ward": "west"},
        **fields,
    }


async def test_a_repeat_finds_its_task_after_the_pipeline_was_deleted(
    replicas: Replicas, pipeline: str, image: str
) -> None:
    a, b = replicas
    await introduce(a, described(pipeline))
    asked = wanted(pipeline)
    first = await create(a, **asked)
    await ended(a, first.name)
    await delete(a, pipeline)
    for replica in replicas:
        again = await create(replica, **asked)
        assert (again.name, again.state) == (first.name, task_pb2.TASK_STATE_CANCELLED)
    changes: list[dict[str, Any]] = [{"labels": {"ward": "east"}}, {"dedupe_key": "another"}, {"images": []}]
    for changed in changes:
        assert (await refused(create(b, **{**asked, **changed}))).reason == "REQUEST_ID_REUSED"
    somebody = [("radmesh-principal", "somebody")]
    request = task_service_pb2.CreateTaskRequest(**asked)
    for call in (create(b, **wanted(pipeline)), b.tasks.CreateTask(request, metadata=somebody)):
        assert (await refused(call)).reason == "PIPELINE_NOT_FOUND"
    # What breaks a rule of its own is told that, be its request id known or not.
    broken = {**asked, "images": [IMAGE, "images/nonsense"]}
    assert (await refused(create(b, **broken))).reason == "INVALID_REQUEST"


CHANGES: dict[str, Callable[[pipeline_pb2.Pipeline], object]] = {
    "without the parameter": lambda one: one.ClearField("parameters"),
    "with another type of it": lambda one: one.parameters[0].CopyFrom(
        pipeline_pb2.PipelineParameter(name="threshold", type=pipeline_pb2.PIPELINE_PARAMETER_TYPE_BOOLEAN)
    ),
    "with other limits of it": lambda one: setattr(one.parameters[0], "max_value", 0.75),
    "with another required parameter": lambda one: one.parameters.add(
        name="side", type=pipeline_pb2.PIPELINE_PARAMETER_TYPE_STRING
    ),
    "without images": lambda one: setattr(one.input, "max_images", 0),
    "for smaller images": lambda one: setattr(one.input, "max_image_bytes", 5),
    "for other images": lambda one: one.input.media_types.__setitem__(0, "image/tiff"),
    "with another model": lambda one: one.ClearField("models"),
}


async def test_a_repeat_finds_its_task_after_the_pipeline_was_described_in_another_way(
    replicas: Replicas, pipeline: str, image: str
) -> None:
    a, b = replicas
    await introduce(a, described(pipeline))
    asked = wanted(pipeline)
    first = await create(a, **asked)
    for name, change in CHANGES.items():
        described_anew = described(pipeline)
        change(described_anew)
        # The replica that the worker comes to forgets what it knew.
        await introduce(b, described_anew)
        assert await refused(create(b, **wanted(pipeline, dedupe_key="another"))), name
        assert (await create(b, **asked)).name == first.name, name
        changed = await refused(create(b, **{**asked, "labels": {}}))
        assert changed.reason == "REQUEST_ID_REUSED", name


def batch_of(*requests: dict[str, Any]) -> batch_service_pb2.BatchCreateTasksRequest:
    items = [task_service_pb2.CreateTaskRequest(**fields) for fields in requests]
    return batch_service_pb2.BatchCreateTasksRequest(request_id=str(uuid.uuid4()), requests=items)


async def test_batches_and_their_items_are_found_too(replicas: Replicas, pipeline: str, image: str) -> None:
    a, b = replicas
    await introduce(a, described(pipeline))
    alone, together, never = (wanted(pipeline, dedupe_key="") for _ in range(3))
    first = await create(a, **alone)
    imageless = wanted(pipeline, dedupe_key="", images=[f"images/{'0' * 64}"])
    asked = batch_of(together, imageless)
    batch = await a.batches.BatchCreateTasks(asked, timeout=PATIENCE)
    second = batch.items[0].task
    for name in (first.name, second.name):
        await ended(a, name)
    await delete(a, pipeline)
    # The same batch: its first answer, with the tasks as they are now.
    again = await b.batches.BatchCreateTasks(asked, timeout=PATIENCE)
    assert (again.batch.name, again.items[0].task.name) == (batch.batch.name, second.name)
    assert again.items[0].task.state == task_pb2.TASK_STATE_CANCELLED
    assert again.items[1].error == batch.items[1].error
    # Another batch, of what was created before and what never was.
    answer = await b.batches.BatchCreateTasks(batch_of(alone, together, never), timeout=PATIENCE)
    assert [item.task.name for item in answer.items] == [first.name, second.name, ""]
    assert answer.items[2].error.reason == "PIPELINE_NOT_FOUND"
    assert not answer.HasField("batch")
    answer = await b.batches.BatchCreateTasks(batch_of({**alone, "labels": {}}), timeout=PATIENCE)
    assert answer.items[0].error.reason == "REQUEST_ID_REUSED"
