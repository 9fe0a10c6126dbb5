"""The gateway as a caller meets it: its stubs on one channel, and what the tests do with them."""

import asyncio
import hashlib
import inspect
import uuid
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest

from radmesh import status
from radmesh.blobs.v1 import (
    blob_service_pb2,
    blob_service_pb2_grpc,
    image_pb2,
    image_service_pb2_grpc,
    upload_service_pb2,
    upload_service_pb2_grpc,
)
from radmesh.early_status import EarlyStatus
from radmesh.errors import RadmeshError
from radmesh.gateway.v1 import analysis_service_pb2_grpc
from radmesh.models.v1 import model_pb2, model_service_pb2, model_service_pb2_grpc
from radmesh.tasks.v1 import (
    pipeline_service_pb2_grpc,
    task_pb2,
    task_service_pb2,
    task_service_pb2_grpc,
)

PATIENCE = 30.0
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 6000
_OPTIONS = [("grpc.initial_reconnect_backoff_ms", 50), ("grpc.max_reconnect_backoff_ms", 200)]


class Door:
    """The services of one gateway. blobs: the folder behind it."""

    def __init__(self, address: str, blobs: Path) -> None:
        self.address = address
        self.blobs = blobs
        self.channel = grpc.aio.insecure_channel(address, _OPTIONS)
        self.uploads: Any = upload_service_pb2_grpc.UploadServiceStub(self.channel)
        self.images: Any = image_service_pb2_grpc.ImageServiceStub(self.channel)
        self.reading: Any = blob_service_pb2_grpc.BlobServiceStub(self.channel)
        self.tasks: Any = task_service_pb2_grpc.TaskServiceStub(self.channel)
        self.pipelines: Any = pipeline_service_pb2_grpc.PipelineServiceStub(self.channel)
        self.models: Any = model_service_pb2_grpc.ModelServiceStub(self.channel)
        self.analysis: Any = analysis_service_pb2_grpc.AnalysisServiceStub(self.channel)

    async def open(self, content: bytes = PNG, **fields: Any) -> upload_service_pb2.Upload:
        """Opens an upload."""
        fields = {"request_id": str(uuid.uuid4()), "size_bytes": len(content), **fields}
        request = upload_service_pb2.CreateUploadRequest(**fields)
        answer = await self.uploads.CreateUpload(request, timeout=PATIENCE, wait_for_ready=True)
        return answer.upload  # type: ignore[no-any-return]

    async def stands_at(self, name: str) -> int:
        """The offset of an upload."""
        request = upload_service_pb2.GetUploadRequest(name=name)
        answer = await self.uploads.GetUpload(request, timeout=PATIENCE, wait_for_ready=True)
        return answer.upload.offset  # type: ignore[no-any-return]

    async def write(
        self, name: str, content: bytes, at: int = 0, *, finish: bool = True, step: int = 400_000
    ) -> upload_service_pb2.Upload:
        """Sends the content in chunks; raises what the gateway answers, also while it is still being sent."""
        call = self.uploads.WriteUpload(timeout=PATIENCE)
        early = EarlyStatus(call)
        starts = range(0, max(len(content), 1), step)
        try:
            for start in starts:
                last = start == starts[-1]
                part = upload_service_pb2.WriteUploadRequest(
                    name=name, offset=at + start, chunk=content[start : start + step], finish=finish and last
                )
                await call.write(part)
            await call.done_writing()
        except (grpc.RpcError, grpc.aio.UsageError):
            pass  # the gateway has answered already: what it says comes next
        try:
            return (await call).upload  # type: ignore[no-any-return]
        except grpc.RpcError as error:
            raise await early.behind(error) from None

    async def upload(self, content: bytes = PNG, **fields: Any) -> image_pb2.Image:
        """Uploads an image in one go."""
        opened = await self.open(content, **fields)
        return (await self.write(opened.name, content)).image

    async def read(self, name: str, offset: int = 0) -> tuple[bytes, list[blob_service_pb2.ReadBlobResponse]]:
        """The bytes of a blob from an offset on, and the messages that carried them."""
        request = blob_service_pb2.ReadBlobRequest(name=name, offset=offset)
        messages = [one async for one in self.reading.ReadBlob(request, timeout=PATIENCE)]
        return b"".join(one.chunk for one in messages), messages

    async def create(self, images: Sequence[str] = (), **parameters: Any) -> task_pb2.Task:
        """Creates a task of pipeline `steps`."""
        request = task_service_pb2.CreateTaskRequest(
            request_id=str(uuid.uuid4()), pipeline="pipelines/steps", images=images
        )
        request.parameters.update(parameters)
        answer = await self.tasks.CreateTask(request, timeout=PATIENCE)
        return answer.task  # type: ignore[no-any-return]

    async def get(self, name: str) -> task_pb2.Task:
        """The task as it is."""
        answer = await self.tasks.GetTask(task_service_pb2.GetTaskRequest(name=name), timeout=PATIENCE)
        return answer.task  # type: ignore[no-any-return]

    async def model(self, name: str) -> model_pb2.Model:
        """A model of the catalogue."""
        request = model_service_pb2.GetModelRequest(name=name)
        return (await self.models.GetModel(request, timeout=PATIENCE)).model  # type: ignore[no-any-return]

    def watch(self, name: str, after: int | None = None) -> AsyncIterator[task_service_pb2.WatchTaskResponse]:
        """An open watch."""
        request = task_service_pb2.WatchTaskRequest(name=name, after_sequence=after)
        return self.tasks.WatchTask(request, timeout=2 * PATIENCE)  # type: ignore[no-any-return]

    def listing(self) -> list[str]:
        """Every file in the blob folder but those that claims stand for."""
        files = (path for path in self.blobs.rglob("*") if path.is_file())
        names = (str(path.relative_to(self.blobs)) for path in files)
        return sorted(name for name in names if not name.startswith(".claims/"))

    @contextmanager
    def nothing_left(self) -> Iterator[None]:
        """Asserts that the blob folder is afterwards as it was."""
        before = self.listing()
        yield
        assert self.listing() == before


def name_of(content: bytes) -> str:
    """The name of the image that a content is."""
    return f"images/{hashlib.sha256(content).hexdigest()}"


def other_png() -> bytes:
    """An image that no other test has."""
    return PNG[:5000] + uuid.uuid4().bytes


async def refusal(call: Coroutine[Any, Any, Any] | Callable[[], Any]) -> RadmeshError:
    """The error that a call ends with."""
    with pytest.raises(grpc.RpcError) as caught:
        await (call() if callable(call) else call)
    return status.from_rpc_error(caught.value)


async def until(holds: Callable[[], Any]) -> None:
    """Waits until something holds; `holds` may be a coroutine function."""
    async with asyncio.timeout(PATIENCE):
        while True:
            found = holds()
            if await found if inspect.isawaitable(found) else found:
                return
            await asyncio.sleep(0.01)
