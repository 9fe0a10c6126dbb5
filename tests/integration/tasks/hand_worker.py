"""A worker that a test drives by hand, message by message."""

import asyncio
import hashlib
import uuid
from collections.abc import Sequence
from typing import Any

import grpc
from google.protobuf import any_pb2, descriptor_pb2, struct_pb2

from radmesh.tasks.v1 import pipeline_pb2, task_pb2, worker_service_pb2_grpc
from radmesh.tasks.v1 import worker_service_pb2 as work

PATIENCE = 30.0


def struct_descriptors() -> bytes:
    """The descriptor set of google.protobuf.Struct, the result type of the test's pipelines."""
    found = descriptor_pb2.FileDescriptorSet()
    struct_pb2.DESCRIPTOR.CopyToProto(found.file.add())
    return found.SerializeToString()


def described(name: str, *, min_images: int = 0, max_attempts: int = 5) -> pipeline_pb2.Pipeline:
    """A pipeline that takes one image at most, and a threshold."""
    found = pipeline_pb2.Pipeline(
        name=f"pipelines/{name}",
        title="By hand",
        result_type="google.protobuf.Struct",
        max_attempts=max_attempts,
    )
    found.input.media_types.append("image/png")
    found.input.min_images, found.input.max_images, found.input.max_image_bytes = min_images, 1, 1000
    found.attempt_timeout.FromSeconds(600)
    found.queue_timeout.FromSeconds(600)
    parameter = found.parameters.add(name="threshold", type=pipeline_pb2.PIPELINE_PARAMETER_TYPE_NUMBER)
    parameter.default_value.number_value, parameter.min_value, parameter.max_value = 0.5, 0, 1
    model = found.models.add(name="models/hand")
    model.weights.add(name="models/hand/weights/official", digest=f"sha256:{'0' * 64}")
    return found


class HandWorker:
    """One worker identity; `connect` opens a stream, and again on another replica."""

    def __init__(self, *pipelines: pipeline_pb2.Pipeline, slots: int = 1) -> None:
        self.id = str(uuid.uuid4())
        self._pipelines = pipelines
        self._slots = slots
        self._writing = asyncio.Lock()
        self._call: Any = None
        self._reading: asyncio.Task[None] | None = None
        self._arrived: asyncio.Queue[work.WorkResponse] = asyncio.Queue()
        self.seen: list[work.WorkResponse] = []

    async def connect(
        self,
        channel: grpc.aio.Channel,
        leases: Sequence[work.Lease] = (),
        descriptor_set: bytes | None = None,
    ) -> work.WorkerWelcome:
        """Says hello and returns the welcome."""
        await self.leave()
        stub: Any = worker_service_pb2_grpc.WorkerServiceStub(channel)
        self._call = stub.Work()
        hello = work.WorkerHello(
            worker=self.id,
            pipelines=self._pipelines,
            descriptor_set=descriptor_set or struct_descriptors(),
            slots=self._slots,
            leases=leases,
        )
        self._arrived, self.seen = asyncio.Queue(), []
        await self._write(work.WorkRequest(hello=hello))
        self._reading = asyncio.ensure_future(self._read(self._call))
        return (await self.next("welcome")).welcome

    async def _write(self, message: work.WorkRequest) -> None:
        # gRPC takes one message at a time, and tests beat beside what else they do.
        async with self._writing:
            await self._call.write(message)

    async def _read(self, call: Any) -> None:
        while message := await call.read():
            self.seen.append(message)
            self._arrived.put_nowait(message)

    async def next(self, kind: str) -> work.WorkResponse:
        """The next message of a kind; others before it are passed over. Raises what ended the stream."""
        assert self._reading is not None
        async with asyncio.timeout(PATIENCE):
            while True:
                waiting = asyncio.ensure_future(self._arrived.get())
                await asyncio.wait({waiting, self._reading}, return_when=asyncio.FIRST_COMPLETED)
                if not waiting.done():
                    waiting.cancel()
                    await self._reading
                    raise EOFError(f"the stream ended before {kind}")
                if waiting.result().WhichOneof("message") == kind:
                    return waiting.result()

    async def assignment(self) -> work.Assignment:
        return (await self.next("assignment")).assignment

    async def describe(self, *pipelines: pipeline_pb2.Pipeline) -> None:
        """Tells that it serves its pipelines in another way from now on."""
        told = work.WorkerPipelines(pipelines=pipelines, descriptor_set=struct_descriptors())
        await self._write(work.WorkRequest(pipelines=told))

    async def beat(self, *leases: work.Lease, free_slots: int | None = None, draining: bool = False) -> None:
        free = self._slots - len(leases) if free_slots is None else free_slots
        beat = work.WorkerHeartbeat(leases=leases, free_slots=free, draining=draining)
        await self._write(work.WorkRequest(heartbeat=beat))

    async def settled(self) -> None:
        """Returns once the replica has taken every heartbeat that was sent before."""
        nobodys = work.Lease(task=f"tasks/{'0' * 32}", attempt=1, token=uuid.uuid4().hex)
        await self.progress(nobodys, 0.5)
        while (await self.next("acknowledgement")).acknowledgement.lease != nobodys:
            pass

    async def progress(self, lease: work.Lease, fraction: float) -> None:
        message = work.WorkerProgress(lease=lease, progress=task_pb2.TaskProgress(fraction=fraction))
        await self._write(work.WorkRequest(progress=message))

    async def outcome(self, lease: work.Lease, **outcome: Any) -> None:
        """Sends an outcome without waiting for its acknowledgement; a result when nothing is given."""
        message = work.WorkerOutcome(lease=lease, **(outcome or {"result": result_of("done")}))
        await self._write(work.WorkRequest(outcome=message))

    async def finish(self, lease: work.Lease, **outcome: Any) -> work.LeaseStanding:
        """Sends an outcome and returns how the lease stood."""
        await self.outcome(lease, **outcome)
        while True:
            found = (await self.next("acknowledgement")).acknowledgement
            if found.final and found.lease == lease:
                return found.standing

    async def outcomes_together(self, leases: Sequence[work.Lease]) -> None:
        """Sends a result for each lease, all in one message."""
        said = [work.WorkerOutcome(lease=lease, result=result_of("done")) for lease in leases]
        first, *more = [work.WorkRequest(outcome=one) for one in said]
        first.more.extend(more)
        await self._write(first)

    async def inspected(self, running: Sequence[work.Lease], held: Sequence[work.Lease] = ()) -> None:
        """Waits to be asked what it runs, and says so."""
        asked = (await self.next("inspect")).inspect
        answer = work.WorkerInspection(inspect_id=asked.inspect_id, running=running, held=held)
        await self._write(work.WorkRequest(inspection=answer))

    async def close_side(self) -> None:
        """Says nothing more, and returns once the replica has ended the stream in order."""
        await self._call.done_writing()
        assert self._reading is not None
        await asyncio.wait_for(self._reading, PATIENCE)

    async def leave(self) -> None:
        """Breaks the stream off, as a lost connection would."""
        if self._call is not None:
            self._call.cancel()
            self._call = None
        if self._reading is not None:
            await asyncio.gather(self._reading, return_exceptions=True)
            self._reading = None


def result_of(text: str) -> any_pb2.Any:
    """A result that carries a text."""
    message, packed = struct_pb2.Struct(), any_pb2.Any()
    message.update({"text": text})
    packed.Pack(message)
    return packed


def artifact_of(task: str, file_name: str, content: bytes) -> task_pb2.Artifact:
    """The artifact that stands for a file."""
    return task_pb2.Artifact(
        name=f"{task}/artifacts/{file_name}",
        file_name=file_name,
        media_type="image/png",
        size_bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
    )
