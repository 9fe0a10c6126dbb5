"""Health answers by service name, and reflection gives every type away."""

from typing import Any

import grpc
import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from radmesh.status import from_rpc_error
from services.chassis.reflection import LayeredPool
from tests.integration.chassis.conftest import Running, running

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING
UNKNOWN = health_pb2.HealthCheckResponse.SERVICE_UNKNOWN


def health_of(served: Running) -> Any:
    return health_pb2_grpc.HealthStub(served.channel)


def asking(service: str) -> health_pb2.HealthCheckRequest:
    return health_pb2.HealthCheckRequest(service=service)


@pytest.mark.parametrize("service", ["", "radmesh.tasks.v1.TaskService", "radmesh.blobs.v1.UploadService"])
async def test_check_says_serving_for_every_name(served: Running, service: str) -> None:
    assert (await health_of(served).Check(asking(service))).status == SERVING


async def test_check_does_not_know_a_foreign_name(served: Running) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await health_of(served).Check(asking("radmesh.Nothing"))
    assert caught.value.code() == grpc.StatusCode.NOT_FOUND


async def test_watch_tells_the_change_when_the_process_drains_and_then_ends() -> None:
    async with running() as served:
        watches = [health_of(served).Watch(asking(name)) for name in ("", "radmesh.tasks.v1.TaskService")]
        foreign = health_of(served).Watch(asking("radmesh.Nothing"))
        assert [(await watch.read()).status for watch in watches] == [SERVING, SERVING]
        assert (await foreign.read()).status == UNKNOWN
        await served.process.drain()
        for watch in watches:
            assert (await watch.read()).status == NOT_SERVING
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await watch.read()
            assert from_rpc_error(caught.value).reason == "DRAINING"


async def reflect(served: Running, *requests: reflection_pb2.ServerReflectionRequest) -> list[Any]:
    stub = reflection_pb2_grpc.ServerReflectionStub(served.channel)
    return [one async for one in stub.ServerReflectionInfo(iter(requests))]


async def test_reflection_lists_the_services(served: Running) -> None:
    [answer] = await reflect(served, reflection_pb2.ServerReflectionRequest(list_services=""))
    assert {one.name for one in answer.list_services_response.service} == {
        "grpc.health.v1.Health",
        "grpc.reflection.v1.ServerReflection",
        "grpc.reflection.v1alpha.ServerReflection",
        "radmesh.blobs.v1.UploadService",
        "radmesh.gateway.v1.AnalysisService",
        "radmesh.tasks.v1.TaskService",
    }


async def test_reflection_gives_enough_to_call_a_method_without_a_stub(served: Running) -> None:
    request = reflection_pb2.ServerReflectionRequest(file_containing_symbol="radmesh.tasks.v1.TaskService")
    [answer] = await reflect(served, request)
    pool = descriptor_pool.DescriptorPool()
    files = [
        descriptor_pb2.FileDescriptorProto.FromString(raw)
        for raw in answer.file_descriptor_response.file_descriptor_proto
    ]
    for _ in files:
        for file in files:
            if all(name in {one.name for one in files} for name in file.dependency):
                try:
                    pool.Add(file)
                except TypeError:
                    continue
    method = pool.FindServiceByName("radmesh.tasks.v1.TaskService").methods_by_name["GetTask"]
    ask = message_factory.GetMessageClass(method.input_type)(name="who")
    call = served.channel.unary_unary(f"/{method.containing_service.full_name}/{method.name}", None, None)
    told: Any = message_factory.GetMessageClass(method.output_type).FromString(
        await call(ask.SerializeToString())
    )
    assert told.task.name.startswith("local")


@pytest.mark.parametrize(
    "symbol",
    [
        "grpc.health.v1.Health",
        "grpc.reflection.v1.ServerReflection",
        "radmesh.tasks.v1.TaskService",
        "google.rpc.ErrorInfo",
    ],
)
async def test_reflection_knows_what_a_caller_meets(served: Running, symbol: str) -> None:
    [answer] = await reflect(served, reflection_pb2.ServerReflectionRequest(file_containing_symbol=symbol))
    assert answer.HasField("file_descriptor_response")


async def test_newer_tools_find_reflection_under_its_newer_name(served: Running) -> None:
    call = served.channel.stream_stream(
        "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
        request_serializer=reflection_pb2.ServerReflectionRequest.SerializeToString,
        response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
    )
    answers = [one async for one in call(iter([reflection_pb2.ServerReflectionRequest(list_services="")]))]
    assert len(answers[0].list_services_response.service) == 6


def test_a_foreign_pool_adds_types_and_hides_none_of_ours() -> None:
    foreign = descriptor_pool.DescriptorPool()
    file = descriptor_pb2.FileDescriptorProto(name="hip.proto", package="hospital.hip.v1", syntax="proto3")
    file.message_type.add(name="HipResult")
    foreign.Add(file)
    ours = descriptor_pool.Default()
    pool = LayeredPool(ours, foreign)
    assert pool.FindFileContainingSymbol("hospital.hip.v1.HipResult").name == "hip.proto"
    assert pool.FindMessageTypeByName("radmesh.tasks.v1.Task") is ours.FindMessageTypeByName(
        "radmesh.tasks.v1.Task"
    )
    with pytest.raises(KeyError):
        pool.FindFileByName("nothing.proto")
