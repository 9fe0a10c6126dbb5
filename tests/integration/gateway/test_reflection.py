"""Reflection at the public door knows the results of workers that the gateway has never heard of."""

import asyncio
import json
import sys
import uuid
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import any_pb2, descriptor_pb2, descriptor_pool, message_factory

from radmesh.mesh import Mesh
from radmesh.tasks.v1 import pipeline_pb2, task_service_pb2
from tests.integration.gateway.door import Door, until
from tests.integration.tasks.hand_worker import HandWorker, described

_BUF = Path(sys.executable).parent / "buf"
_TEXT, _NUMBER = (
    descriptor_pb2.FieldDescriptorProto.TYPE_STRING,
    descriptor_pb2.FieldDescriptorProto.TYPE_DOUBLE,
)


def spleen_file(package: str, *more_fields: str) -> descriptor_pb2.FileDescriptorProto:
    """The proto of a hospital's own model."""
    file = descriptor_pb2.FileDescriptorProto(
        name=f"{package}/spleen.proto", package=package, syntax="proto3"
    )
    message = file.message_type.add(name="SpleenResult")
    fields = [("volume_ml", _NUMBER), ("remark", _TEXT), *((name, _TEXT) for name in more_fields)]
    for number, (name, kind) in enumerate(fields, 1):
        message.field.add(name=name, number=number, type=kind, label=1, json_name=name)
    return file


def spleen_pipeline(pipeline: str, package: str) -> pipeline_pb2.Pipeline:
    """A pipeline whose results are of that proto."""
    found = described(pipeline)
    found.result_type = f"{package}.SpleenResult"
    return found


def packed_result(file: descriptor_pb2.FileDescriptorProto, **fields: Any) -> any_pb2.Any:
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    found = pool.FindMessageTypeByName(f"{file.package}.SpleenResult")
    packed = any_pb2.Any()
    packed.Pack(message_factory.GetMessageClass(found)(**fields))
    return packed


async def curl(door: Door, method: str, **request: Any) -> dict[str, Any]:
    """What `buf curl` prints for a call, by reflection alone."""
    process = await asyncio.create_subprocess_exec(
        *(_BUF, "curl", "--protocol", "grpc", "--http2-prior-knowledge", "-d", json.dumps(request)),
        f"http://{door.address}/{method}",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    return json.loads(out)  # type: ignore[no-any-return]


async def test_a_stock_client_lists_creates_and_reads_a_typed_result(door: Door, gateway_mesh: Mesh) -> None:
    pipeline = f"spleen-{uuid.uuid4().hex[:8]}"
    package = f"hospital{uuid.uuid4().hex[:8]}.v1"
    worker = HandWorker(spleen_pipeline(pipeline, package))
    async with grpc.aio.insecure_channel(gateway_mesh.process("tasks-0").address) as channel:
        file = spleen_file(package)
        files = descriptor_pb2.FileDescriptorSet(file=[file])
        await worker.connect(channel, descriptor_set=files.SerializeToString())
        try:
            listed = await curl(door, "radmesh.tasks.v1.PipelineService/ListPipelines")
            assert f"pipelines/{pipeline}" in {one["name"] for one in listed["pipelines"]}
            created = await curl(
                door,
                "radmesh.tasks.v1.TaskService/CreateTask",
                requestId=str(uuid.uuid4()),
                pipeline=f"pipelines/{pipeline}",
                parameters={"threshold": 0.25},
            )
            name = created["task"]["name"]
            assert created["task"]["parameters"] == {"threshold": 0.25}
            lease = (await worker.assignment()).lease
            await worker.finish(lease, result=packed_result(file, volume_ml=181.5, remark="smooth"))

            async def typed() -> bool:
                try:
                    return "volume_ml" in json.dumps(
                        await curl(door, "radmesh.tasks.v1.TaskService/GetTask", name=name)
                    )
                except AssertionError:
                    return False  # the gateway looks for new types five times a second

            await until(typed)
            got = await curl(door, "radmesh.tasks.v1.TaskService/GetTask", name=name)
            assert got["task"]["state"] == "TASK_STATE_SUCCEEDED"
            result = got["task"]["result"]
            assert result.pop("@type").endswith(f"/{package}.SpleenResult")
            assert result == {"volume_ml": 181.5, "remark": "smooth"}
        finally:
            await worker.leave()


async def test_a_later_version_of_a_type_takes_the_place_of_the_first(door: Door, gateway_mesh: Mesh) -> None:
    pipeline = f"spleen-{uuid.uuid4().hex[:8]}"
    package = f"hospital{uuid.uuid4().hex[:8]}.v1"
    async with grpc.aio.insecure_channel(gateway_mesh.process("tasks-0").address) as channel:
        for more in ((), ("vendor",)):
            worker = HandWorker(spleen_pipeline(pipeline, package))
            file = spleen_file(package, *more)
            content = descriptor_pb2.FileDescriptorSet(file=[file]).SerializeToString()
            await worker.connect(channel, descriptor_set=content)
            task = await door.tasks.CreateTask(
                task_service_pb2.CreateTaskRequest(
                    request_id=str(uuid.uuid4()), pipeline=f"pipelines/{pipeline}"
                )
            )
            lease = (await worker.assignment()).lease
            await worker.finish(lease, result=packed_result(file, **dict.fromkeys(more, "ours")))
            await worker.leave()
    name = task.task.name

    async def knows_the_new_field() -> bool:
        try:
            got = await curl(door, "radmesh.tasks.v1.TaskService/GetTask", name=name)
        except AssertionError:
            return False
        return bool(got["task"]["result"].get("vendor") == "ours")

    await until(knows_the_new_field)
