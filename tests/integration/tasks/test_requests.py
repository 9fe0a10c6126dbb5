"""What is refused at the door of `tasks`, and how it says so."""

import asyncio
import uuid
from typing import Any

import grpc
import pytest
from google.protobuf import descriptor_pb2, struct_pb2

from radmesh.blobs.v1 import image_pb2, image_service_pb2
from radmesh.errors import InvalidRequestError, NumericCode, RadmeshError
from radmesh.status import from_rpc_error
from radmesh.tasks.v1 import follow_service_pb2, pipeline_service_pb2, task_service_pb2
from tests.integration.tasks.conftest import Replica
from tests.integration.tasks.hand_worker import PATIENCE, HandWorker, described

Replicas = tuple[Replica, Replica]
Workers = list[HandWorker]
SHA256 = "ab" * 32


async def refused(call: Any) -> RadmeshError:
    with pytest.raises(grpc.RpcError) as error:
        await call
    return from_rpc_error(error.value)


@pytest.fixture
async def known(replicas: Replicas, pipeline: str, workers: Workers) -> str:
    """A pipeline that a worker introduced before it left."""
    worker = HandWorker(described(pipeline))
    await worker.connect(replicas[0].channel)
    await worker.beat(draining=True)
    await worker.settled()
    # Only then the replica has written down that nobody is connected any more.
    await worker.close_side()
    await worker.leave()
    return pipeline


async def record(replica: Replica, **fields: Any) -> None:
    fields = {"name": f"images/{SHA256}", "size_bytes": 10, "media_type": "image/png", **fields}
    request = image_service_pb2.RecordImageRequest(image=image_pb2.Image(**fields))
    await replica.image_records.RecordImage(request)


async def test_an_unknown_pipeline_is_named_with_those_that_are_known(replicas: Replicas, known: str) -> None:
    error = await refused(replicas[1].create("never-seen"))
    assert (error.code.name, error.reason) == ("NOT_FOUND", "PIPELINE_NOT_FOUND")
    assert known in error.metadata["known_pipelines"]
    assert known in error.message


async def test_an_internal_pipeline_is_not_named_beside_an_unknown_one(
    replicas: Replicas, known: str, workers: Workers
) -> None:
    internal = described(f"{known}-internal")
    internal.operators_only = True
    workers.append(worker := HandWorker(internal))
    await worker.connect(replicas[0].channel)
    error = await refused(replicas[1].create("never-seen"))
    assert known in error.metadata["known_pipelines"].split(", ")
    assert internal.name.removeprefix("pipelines/") not in error.message + error.metadata["known_pipelines"]


async def test_every_violation_comes_at_once(replicas: Replicas, known: str) -> None:
    parameters = struct_pb2.Struct()
    parameters.update({"threshold": 7, "unheard_of": True})
    error = await refused(
        replicas[1].create(
            known, request_id="1", images=["images/x"], labels={"Ward": "west"}, parameters=parameters
        )
    )
    assert isinstance(error, InvalidRequestError)
    assert error.numeric_code == NumericCode.VALIDATION
    assert {one.field for one in error.violations} == {
        "request_id",
        "images[0]",
        "labels.Ward",
        "parameters.threshold",
        "parameters.unheard_of",
    }


async def test_a_request_id_stands_for_one_request(replicas: Replicas, known: str) -> None:
    a, b = replicas
    request_id = str(uuid.uuid4())
    first = await a.create(known, request_id=request_id)
    assert (await b.create(known, request_id=request_id)).name == first.name
    assert (await b.create(known, request_id=request_id.upper())).name == first.name
    error = await refused(b.create(known, request_id=request_id, labels={"ward": "east"}))
    assert (error.code.name, error.reason) == ("ALREADY_EXISTS", "REQUEST_ID_REUSED")
    assert error.numeric_code == NumericCode.DUPLICATE_ID


async def test_images_must_be_the_callers_and_such_as_the_pipeline_takes(
    replicas: Replicas, known: str
) -> None:
    a, b = replicas
    images = [f"images/{SHA256}"]
    error = await refused(b.create(known, images=[f"images/{'0' * 64}"]))
    assert (error.reason, error.numeric_code) == ("IMAGE_NOT_FOUND", NumericCode.IMAGE_NOT_FOUND)
    await record(a, media_type="image/tiff")
    assert (await refused(b.create(known, images=images))).reason == "UNSUPPORTED_FORMAT"
    await record(a, size_bytes=1001)
    assert (await refused(b.create(known, images=images))).reason == "IMAGE_TOO_LARGE"
    await record(a)
    task = await b.create(known, images=images)
    assert list(task.images) == images
    asked = image_service_pb2.GetImageRequest(name=images[0])
    assert (await a.images.GetImage(asked)).image.size_bytes == 10
    somebody = [("radmesh-principal", "somebody")]
    assert (await refused(a.images.GetImage(asked, metadata=somebody))).reason == "IMAGE_NOT_FOUND"


async def test_another_owner_sees_nothing_of_a_task(replicas: Replicas, known: str) -> None:
    a, b = replicas
    task = await a.create(known)
    somebody = [("radmesh-principal", "somebody")]
    for call in (
        b.tasks.GetTask(task_service_pb2.GetTaskRequest(name=task.name), metadata=somebody),
        b.tasks.CancelTask(task_service_pb2.CancelTaskRequest(name=task.name), metadata=somebody),
        b.logs.ReadTaskLog(follow_service_pb2.ReadTaskLogRequest(name=task.name), metadata=somebody),
        b.tasks.WatchTask(task_service_pb2.WatchTaskRequest(name=task.name), metadata=somebody).read(),
    ):
        assert (await refused(call)).reason == "TASK_NOT_FOUND"
    listed = await b.tasks.ListTasks(task_service_pb2.ListTasksRequest(), metadata=somebody)
    assert task.name not in {one.name for one in listed.tasks}


@pytest.mark.parametrize(("after", "reason"), [(99, "CURSOR_AHEAD"), (-1, "INVALID_REQUEST")])
async def test_a_cursor_that_cannot_be_is_refused(
    replicas: Replicas, known: str, after: int, reason: str
) -> None:
    task = await replicas[0].create(known)
    assert (await refused(replicas[1].watch(task.name, after).read())).reason == reason


async def test_tasks_are_listed_in_pages_by_filter(replicas: Replicas, known: str) -> None:
    a, b = replicas
    created = [await a.create(known, labels={"ward": ward}) for ward in ("west", "east", "west")]
    request = task_service_pb2.ListTasksRequest(
        page_size=1, filter=f"pipeline={known} AND labels.ward=west AND state=QUEUED"
    )
    found = []
    while True:
        page = await b.tasks.ListTasks(request)
        found += [task.name for task in page.tasks]
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token
    assert found == [created[0].name, created[2].name]
    for owner, count in ((created[0].owner, 3), ("somebody-else", 0)):
        of_owner = task_service_pb2.ListTasksRequest(filter=f"pipeline={known} AND owner={owner}")
        assert len((await b.tasks.ListTasks(of_owner)).tasks) == count
    bad = task_service_pb2.ListTasksRequest(filter="colour=blue", page_size=1)
    assert (await refused(b.tasks.ListTasks(bad))).reason == "INVALID_REQUEST"


async def test_a_pipeline_stays_known_without_a_worker(
    replicas: Replicas, known: str, workers: Workers
) -> None:
    request = pipeline_service_pb2.GetPipelineRequest(name=f"pipelines/{known}")

    async def connected_workers() -> int:
        found = (await replicas[1].pipelines.GetPipeline(request)).pipeline
        assert found.title == "By hand"
        return int(found.connected_workers)

    # What a replica read may be a second old.
    async with asyncio.timeout(PATIENCE):
        while await connected_workers():  # noqa: ASYNC110  it happens in another process
            await asyncio.sleep(0.05)
    workers.append(worker := HandWorker(described(known)))
    await worker.connect(replicas[0].channel)
    listed = await replicas[1].pipelines.ListPipelines(pipeline_service_pb2.ListPipelinesRequest())
    assert {one.name: one.connected_workers for one in listed.pipelines}[f"pipelines/{known}"] == 1


async def test_a_hello_that_breaks_rules_is_refused_with_all_of_them(
    replicas: Replicas, pipeline: str, workers: Workers
) -> None:
    bad = described(pipeline)
    bad.result_type = "unknown.Type"
    bad.parameters[0].default_value.number_value = 5
    workers.append(worker := HandWorker(bad, slots=0))
    error = await refused(worker.connect(replicas[0].channel))
    assert isinstance(error, InvalidRequestError)
    assert {one.field for one in error.violations} == {
        "hello.slots",
        "hello.pipelines[0].result_type",
        "hello.pipelines[0].parameters[0].default_value",
    }


async def test_a_type_that_means_something_else_is_refused_and_an_extended_one_is_not(
    replicas: Replicas, pipeline: str, workers: Workers
) -> None:
    name = f"example.{pipeline.replace('-', '_')}"

    def types(*fields: tuple[str, int]) -> bytes:
        found = descriptor_pb2.FileDescriptorSet()
        file = found.file.add(name=f"{pipeline}.proto", package=name, syntax="proto3")
        message = file.message_type.add(name="Result")
        for field, number in fields:
            message.field.add(name=field, number=number, type=1, label=1)
        return found.SerializeToString()

    one = described(pipeline)
    one.result_type = f"{name}.Result"
    for replica, offered in zip(replicas, (types(("area", 1)), types(("area", 1), ("mean", 2))), strict=True):
        workers.append(worker := HandWorker(one))
        await worker.connect(replica.channel, descriptor_set=offered)
    workers.append(worker := HandWorker(one))
    error = await refused(worker.connect(replicas[1].channel, descriptor_set=types(("area", 3))))
    assert (error.code.name, error.reason) == ("FAILED_PRECONDITION", "DESCRIPTOR_CONFLICT")
    assert error.metadata["type"] == f"{name}.Result"
    sets = await replicas[0].logs.ListDescriptorSets(follow_service_pb2.ListDescriptorSetsRequest())
    mine = [one for one in sets.descriptor_sets if one.content == types(("area", 1), ("mean", 2))]
    assert [pipe.name for pipe in mine[0].pipelines] == [f"pipelines/{pipeline}"]
