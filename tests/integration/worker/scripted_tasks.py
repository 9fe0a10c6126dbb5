"""The other end of a Work stream, written out by the test: real gRPC, no task service behind it."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import struct_pb2

from radmesh.tasks.v1 import worker_service_pb2 as work
from radmesh.tasks.v1.worker_service_pb2_grpc import (
    WorkerServiceServicer,
    add_WorkerServiceServicer_to_server,
)
from services.chassis.blobs import BlobStore, open_blob_store
from services.chassis.channels import connect
from services.chassis.descriptors import descriptor_set
from services.chassis.model_process import ModelTimers
from services.chassis.worker import Worker
from services.chassis.worker_profile import WorkerProfile
from tests.integration.worker.steps import steps_pool
from tests.support.scripted import serve
from tests.support.steps_worker import StepsSettings, pipeline

HEARTBEAT_SECONDS = 0.1
LONG: dict[str, Any] = {"steps": 100_000, "step_seconds": 0.02}
PATIENCE_SECONDS = 30.0


@dataclass
class WorkStream:
    """One Work stream as the server sees it."""

    hello: work.WorkerHello
    context: Any
    inbox: asyncio.Queue[work.WorkRequest] = field(default_factory=asyncio.Queue)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    code: grpc.StatusCode | None = None

    async def send(self, **message: Any) -> None:
        await self.context.write(work.WorkResponse(**message))

    async def welcome(self, session: int = 1, heartbeat_seconds: float = HEARTBEAT_SECONDS) -> None:
        welcome = work.WorkerWelcome(session=session)
        welcome.heartbeat_interval.FromMilliseconds(int(heartbeat_seconds * 1000))
        welcome.lease_duration.FromSeconds(10)
        await self.send(welcome=welcome)

    async def next(self, kind: str) -> Any:
        """The next message of a kind; those of other kinds are passed over."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                request = await self.inbox.get()
                if request.WhichOneof("message") == kind:
                    return getattr(request, kind)

    async def acknowledge(self, lease: work.Lease, *, lost: bool = False, final: bool = True) -> None:
        standing = work.LEASE_STANDING_LEASE_LOST if lost else work.LEASE_STANDING_ACCEPTED
        answer = work.LeaseAcknowledgement(lease=lease, standing=standing, final=final)
        await self.send(acknowledgement=answer)

    def end(self, code: grpc.StatusCode = grpc.StatusCode.UNAVAILABLE) -> None:
        """Breaks the stream off."""
        self.code = code
        self.ended.set()


class ScriptedTasks(WorkerServiceServicer):
    """Hands each new stream to the test."""

    def __init__(self) -> None:
        self._streams: asyncio.Queue[WorkStream] = asyncio.Queue()

    async def stream(self) -> WorkStream:
        """The next stream that the worker opens, not welcomed yet."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self._streams.get()

    async def welcomed(self, session: int = 1, heartbeat_seconds: float = HEARTBEAT_SECONDS) -> WorkStream:
        """The next stream, welcomed."""
        stream = await self.stream()
        await stream.welcome(session, heartbeat_seconds)
        return stream

    # grpc.aio lets a method write instead of yield; the stubs do not know.
    async def Work(  # type: ignore[override]
        self, requests: AsyncIterator[work.WorkRequest], context: Any
    ) -> None:
        first = await anext(requests)
        stream = WorkStream(first.hello, context)
        self._streams.put_nowait(stream)

        async def read() -> None:
            async for request in requests:
                stream.inbox.put_nowait(request)

        reading = asyncio.create_task(read())
        ended = asyncio.create_task(stream.ended.wait())
        await asyncio.wait([reading, ended], return_when=asyncio.FIRST_COMPLETED)
        reading.cancel()
        ended.cancel()
        if stream.code is not None:
            await context.abort(stream.code, "ended by the test")


@dataclass(frozen=True)
class Bench:
    """A worker of steps, the server that it talks to, and the blob store between them.

    connected: what the worker said of its connection, in order.
    """

    tasks: ScriptedTasks
    worker: Worker
    blobs: BlobStore
    connected: list[bool]


@asynccontextmanager
async def steps_bench(
    folder: Path, timers: ModelTimers | None = None, *, slots: int = 1
) -> AsyncGenerator[Bench, None]:
    """A running worker; its model may still load."""
    tasks = ScriptedTasks()
    blobs = open_blob_store(folder.as_uri())
    profile = WorkerProfile(
        pipelines=(pipeline(StepsSettings(blobs=folder.as_uri())),),
        descriptor_set=descriptor_set(struct_pb2.Struct),
        version="0",
    )
    async with (
        serve(lambda server: add_WorkerServiceServicer_to_server(tasks, server)) as address,
        steps_pool(timers, slots=slots) as pool,
        connect(address, retries=False) as channel,
    ):
        connected: list[bool] = []
        worker = Worker(profile, pool, blobs, channel, welcome_seconds=2.0, on_connected=connected.append)
        worker.start()
        try:
            yield Bench(tasks, worker, blobs, connected)
        finally:
            await worker.stop()


async def heartbeat(stream: WorkStream, free_slots: int) -> work.WorkerHeartbeat:
    while True:
        beat: work.WorkerHeartbeat = await stream.next("heartbeat")
        if beat.free_slots == free_slots:
            return beat


async def assign(stream: WorkStream, given: work.Assignment) -> work.Lease:
    await stream.send(assignment=given)
    return given.lease
