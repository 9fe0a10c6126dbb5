"""Fetches a blob whole and checked, going on where it stood after every break."""

import asyncio
import hashlib
import os
import secrets
from pathlib import Path
from typing import Protocol

import grpc

from radmesh.blobs.v1 import blob_service_pb2, blob_service_pb2_grpc
from radmesh.client.retry import Patience, Repeats
from radmesh.errors import ChecksumMismatchError, UnavailableError
from radmesh.status import from_rpc_error


class Sink(Protocol):
    """Takes the bytes of a blob in order."""

    async def write(self, chunk: bytes) -> None:
        """Appends a chunk."""


class MemorySink:
    """Keeps the bytes in memory."""

    def __init__(self) -> None:
        self.content = bytearray()

    async def write(self, chunk: bytes) -> None:
        """Appends a chunk."""
        self.content += chunk


class FileSink:
    """Writes a file that appears under its name only when it is whole."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
        self._file = self._temporary.open("wb")

    async def write(self, chunk: bytes) -> None:
        """Appends a chunk."""
        await asyncio.to_thread(self._file.write, chunk)

    async def keep(self) -> None:
        """Gives the file its name, after its bytes are on disk."""
        await asyncio.to_thread(self._keep)

    def drop(self) -> None:
        """Removes what was written unless it was kept."""
        self._file.close()
        self._temporary.unlink(missing_ok=True)

    def _keep(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._temporary.replace(self._path)


async def download_to(
    stub: "blob_service_pb2_grpc.BlobServiceAsyncStub", name: str, path: Path, patience: Patience
) -> None:
    """Writes a blob to a file, atomically. Raises radmesh.errors and OSError; then no file is left."""
    sink = FileSink(path)
    try:
        await fetch(stub, name, sink, patience)
        await sink.keep()
    finally:
        sink.drop()


async def fetch(
    stub: "blob_service_pb2_grpc.BlobServiceAsyncStub", name: str, sink: Sink, patience: Patience
) -> None:
    """Hands a blob to a sink and checks its length and SHA-256. Raises radmesh.errors."""
    received = _Received()
    repeats = Repeats(patience)
    while not received.whole:
        call = stub.ReadBlob(blob_service_pb2.ReadBlobRequest(name=name, offset=received.offset))
        try:
            async for message in call:
                repeats.succeeded()
                await sink.write(received.take(name, message))
            if not received.whole:
                await repeats.failed(UnavailableError(f"{name} ended early, at byte {received.offset}."))
        except grpc.RpcError as broken:
            await repeats.failed(from_rpc_error(broken))
        finally:
            call.cancel()
    received.check(name)


class _Received:
    """How much of a blob arrived, over all streams."""

    def __init__(self) -> None:
        self.offset = 0
        self._size: int | None = None
        self._sha256 = ""
        self._digest = hashlib.sha256()

    @property
    def whole(self) -> bool:
        return self._size is not None and self.offset >= self._size

    def take(self, name: str, message: blob_service_pb2.ReadBlobResponse) -> bytes:
        if message.sha256:
            if self._size is not None and message.sha256 != self._sha256:
                raise ChecksumMismatchError(f"{name} changed while it was read. Read it again.")
            self._size, self._sha256 = message.size_bytes, message.sha256
        if message.chunk and message.offset != self.offset:
            raise ChecksumMismatchError(f"{name}: byte {message.offset} came where {self.offset} belongs.")
        self._digest.update(message.chunk)
        self.offset += len(message.chunk)
        return message.chunk

    def check(self, name: str) -> None:
        if self._digest.hexdigest() != self._sha256:
            raise ChecksumMismatchError(f"{name} arrived damaged: its SHA-256 is not {self._sha256}.")
