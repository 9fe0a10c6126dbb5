"""How long the gateway lets `tasks` answer: for the caller's own time where a call looks at everything."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from radmesh.blobs.v1 import sweep_service_pb2, sweep_service_pb2_grpc
from radmesh.client import Client
from radmesh.errors import UnavailableError
from radmesh.tasks.v1 import admin_service_pb2, admin_service_pb2_grpc
from services.chassis.metrics import Metrics
from services.chassis.server import ServiceProcess
from services.gateway.service import Gateway
from services.gateway.settings import GatewaySettings
from tests.support.scripted import refuse, serve

LIMIT, LONG_LIMIT = 5.0, 700.0
LONG = ["CheckStuckTasks", "RecoverTasks", "SweepBlobs"]
Context = grpc.aio.ServicerContext[Any, Any]


class SlowTasks(admin_service_pb2_grpc.AdminServiceServicer, sweep_service_pb2_grpc.SweepServiceServicer):
    """Notes by method how long each call may take. away: it has no store."""

    def __init__(self) -> None:
        self.given: dict[str, list[float]] = {}
        self.away = False

    async def CheckStuckTasks(self, request: Any, context: Context) -> Any:
        return await self._answer("CheckStuckTasks", admin_service_pb2, context)

    async def RecoverTasks(self, request: Any, context: Context) -> Any:
        return await self._answer("RecoverTasks", admin_service_pb2, context)

    async def ListWorkers(self, request: Any, context: Context) -> Any:
        return await self._answer("ListWorkers", admin_service_pb2, context)

    async def SweepBlobs(self, request: Any, context: Context) -> Any:
        return await self._answer("SweepBlobs", sweep_service_pb2, context)

    async def _answer(self, method: str, messages: Any, context: Context) -> Any:
        self.given.setdefault(method, []).append(context.time_remaining())
        if self.away:
            await refuse(context, UnavailableError("away", reason="STORE_UNAVAILABLE"))
        return getattr(messages, f"{method}Response")()


@pytest.fixture
async def tasks() -> AsyncIterator[tuple[SlowTasks, str]]:
    found = SlowTasks()  # type: ignore[abstract]  # the stubs want every method written
    async with serve(
        lambda server: admin_service_pb2_grpc.add_AdminServiceServicer_to_server(found, server),
        lambda server: sweep_service_pb2_grpc.add_SweepServiceServicer_to_server(found, server),
    ) as address:
        yield found, address


@pytest.fixture
async def gateway(tasks: tuple[SlowTasks, str], tmp_path: Path) -> AsyncIterator[str]:
    settings = GatewaySettings(
        tasks=tasks[1],
        listen="127.0.0.1:0",
        metrics_listen="",
        blobs=tmp_path.as_uri(),
        tasks_timeout_seconds=LIMIT,
        long_call_seconds=LONG_LIMIT,
        drain_seconds=0.1,
    )
    process = ServiceProcess(Gateway(settings, Metrics()), Metrics())
    try:
        await process.start()
        yield str(process.address)
    finally:
        await process.stop()


async def ask(address: str, method: str, timeout: float | None) -> None:
    sweeps = method == "SweepBlobs"
    messages: Any = sweep_service_pb2 if sweeps else admin_service_pb2
    async with grpc.aio.insecure_channel(address) as channel:
        stub: Any = (
            sweep_service_pb2_grpc.SweepServiceStub(channel)
            if sweeps
            else admin_service_pb2_grpc.AdminServiceStub(channel)
        )
        await getattr(stub, method)(getattr(messages, f"{method}Request")(), timeout=timeout)


@pytest.mark.parametrize("method", LONG)
async def test_a_call_that_looks_at_everything_may_take_its_time(
    tasks: tuple[SlowTasks, str], gateway: str, method: str
) -> None:
    for timeout in (None, 60.0, LONG_LIMIT * 9):
        await ask(gateway, method, timeout)
    unbounded, own, too_long = tasks[0].given[method]
    assert [round(one, -1) for one in (unbounded, own, too_long)] == [LONG_LIMIT, 60.0, LONG_LIMIT]


async def test_any_other_call_is_answered_soon_or_not_at_all(
    tasks: tuple[SlowTasks, str], gateway: str
) -> None:
    for timeout in (None, 60.0):
        await ask(gateway, "ListWorkers", timeout)
    assert all(one < 2 * LIMIT for one in tasks[0].given["ListWorkers"])


async def test_the_client_gives_them_their_time(tasks: tuple[SlowTasks, str], gateway: str) -> None:
    async with Client(gateway) as client:
        await asyncio.gather(
            client.admin.check_stuck_tasks(), client.admin.recover_tasks(), client.admin.sweep_blobs()
        )
    assert {method for method, (given,) in tasks[0].given.items() if given > 500.0} == set(LONG)


async def test_a_recovery_is_asked_for_once(tasks: tuple[SlowTasks, str], gateway: str) -> None:
    """A second one with `force` would end the attempts that the first began."""
    tasks[0].away = True
    for method in ("RecoverTasks", "CheckStuckTasks"):
        with pytest.raises(grpc.aio.AioRpcError):
            await ask(gateway, method, None)
    asked = {method: len(given) for method, given in tasks[0].given.items()}
    assert asked == {"RecoverTasks": 1, "CheckStuckTasks": 4}
