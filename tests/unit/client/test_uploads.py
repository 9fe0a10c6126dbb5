"""An upload through breaks: it goes on where the server stands, and ends with the image whole."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from radmesh import errors
from radmesh.blobs.v1 import image_pb2, upload_service_pb2, upload_service_pb2_grpc
from radmesh.client import Client, Patience
from tests.support.scripted import refuse, serve

QUICK = Patience(give_up_seconds=5.0, first_delay=0.005, last_delay=0.01)
CONTENT = bytes(range(256)) * 4096 * 3 + b"tail"
AWAY = errors.UnavailableError("broken off", retry_after=0.0)
NAME = "uploads/" + "b" * 32


class Uploads(upload_service_pb2_grpc.UploadServiceServicer):
    """Keeps one upload. breaks: after how many chunks each stream is broken off."""

    def __init__(self, breaks: list[int], *, lose_answer: bool = False, busy: int = 0) -> None:
        self._breaks, self._lose_answer, self._busy = breaks, lose_answer, busy
        self.content = b""
        self.created: list[upload_service_pb2.CreateUploadRequest] = []
        self.deleted: list[str] = []
        self._image: image_pb2.Image | None = None
        self.arrived = asyncio.Event()

    async def CreateUpload(
        self, request: upload_service_pb2.CreateUploadRequest, context: Any
    ) -> upload_service_pb2.CreateUploadResponse:
        self.created.append(request)
        return upload_service_pb2.CreateUploadResponse(upload=self._upload())

    async def GetUpload(
        self, request: upload_service_pb2.GetUploadRequest, context: Any
    ) -> upload_service_pb2.GetUploadResponse:
        return upload_service_pb2.GetUploadResponse(upload=self._upload())

    async def WriteUpload(
        self, messages: AsyncIterator[upload_service_pb2.WriteUploadRequest], context: Any
    ) -> upload_service_pb2.WriteUploadResponse:
        if self._busy:
            self._busy -= 1
            await refuse(context, errors.AbortedError("another stream writes", reason="UPLOAD_BUSY"))
        left = self._breaks.pop(0) if self._breaks else None
        async for message in messages:
            self.arrived.set()
            if left == 0:
                await refuse(context, AWAY)
            left = left - 1 if left is not None else None
            if message.offset != len(self.content):
                await refuse(context, errors.OffsetMismatchError("not there"))
            self.content += message.chunk
            if message.finish:
                digest = hashlib.sha256(self.content).hexdigest()
                if digest != self.created[0].sha256:
                    await refuse(context, errors.ChecksumMismatchError("not what was declared"))
                self._image = image_pb2.Image(name=f"images/{digest}")
        if self._lose_answer:
            self._lose_answer = False
            await refuse(context, AWAY)
        return upload_service_pb2.WriteUploadResponse(upload=self._upload())

    async def DeleteUpload(
        self, request: upload_service_pb2.DeleteUploadRequest, context: Any
    ) -> upload_service_pb2.DeleteUploadResponse:
        self.content = b""
        self.deleted.append(request.name)
        return upload_service_pb2.DeleteUploadResponse()

    def _upload(self) -> upload_service_pb2.Upload:
        return upload_service_pb2.Upload(name=NAME, offset=len(self.content), image=self._image)


@asynccontextmanager
async def serving(servicer: Uploads) -> AsyncGenerator[Client, None]:
    async with (
        serve(lambda s: upload_service_pb2_grpc.add_UploadServiceServicer_to_server(servicer, s)) as address,
        Client(address, patience=QUICK) as client,
    ):
        yield client


async def test_a_file_is_declared_and_sent_whole(tmp_path: Path) -> None:
    path = tmp_path / "scan.PNG"
    path.write_bytes(CONTENT)
    servicer = Uploads([])
    async with serving(servicer) as client:
        image = await client.upload(path, pipeline="octa-vessels")
    declared = servicer.created[0]
    assert image.name == f"images/{hashlib.sha256(CONTENT).hexdigest()}"
    assert servicer.content == CONTENT
    assert (declared.size_bytes, declared.file_extension) == (len(CONTENT), ".PNG")
    assert declared.pipeline == "pipelines/octa-vessels"
    assert "scan" not in str(declared), "a file's name may identify a patient"


@pytest.mark.parametrize("breaks", [[0], [1, 0, 2], [3]])
async def test_a_break_goes_on_at_the_offset_that_the_server_has(breaks: list[int]) -> None:
    servicer = Uploads(breaks)
    async with serving(servicer) as client:
        await client.upload(CONTENT)
    assert servicer.content == CONTENT
    assert len(servicer.created) == 1


async def test_an_upload_whose_answer_was_lost_is_not_sent_again() -> None:
    servicer = Uploads([], lose_answer=True)
    async with serving(servicer) as client:
        assert (await client.upload(CONTENT)).name
    assert servicer.content == CONTENT


async def test_an_upload_that_the_server_thinks_busy_is_tried_again() -> None:
    servicer = Uploads([], busy=2)
    async with serving(servicer) as client:
        await client.upload(CONTENT)
    assert servicer.content == CONTENT


async def test_a_refusal_is_raised_as_its_error(tmp_path: Path) -> None:
    servicer = Uploads([])
    servicer.content = b"x"  # something of another upload: the checksum cannot be right
    async with serving(servicer) as client:
        with pytest.raises(errors.ChecksumMismatchError):
            await client.upload(b"12345")


async def test_an_empty_image_reaches_the_server_that_refuses_it() -> None:
    servicer = Uploads([])
    async with serving(servicer) as client:
        await client.upload(b"")
    assert servicer.created[0].size_bytes == 0


async def test_a_missing_file_is_an_os_error(tmp_path: Path) -> None:
    async with Client("127.0.0.1:1") as client:
        with pytest.raises(FileNotFoundError):
            await client.upload(tmp_path / "none.png")
