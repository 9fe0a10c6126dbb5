"""A segmentation service in the test's process, without `tasks`, and its direct calls."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest

from radmesh.errors import RadmeshError
from radmesh.status import from_rpc_error
from services.chassis.metrics import Metrics
from services.chassis.server import ServiceProcess
from services.segmentation.service import SegmentationService
from services.segmentation.settings import SegmentationSettings

Metadata = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Answer:
    """Everything that a call told. result: of the type that the call has."""

    stages: list[str]
    result: Any
    files: dict[str, bytes]


@dataclass(frozen=True)
class Running:
    """The service, its model loaded. method: of a stub, such as `OctaServiceStub(channel).SegmentVessels`."""

    service: SegmentationService
    channel: grpc.aio.Channel
    metrics: Metrics

    async def call(self, method: Any, request: Any, metadata: Metadata = ()) -> Answer:
        """All that a call tells. Each file's parts come in order, without a gap."""
        stages: list[str] = []
        files: dict[str, bytes] = {}
        result: Any = None
        async for response in method(request, metadata=metadata):
            kind = response.WhichOneof("message")
            if kind == "progress":
                stages.append(response.progress.stage)
            elif kind == "result":
                result = response.result
            else:
                held = files.get(response.file.file_name, b"")
                assert len(held) == response.file.offset
                files[response.file.file_name] = held + response.file.chunk
        return Answer(stages, result, files)

    async def refusal(self, method: Any, request: Any, metadata: Metadata = ()) -> RadmeshError:
        """The error that a call ends with."""
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await self.call(method, request, metadata)
        return from_rpc_error(caught.value)


@asynccontextmanager
async def running_service(blobs: Path, **settings: Any) -> AsyncGenerator[Running, None]:
    """settings: fields of SegmentationSettings."""
    metrics = Metrics()
    # Nobody listens at port 9: a direct call must not need `tasks`.
    chosen = SegmentationSettings(
        blobs=blobs.as_uri(),
        listen="127.0.0.1:0",
        tasks="127.0.0.1:9",
        threads=1,
        trust_principal=True,
        **settings,
    )
    service = SegmentationService(chosen, metrics)
    process = ServiceProcess(service, metrics)
    await process.start()
    try:
        service.pool.give_back(await service.pool.take())
        async with grpc.aio.insecure_channel(str(process.address)) as channel:
            yield Running(service, channel, metrics)
        await process.drain()
    finally:
        await process.stop()
