"""Brings an image in, going on where it stood after every break."""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncGenerator

import grpc

from radmesh.blobs.v1 import image_pb2, upload_service_pb2, upload_service_pb2_grpc
from radmesh.cancelling import is_cancelled
from radmesh.client.connection import CALL_TIMEOUT, CHUNK_BYTES
from radmesh.client.retry import Patience, Repeats, repeat
from radmesh.client.sources import BytesContent, OnUpload, Source, UploadProgress, UploadStage, unheard
from radmesh.early_status import EarlyStatus
from radmesh.errors import AbortedError, OffsetMismatchError, RadmeshError, UnavailableError
from radmesh.status import from_rpc_error

_GIVE_UP_SECONDS = 3.0


async def upload(
    stub: "upload_service_pb2_grpc.UploadServiceAsyncStub",
    source: Source,
    pipeline: str,
    patience: Patience,
    on_progress: OnUpload = unheard,
) -> image_pb2.Image:
    """The image of a source that arrived whole. Raises radmesh.errors, OSError.

    What arrived of one that is cancelled, or whose files fail, is deleted there if the server can be reached.
    """
    request = upload_service_pb2.CreateUploadRequest(
        request_id=str(uuid.uuid4()),
        size_bytes=source.content.size,
        sha256=source.sha256,
        file_extension=source.extension,
        pipeline=pipeline,
    )
    opened = (await repeat(patience, lambda: stub.CreateUpload(request, timeout=CALL_TIMEOUT))).upload
    if opened.HasField("image"):
        return opened.image  # the server has these bytes of this caller already
    sending = _Sending(stub, source, opened, on_progress)
    try:
        return await sending.to_the_end(patience)
    except BaseException as ended:
        if sending.failure or isinstance(ended, asyncio.CancelledError):
            await asyncio.shield(_give_up(stub, opened.name))
        raise
    finally:
        await asyncio.to_thread(source.content.close)


class _Sending:
    """One upload on its way. failure: why its own bytes could not be had."""

    def __init__(
        self,
        stub: "upload_service_pb2_grpc.UploadServiceAsyncStub",
        source: Source,
        opened: upload_service_pb2.Upload,
        on_progress: OnUpload,
    ) -> None:
        self._stub = stub
        self._source = source
        self._upload = opened
        self._on_progress = on_progress
        self.failure: Exception | None = None

    async def to_the_end(self, patience: Patience) -> image_pb2.Image:
        """Sends what is left, again and again if need be."""
        wanted = upload_service_pb2.GetUploadRequest(name=self._upload.name)
        repeats = Repeats(patience)
        while not self._upload.HasField("image"):
            start = self._upload.offset
            call = self._stub.WriteUpload(self._messages())
            early = EarlyStatus(call)
            try:
                self._upload = (await call).upload
            except (grpc.RpcError, asyncio.CancelledError) as broken:
                if self.failure and not is_cancelled():
                    # gRPC cancels a call whose requests cannot be had.
                    raise self.failure from None
                if not isinstance(broken, grpc.RpcError):
                    raise
                await _bear(repeats, await early.behind(broken))
                ask = lambda: self._stub.GetUpload(wanted, timeout=CALL_TIMEOUT)  # noqa: E731
                self._upload = (await repeat(patience, ask)).upload
                if self._upload.offset > start:
                    repeats.succeeded()
        return self._upload.image

    async def _messages(self) -> AsyncGenerator[upload_service_pb2.WriteUploadRequest, None]:
        name, offset, content = self._upload.name, self._upload.offset, self._source.content
        while True:
            try:
                chunk = await self._read(offset)
            except (OSError, RadmeshError) as error:
                self.failure = error
                raise
            self._on_progress(UploadProgress(UploadStage.SENDING, offset, content.size))
            last = offset + len(chunk) >= content.size or not chunk
            yield upload_service_pb2.WriteUploadRequest(name=name, offset=offset, chunk=chunk, finish=last)
            if last:
                return
            offset += len(chunk)
            name = ""  # only the first message needs it

    async def _read(self, offset: int) -> bytes:
        content = self._source.content
        if isinstance(content, BytesContent):
            return content.read(offset, CHUNK_BYTES)
        # In a thread, as a disk or a network share may be slow.
        return await asyncio.to_thread(content.read, offset, CHUNK_BYTES)


async def _bear(repeats: Repeats, broken: grpc.RpcError) -> None:
    """Waits before an upload goes on; raises what does not pass."""
    error = from_rpc_error(broken)
    if isinstance(error, OffsetMismatchError) or (
        isinstance(error, AbortedError) and error.reason == "UPLOAD_BUSY"
    ):
        # The server has not noticed yet that the stream before this one broke.
        error = UnavailableError(error.message, reason=error.reason, retry_after=0.1)
    await repeats.failed(error)


async def _give_up(stub: "upload_service_pb2_grpc.UploadServiceAsyncStub", name: str) -> None:
    """Deletes what arrived, in a moment or not at all: the server does so by itself after an hour."""
    request = upload_service_pb2.DeleteUploadRequest(name=name)
    patience = Patience(give_up_seconds=_GIVE_UP_SECONDS, last_delay=0.5)
    repeats = Repeats(patience)
    with contextlib.suppress(RadmeshError):
        while True:
            try:
                await stub.DeleteUpload(request, timeout=_GIVE_UP_SECONDS)
                return
            except grpc.RpcError as error:
                await _bear(repeats, error)
