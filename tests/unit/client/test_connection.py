"""The channel to a gateway, in the surroundings that hospitals have."""

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from radmesh.client.connection import open_channel
from services.chassis.health import Health
from tests.support.scripted import serve


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
async def test_a_proxy_of_the_hospital_is_not_asked_for_this_machine(
    host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    async with (
        serve(lambda server: health_pb2_grpc.add_HealthServicer_to_server(Health(), server)) as address,
        open_channel(f"{host}:{address.rpartition(':')[2]}") as channel,
    ):
        asked = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=10)
        assert (await asked).status == health_pb2.HealthCheckResponse.NOT_SERVING, "it was asked"


async def test_a_proxy_is_asked_for_another_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    async with open_channel("radmesh.invalid:50051") as channel:
        with pytest.raises(grpc.aio.AioRpcError, match=r"127\.0\.0\.1:9"):
            await health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=10)
