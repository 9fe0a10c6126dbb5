"""Uploads and downloads through a real gateway: what goes wrong has a type and leaves nothing behind."""

import asyncio
import os
import signal
import uuid
from contextlib import suppress
from typing import Any

import grpc
import pytest

from radmesh import status
from radmesh.blobs.v1 import image_service_pb2, upload_service_pb2
from radmesh.errors import Code
from radmesh.mesh import Mesh
from tests.integration.gateway.door import PNG, Door, name_of, other_png, refusal, until

ID = "uploads/" + "0" * 32
EVE = (("radmesh-principal", "eve"),)


async def test_an_image_goes_in_and_comes_out_as_it_was(door: Door) -> None:
    content = other_png() * 500
    image = await door.upload(content, sha256=name_of(content)[7:], file_extension=".PNG")
    assert (image.name, image.size_bytes, image.media_type) == (name_of(content), len(content), "image/png")
    assert image.expire_time.seconds > image.create_time.seconds
    request = image_service_pb2.GetImageRequest(name=image.name)
    assert (await door.images.GetImage(request)).image == image
    read, messages = await door.read(image.name)
    assert read == content
    assert (messages[0].size_bytes, messages[0].sha256) == (len(content), image.name[7:])
    assert max(len(one.chunk) for one in messages) <= 1 << 20
    assert door.listing().count(image.name) == 1


@pytest.mark.parametrize("offset", [1, 1 << 20, 1_536_007, 1_536_008])
async def test_a_download_goes_on_where_it_broke_off(door: Door, offset: int) -> None:
    image = await door.upload(PNG)
    read, messages = await door.read(image.name, offset)
    assert read == PNG[offset:]
    assert (messages[0].offset, messages[0].size_bytes) == (offset, len(PNG))


async def test_a_download_past_the_end_is_refused(door: Door) -> None:
    image = await door.upload(PNG)
    error = await refusal(door.read(image.name, len(PNG) + 1))
    assert (error.code, error.reason) == (Code.OUT_OF_RANGE, "OFFSET_MISMATCH")
    assert error.metadata == {"size_bytes": str(len(PNG))}
    assert (await refusal(door.read(image.name, -1))).reason == "INVALID_REQUEST"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("images/" + "0" * 64, "IMAGE_NOT_FOUND"),
        ("tasks/" + "0" * 32 + "/artifacts/mask.png", "TASK_NOT_FOUND"),
        ("tasks/" + "0" * 32 + "/artifacts/../../x", "INVALID_REQUEST"),
        ("images/../../etc/passwd", "INVALID_REQUEST"),
        ("/etc/passwd", "INVALID_REQUEST"),
        (ID, "INVALID_REQUEST"),
        ("", "INVALID_REQUEST"),
    ],
)
async def test_a_name_of_nothing_reads_nothing(door: Door, name: str, reason: str) -> None:
    assert (await refusal(door.read(name))).reason == reason


@pytest.mark.parametrize(
    ("fields", "code", "reason", "number"),
    [
        ({"request_id": "7"}, Code.INVALID_ARGUMENT, "INVALID_REQUEST", 10001),
        ({"request_id": str(uuid.uuid1())}, Code.INVALID_ARGUMENT, "INVALID_REQUEST", 10001),
        ({"size_bytes": 0}, Code.INVALID_ARGUMENT, "EMPTY_FILE", 10003),
        ({"size_bytes": -5}, Code.INVALID_ARGUMENT, "INVALID_REQUEST", 10001),
        ({"size_bytes": (4 << 20) + 1}, Code.INVALID_ARGUMENT, "IMAGE_TOO_LARGE", 10001),
        ({"size_bytes": 1 << 62}, Code.INVALID_ARGUMENT, "IMAGE_TOO_LARGE", 10001),
        ({"file_extension": ".pdf"}, Code.INVALID_ARGUMENT, "UNSUPPORTED_FORMAT", 10003),
        ({"file_extension": "/../../x"}, Code.INVALID_ARGUMENT, "INVALID_REQUEST", 10001),
        ({"sha256": "../x"}, Code.INVALID_ARGUMENT, "INVALID_REQUEST", 10001),
        ({"pipeline": "pipelines/none"}, Code.NOT_FOUND, "PIPELINE_NOT_FOUND", None),
        ({"pipeline": "../x"}, Code.INVALID_ARGUMENT, "INVALID_REQUEST", 10001),
    ],
)
async def test_an_upload_that_may_not_be_is_refused_before_a_byte_comes(
    door: Door, fields: dict[str, Any], code: Code, reason: str, number: int | None
) -> None:
    with door.nothing_left():
        error = await refusal(door.open(**fields))
    assert (error.code, error.reason, error.numeric_code) == (code, reason, number)


@pytest.mark.parametrize(
    ("content", "fields", "reason", "number"),
    [
        (PNG, {"sha256": "0" * 64}, "CHECKSUM_MISMATCH", 10001),
        (PNG, {"size_bytes": 1_000_000}, "IMAGE_TOO_LARGE", 10001),
        (PNG, {"size_bytes": len(PNG) + 1}, "UPLOAD_INCOMPLETE", None),
        (b"", {"size_bytes": 9}, "UPLOAD_INCOMPLETE", None),
        (PNG, {"file_extension": ".bmp"}, "FORMAT_MISMATCH", 10003),
        (b"no image", {}, "UNSUPPORTED_FORMAT", 10003),
        (bytes(128) + b"DICM", {"pipeline": "pipelines/steps"}, "UNSUPPORTED_FORMAT", 10003),
    ],
)
async def test_an_upload_that_turns_out_wrong_is_deleted(
    door: Door, content: bytes, fields: dict[str, Any], reason: str, number: int | None
) -> None:
    with door.nothing_left():
        upload = await door.open(content, **fields)
        error = await refusal(door.write(upload.name, content))
    assert (error.reason, error.numeric_code) == (reason, number)
    request = upload_service_pb2.GetUploadRequest(name=upload.name)
    assert (await refusal(lambda: door.uploads.GetUpload(request))).reason == "UPLOAD_NOT_FOUND"


async def test_the_limit_of_a_pipeline_goes_before_the_gateways(door: Door) -> None:
    with door.nothing_left():
        upload = await door.open(size_bytes=5 << 20, pipeline="pipelines/steps")
        await door.uploads.DeleteUpload(upload_service_pb2.DeleteUploadRequest(name=upload.name))


async def _stands_at_again(door: Door, name: str) -> int:
    """Where an upload stands once the gateway is back: a dead connection is found only by calls on it."""
    async with asyncio.timeout(30):
        while True:
            with suppress(grpc.RpcError):
                return await door.stands_at(name)
            await asyncio.sleep(0.02)


async def test_an_upload_is_resumed_after_the_gateway_was_killed(door: Door, gateway_mesh: Mesh) -> None:
    content = other_png() * 500
    upload = await door.open(content)
    call = door.uploads.WriteUpload()
    await call.write(upload_service_pb2.WriteUploadRequest(name=upload.name, chunk=content[: 1 << 20]))
    await call.write(
        upload_service_pb2.WriteUploadRequest(offset=1 << 20, chunk=content[1 << 20 : (1 << 20) + 5])
    )
    staged = door.blobs / upload.name
    await until(lambda: staged.exists() and staged.stat().st_size >= 1 << 20)
    gateway_mesh.process("gateway").signal(signal.SIGKILL)
    with pytest.raises(grpc.RpcError):
        await call
    offset = await _stands_at_again(door, upload.name)
    assert offset >= 1 << 20
    assert (await door.write(upload.name, content[offset:], offset)).image.name == name_of(content)
    assert (await door.read(name_of(content)))[0] == content


async def test_a_stream_that_breaks_off_is_resumed_as_soon_as_the_gateway_noticed(door: Door) -> None:
    content = other_png() * 500
    upload = await door.open(content)
    call = door.uploads.WriteUpload()
    await call.write(upload_service_pb2.WriteUploadRequest(name=upload.name, chunk=content[: 1 << 20]))
    await call.write(upload_service_pb2.WriteUploadRequest(offset=1 << 20, chunk=content[1 << 20 :][:500]))
    await until((door.blobs / upload.name).exists)
    call.cancel()

    async def resumed() -> bool:
        offset = await door.stands_at(upload.name)
        try:
            await door.write(upload.name, content[offset:], offset)
        except grpc.RpcError as error:
            return status.from_rpc_error(error).reason not in ("UPLOAD_BUSY", "OFFSET_MISMATCH")
        return True

    await until(resumed)
    assert (await door.read(name_of(content)))[0] == content


async def test_a_caller_in_the_middle_of_sending_gets_the_reason_and_not_a_broken_call(door: Door) -> None:
    upload = await door.open(other_png())
    for _ in range(20):
        error = await refusal(door.write(upload.name, PNG * 2, at=7, step=1 << 16))
        assert error.reason == "OFFSET_MISMATCH"


async def test_a_caller_that_sends_a_finished_file_again_gets_its_image(door: Door) -> None:
    content = other_png() * 300
    upload = await door.open(content)
    first = await door.write(upload.name, content)
    for _ in range(5):
        assert await door.write(upload.name, content, step=1 << 13) == first
    assert (
        await door.uploads.WriteUpload(iter([upload_service_pb2.WriteUploadRequest(name=upload.name)]))
    ).upload == first


async def test_a_second_writer_is_told_that_the_upload_is_busy(door: Door) -> None:
    upload = await door.open()
    first = door.uploads.WriteUpload()
    await first.write(upload_service_pb2.WriteUploadRequest(name=upload.name, chunk=PNG[: 1 << 20]))
    await until((door.blobs / upload.name).exists)
    error = await refusal(door.write(upload.name, PNG))
    assert (error.code, error.reason) == (Code.ABORTED, "UPLOAD_BUSY")
    assert error.retry_after
    deletion = upload_service_pb2.DeleteUploadRequest(name=upload.name)
    assert (await refusal(lambda: door.uploads.DeleteUpload(deletion))).reason == "UPLOAD_BUSY"
    await first.write(
        upload_service_pb2.WriteUploadRequest(offset=1 << 20, chunk=PNG[1 << 20 :], finish=True)
    )
    await first.done_writing()
    assert (await first).upload.image.name == name_of(PNG)


async def test_two_uploads_of_the_same_content_at_once_make_one_image(door: Door) -> None:
    content = other_png() * 300
    images = await asyncio.gather(*(door.upload(content) for _ in range(4)))
    assert {image.name for image in images} == {name_of(content)}
    assert (await door.read(name_of(content)))[0] == content


async def test_bytes_that_belong_elsewhere_tell_where_to_go_on(door: Door) -> None:
    upload = await door.open()
    await door.write(upload.name, PNG[:1000], finish=False)
    for at in (0, 999, 1001, 10**12):
        error = await refusal(door.write(upload.name, PNG[1000:], at))
        assert (error.code, error.reason) == (Code.OUT_OF_RANGE, "OFFSET_MISMATCH")
        assert error.metadata == {"offset": "1000"}
    assert (await door.write(upload.name, PNG[1000:], 1000)).image.name == name_of(PNG)


async def test_what_one_owner_uploads_does_not_exist_for_another(door: Door) -> None:
    content = other_png()
    upload = await door.open(content)
    for call in (
        lambda: door.uploads.GetUpload(upload_service_pb2.GetUploadRequest(name=upload.name), metadata=EVE),
        lambda: door.uploads.DeleteUpload(
            upload_service_pb2.DeleteUploadRequest(name=upload.name), metadata=EVE
        ),
    ):
        assert (await refusal(call)).reason == "UPLOAD_NOT_FOUND"
    image = (await door.write(upload.name, content)).image
    request = image_service_pb2.GetImageRequest(name=image.name)
    assert (await refusal(lambda: door.images.GetImage(request, metadata=EVE))).numeric_code == 12002


async def test_a_message_that_is_none_is_the_callers_error(door: Door) -> None:
    raw: Any = door.channel
    call = raw.stream_unary("/radmesh.blobs.v1.UploadService/WriteUpload")()
    await call.write(os.urandom(40) + b"\xff" * 20)
    await call.done_writing()
    with pytest.raises(grpc.RpcError) as caught:
        await call
    assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT
