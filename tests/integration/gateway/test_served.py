"""Reflection at the public door tells of what is served there, and of nothing else."""

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from google.protobuf import descriptor_pb2
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

import radmesh
from tests.integration.gateway.door import PATIENCE, Door

_TRIES = 20


def contract() -> Iterator[Any]:
    """Every service of our protos."""
    for found in pkgutil.walk_packages(radmesh.__path__, "radmesh."):
        if found.name.endswith("_service_pb2"):
            yield from importlib.import_module(found.name).DESCRIPTOR.services_by_name.values()


async def is_served(door: Door, service: Any) -> bool:
    # One that is refused while it still writes loses its answer in grpcio's client, and sees INTERNAL.
    for _ in range(_TRIES):
        if (code := await _answered(door, service)) is not grpc.StatusCode.INTERNAL:
            return code is not grpc.StatusCode.UNIMPLEMENTED
    raise AssertionError(f"{service.full_name} answers INTERNAL")


async def _answered(door: Door, service: Any) -> grpc.StatusCode:
    call = door.channel.stream_stream(f"/{service.full_name}/{service.methods[0].name}", None, None)
    answers = call(iter([b""]), timeout=PATIENCE)
    try:
        await answers.read()
    except grpc.aio.AioRpcError as error:
        return error.code()
    finally:
        answers.cancel()
    return grpc.StatusCode.OK


async def reflected(door: Door, **request: str) -> Any:
    stub = reflection_pb2_grpc.ServerReflectionStub(door.channel)
    asked = reflection_pb2.ServerReflectionRequest(**request)
    return await stub.ServerReflectionInfo(iter([asked]), timeout=PATIENCE).read()


async def test_the_services_that_are_listed_are_those_that_are_served(door: Door) -> None:
    answer = await reflected(door, list_services="")
    listed = {one.name for one in answer.list_services_response.service}
    ours = {one.full_name for one in contract() if await is_served(door, one)}
    assert len(ours) > 10
    assert listed == ours | {
        "grpc.health.v1.Health",
        "grpc.reflection.v1.ServerReflection",
        "grpc.reflection.v1alpha.ServerReflection",
    }


@pytest.mark.parametrize(
    "internal",
    [
        "radmesh.tasks.v1.FollowService",
        "radmesh.tasks.v1.WorkerService",
        "radmesh.blobs.v1.ImageRecordService",
    ],
)
async def test_no_internal_service_is_told_by_its_name(door: Door, internal: str) -> None:
    answer = await reflected(door, file_containing_symbol=internal)
    assert answer.HasField("error_response")


async def test_no_file_tells_of_an_internal_service(door: Door) -> None:
    shown = set()
    for service in contract():
        answer = await reflected(door, file_by_filename=service.file.name)
        for content in answer.file_descriptor_response.file_descriptor_proto:
            file = descriptor_pb2.FileDescriptorProto.FromString(content)
            shown |= {f"{file.package}.{one.name}" for one in file.service}
    assert shown == {one.full_name for one in contract() if await is_served(door, one)}
