"""A repeated Analyze returns the first answer, whatever has become of its pipeline since."""

import uuid
from collections.abc import AsyncIterator, Callable
from typing import Any

import grpc
import pytest

from radmesh.mesh import Mesh
from radmesh.status import from_rpc_error
from radmesh.tasks.v1 import admin_service_pb2, admin_service_pb2_grpc, pipeline_pb2, task_pb2
from radmesh.tasks.v1.pipeline_service_pb2 import GetPipelineRequest
from radmesh.tasks.v1.pipeline_service_pb2_grpc import PipelineServiceStub
from radmesh.tasks.v1.task_service_pb2 import CancelTaskRequest
from tests.integration.gateway.door import PATIENCE, Door, other_png, refusal, until
from tests.integration.gateway.test_analyze import analyze, header, snapshot_of
from tests.integration.tasks.hand_worker import HandWorker, described


def taking(content: bytes, pipeline: str) -> pipeline_pb2.Pipeline:
    found = described(pipeline, min_images=1)
    found.input.max_image_bytes = len(content)
    return found


Replicas = list[grpc.aio.Channel]


@pytest.fixture
async def replicas(gateway_mesh: Mesh) -> AsyncIterator[Replicas]:
    """Channels to `tasks` itself."""
    found = [grpc.aio.insecure_channel(gateway_mesh.process(f"tasks-{place}").address) for place in (0, 1)]
    yield found
    for one in found:
        await one.close(None)


async def introduce(replicas: Replicas, pipeline: pipeline_pb2.Pipeline) -> None:
    """A worker brings a pipeline, and leaves; returns once every replica knows it so."""
    worker = HandWorker(pipeline)
    await worker.connect(replicas[0])
    await worker.beat(draining=True)
    await worker.close_side()
    await worker.leave()
    request = GetPipelineRequest(name=pipeline.name)
    for replica in replicas:
        stub: Any = PipelineServiceStub(replica)

        async def known(stub: Any = stub) -> bool:
            answer = await stub.GetPipeline(request, timeout=PATIENCE)
            return bool(answer.pipeline.input == pipeline.input)

        await until(known)


async def forgotten(replicas: Replicas, pipeline: str) -> None:
    """Returns once no replica knows the pipeline: the one that was not asked hears of it by the feed."""
    for replica in replicas:
        stub: Any = PipelineServiceStub(replica)

        async def unknown(stub: Any = stub) -> bool:
            try:
                await stub.GetPipeline(GetPipelineRequest(name=pipeline), timeout=PATIENCE)
            except grpc.RpcError as error:
                return from_rpc_error(error).reason == "PIPELINE_NOT_FOUND"
            return False

        await until(unknown)


async def ended(door: Door, first: Any, content: bytes) -> task_pb2.Task:
    """The task of an Analyze, cancelled."""
    told = await snapshot_of(door, first, content)
    answer = await door.tasks.CancelTask(CancelTaskRequest(name=told.snapshot.task.name))
    return answer.task  # type: ignore[no-any-return]


async def test_the_first_task_is_told_after_the_pipeline_was_deleted(door: Door, replicas: Replicas) -> None:
    content, pipeline = other_png(), f"gone-{uuid.uuid4().hex[:8]}"
    await introduce(replicas, taking(content, pipeline))
    first = header(content, pipeline=f"pipelines/{pipeline}", parameters={"threshold": 1})
    task = await ended(door, first, content)
    admin: Any = admin_service_pb2_grpc.AdminServiceStub(door.channel)
    deleted = admin_service_pb2.DeletePipelineRequest(name=f"pipelines/{pipeline}")
    await admin.DeletePipeline(deleted, timeout=PATIENCE)
    for _ in range(2):
        messages = await analyze(door, first, content)
        assert [one.WhichOneof("message") for one in messages] == ["image", "snapshot"]
        assert messages[0].image.name == task.images[0]
        again = messages[1].snapshot.task
        assert (again.name, again.state) == (task.name, task_pb2.TASK_STATE_CANCELLED)
    assert (await refusal(analyze(door, first, other_png()))).reason == "REQUEST_ID_REUSED"
    await forgotten(replicas, f"pipelines/{pipeline}")
    another = header(content, pipeline=f"pipelines/{pipeline}")
    with door.nothing_left():
        assert (await refusal(analyze(door, another, content))).reason == "PIPELINE_NOT_FOUND"


CHANGES: dict[str, Callable[[pipeline_pb2.Pipeline], object]] = {
    "IMAGE_TOO_LARGE": lambda one: setattr(one.input, "max_image_bytes", 5),
    "UNSUPPORTED_FORMAT": lambda one: one.input.media_types.__setitem__(0, "image/tiff"),
}


@pytest.mark.parametrize("reason", CHANGES)
@pytest.mark.parametrize("extension", ["", ".png"])
async def test_the_first_task_is_told_though_its_pipeline_takes_other_images_now(
    door: Door, replicas: Replicas, reason: str, extension: str
) -> None:
    content, pipeline = other_png(), f"other-{uuid.uuid4().hex[:8]}"
    before = taking(content, pipeline)
    await introduce(replicas, before)
    fields: dict[str, Any] = {
        "pipeline": before.name,
        "parameters": {"threshold": 1},
        "file_extension": extension,
    }
    first = header(content, **fields)
    task = await ended(door, first, content)
    CHANGES[reason](before)
    await introduce(replicas, before)
    another = await refusal(analyze(door, header(content, **fields), content))
    assert another.reason == reason
    assert (await analyze(door, first, content))[1].snapshot.task.name == task.name
