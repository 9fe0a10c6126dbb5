"""A probe service in this process, and stubs that talk to it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import grpc
import pytest

from radmesh.blobs.v1 import upload_service_pb2_grpc
from radmesh.gateway.v1 import analysis_service_pb2_grpc
from radmesh.tasks.v1 import task_service_pb2, task_service_pb2_grpc
from services.chassis.metrics import Metrics
from services.chassis.server import ServiceProcess
from tests.integration.chassis.probe import Probe, ProbeSettings


@dataclass(frozen=True)
class Running:
    """A probe that runs in this process, and a bare channel to it."""

    process: ServiceProcess
    probe: Probe
    channel: grpc.aio.Channel

    @property
    def address(self) -> str:
        return str(self.process.address)

    @property
    def tasks(self) -> Any:
        return task_service_pb2_grpc.TaskServiceStub(self.channel)

    @property
    def uploads(self) -> Any:
        return upload_service_pb2_grpc.UploadServiceStub(self.channel)

    @property
    def analyses(self) -> Any:
        return analysis_service_pb2_grpc.AnalysisServiceStub(self.channel)

    async def ask(self, name: str, **options: Any) -> str:
        """What GetTask answers to `act/argument`."""
        answer = await self.tasks.GetTask(task_service_pb2.GetTaskRequest(name=name), **options)
        return str(answer.task.name)


async def until(holds: Callable[[], bool]) -> None:
    """Waits for what a process does on its own time."""
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110  nothing tells when it does
            await asyncio.sleep(0.01)


@asynccontextmanager
async def running(**settings: Any) -> AsyncIterator[Running]:
    probe = Probe(ProbeSettings(**{"drain_seconds": 2.0, "trust_principal": True, **settings}))
    process = ServiceProcess(probe, Metrics())
    try:
        await process.start()
        async with grpc.aio.insecure_channel(str(process.address)) as channel:
            yield Running(process, probe, channel)
    finally:
        await process.stop()


@pytest.fixture
async def served() -> AsyncIterator[Running]:
    async with running(metrics_listen="127.0.0.1:0") as one:
        yield one
