"""Brings an image in, going on where it stood after every break."""

import asyncio
import hashlib
import os
import uuid
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import grpc

from radmesh.blobs.v1 import image_pb2, upload_service_pb2, upload_service_pb2_grpc
from radmesh.client.connection import CALL_TIMEOUT, CHUNK_BYTES
from radmesh.client.retry import Patience, Repeats, repeat
from radmesh.early_status import EarlyStatus
from radmesh.errors import AbortedError, OffsetMismatchError, UnavailableError
from radmesh.status import from_rpc_error


@dataclass(frozen=True)
class Source:
    """The bytes of an image, readable at any offset. extension: with its dot, "" when not known."""

    size: int
    sha256: str
    extension: str
    content: bytes | None = None
    path: Path | None = None


async def open_source(image: bytes | str | os.PathLike[str], extension: str = "") -> Source:
    """Measures and hashes an image, off the event loop. Raises OSError when a file cannot be read."""
    if isinstance(image, bytes):
        digest = await asyncio.to_thread(lambda: hashlib.sha256(image).hexdigest())
        return Source(len(image), digest, extension, content=image)
    path = Path(image)
    size, digest = await asyncio.to_thread(_measure, path)
    return Source(size, digest, extension or path.suffix, path=path)


async def upload(
    stub: "upload_service_pb2_grpc.UploadServiceAsyncStub", source: Source, pipeline: str, patience: Patience
) -> image_pb2.Image:
    """The image of a source that arrived whole. Raises radmesh.errors."""
    request = upload_service_pb2.CreateUploadRequest(
        request_id=str(uuid.uuid4()),
        size_bytes=source.size,
        sha256=source.sha256,
        file_extension=source.extension,
        pipeline=pipeline,
    )
    opened = (await repeat(patience, lambda: stub.CreateUpload(request, timeout=CALL_TIMEOUT))).upload
    wanted = upload_service_pb2.GetUploadRequest(name=opened.name)
    repeats = Repeats(patience)
    while not opened.HasField("image"):
        start = opened.offset
        call = stub.WriteUpload(_messages(source, opened.name, start))
        early = EarlyStatus(call)
        try:
            opened = (await call).upload
        except grpc.RpcError as broken:
            await _bear(repeats, await early.behind(broken))
            opened = (await repeat(patience, lambda: stub.GetUpload(wanted, timeout=CALL_TIMEOUT))).upload
            if opened.offset > start:
                repeats.succeeded()
    return opened.image


async def _bear(repeats: Repeats, broken: grpc.RpcError) -> None:
    """Waits before an upload goes on; raises what does not pass."""
    error = from_rpc_error(broken)
    if isinstance(error, OffsetMismatchError) or (
        isinstance(error, AbortedError) and error.reason == "UPLOAD_BUSY"
    ):
        # The server has not noticed yet that the stream before this one broke.
        error = UnavailableError(error.message, reason=error.reason, retry_after=0.1)
    await repeats.failed(error)


async def _messages(
    source: Source, name: str, offset: int
) -> AsyncGenerator[upload_service_pb2.WriteUploadRequest, None]:
    reader = _Reader(source)
    try:
        while True:
            chunk = await reader.read(offset)
            last = offset + len(chunk) >= source.size or not chunk
            yield upload_service_pb2.WriteUploadRequest(name=name, offset=offset, chunk=chunk, finish=last)
            if last:
                return
            offset += len(chunk)
            name = ""  # only the first message needs it
    finally:
        reader.close()


class _Reader:
    """Reads chunks of a source; of a file in a thread, as a disk or a network share may be slow."""

    def __init__(self, source: Source) -> None:
        self._content = source.content
        self._path = source.path
        self._file: BinaryIO | None = None

    async def read(self, offset: int) -> bytes:
        if self._content is not None:
            return self._content[offset : offset + CHUNK_BYTES]
        return await asyncio.to_thread(self._read_file, offset)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def _read_file(self, offset: int) -> bytes:
        if self._file is None:
            assert self._path is not None
            self._file = self._path.open("rb")
        self._file.seek(offset)
        return self._file.read(CHUNK_BYTES)


def _measure(path: Path) -> tuple[int, str]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return file.tell(), digest
