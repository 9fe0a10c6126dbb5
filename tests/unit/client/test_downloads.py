"""A download through breaks: whole, checked, and on disk only then."""

import hashlib
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from radmesh import errors
from radmesh.blobs.v1 import blob_service_pb2, blob_service_pb2_grpc
from radmesh.client import Client, Patience
from tests.support.scripted import refuse, serve

QUICK = Patience(give_up_seconds=5.0, first_delay=0.005, last_delay=0.01)
CONTENT = bytes(range(251)) * 5000
NAME = "tasks/" + "c" * 32 + "/artifacts/mask.png"


class Blobs(blob_service_pb2_grpc.BlobServiceServicer):
    """Hands one blob out. breaks: after how many chunks each stream breaks. sha256: what it claims."""

    def __init__(self, content: bytes, breaks: list[int], sha256: str = "") -> None:
        self._content, self._breaks = content, breaks
        self._sha256 = sha256 or hashlib.sha256(content).hexdigest()
        self.offsets: list[int] = []

    async def ReadBlob(
        self, request: blob_service_pb2.ReadBlobRequest, context: Any
    ) -> AsyncGenerator[blob_service_pb2.ReadBlobResponse, None]:
        self.offsets.append(request.offset)
        left = self._breaks.pop(0) if self._breaks else None
        head = {"size_bytes": len(self._content), "sha256": self._sha256}
        for offset in range(request.offset, len(self._content) or 1, 100_000):
            if left == 0:
                await refuse(context, errors.UnavailableError("broken off", retry_after=0.0))
            left = left - 1 if left is not None else None
            chunk = self._content[offset : offset + 100_000]
            yield blob_service_pb2.ReadBlobResponse(offset=offset, chunk=chunk, **head)  # type: ignore[arg-type]
            head = {}


@asynccontextmanager
async def serving(servicer: Blobs) -> AsyncGenerator[Client, None]:
    async with (
        serve(lambda s: blob_service_pb2_grpc.add_BlobServiceServicer_to_server(servicer, s)) as address,
        Client(address, patience=QUICK) as client,
    ):
        yield client


@pytest.mark.parametrize("breaks", [[], [0], [3, 1, 0, 5]])
async def test_a_break_goes_on_at_the_byte_that_is_missing(breaks: list[int], tmp_path: Path) -> None:
    servicer = Blobs(CONTENT, list(breaks))
    async with serving(servicer) as client:
        path = await client.download(NAME, tmp_path / "mask.png")
    assert path.read_bytes() == CONTENT
    assert servicer.offsets == [sum(breaks[:count]) * 100_000 for count in range(len(breaks) + 1)]


async def test_an_empty_blob_is_an_empty_file(tmp_path: Path) -> None:
    async with serving(Blobs(b"", [])) as client:
        assert (await client.download(NAME, tmp_path / "empty")).read_bytes() == b""


async def test_a_damaged_blob_leaves_no_file(tmp_path: Path) -> None:
    async with serving(Blobs(CONTENT, [], sha256="0" * 64)) as client:
        with pytest.raises(errors.ChecksumMismatchError):
            await client.download(NAME, tmp_path / "mask.png")
    assert os.listdir(tmp_path) == []


async def test_a_damaged_blob_leaves_the_file_of_before(tmp_path: Path) -> None:
    (tmp_path / "mask.png").write_bytes(b"of before")
    async with serving(Blobs(CONTENT, [], sha256="0" * 64)) as client:
        with pytest.raises(errors.ChecksumMismatchError):
            await client.download(NAME, tmp_path / "mask.png")
    assert os.listdir(tmp_path) == ["mask.png"]
    assert (tmp_path / "mask.png").read_bytes() == b"of before"


async def test_a_blob_is_read_into_memory_too() -> None:
    async with serving(Blobs(CONTENT, [2])) as client:
        assert await client.read(NAME) == CONTENT
