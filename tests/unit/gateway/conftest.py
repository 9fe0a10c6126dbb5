"""A scripted `tasks`, and a hub that is fed by it."""

from collections.abc import AsyncGenerator

import grpc
import pytest

from radmesh.tasks.v1.follow_service_pb2_grpc import add_FollowServiceServicer_to_server
from services.chassis.channels import connect
from tests.unit.gateway.scripted_tasks import PATIENCE, Gateway, ScriptedTasks


@pytest.fixture(params=[False, True], ids=["plain", "sends logs"])
async def tasks(request: pytest.FixtureRequest) -> ScriptedTasks:
    return ScriptedTasks(sends_logs=request.param)


@pytest.fixture
async def address(tasks: ScriptedTasks) -> AsyncGenerator[str, None]:
    server = grpc.aio.server()
    add_FollowServiceServicer_to_server(tasks, server)
    server.add_generic_rpc_handlers([tasks.calls_handler()])
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    yield f"127.0.0.1:{port}"
    await server.stop(None)


@pytest.fixture
async def gateway(address: str) -> AsyncGenerator[Gateway, None]:
    channel = connect(address)
    found = Gateway(channel, patience=PATIENCE)
    yield found
    await found.logs.stop()
    await channel.close(None)
