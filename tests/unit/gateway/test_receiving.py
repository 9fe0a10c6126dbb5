"""One upload from its opening to its image, over a real folder of blobs."""

import asyncio
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from radmesh.errors import (
    AbortedError,
    ChecksumMismatchError,
    ExhaustedError,
    FailedPreconditionError,
    ImageFormatError,
    ImageTooLargeError,
    InvalidRequestError,
    OffsetMismatchError,
    PipelineNotFoundError,
    RadmeshError,
    RequestIdReusedError,
    UnavailableError,
    UploadNotFoundError,
)
from services.gateway.uploads.sweep import Sweep
from services.gateway.uploads.wire import UploadPart
from tests.unit.gateway.upload_door import OWNER, PNG, Door, halves, name_of, stream


@pytest.fixture
def door(tmp_path: Path) -> Door:
    return Door(tmp_path / "blobs")


async def test_chunks_of_any_size_become_the_image_that_they_are(door: Door) -> None:
    upload = await door.open(sha256=name_of(PNG).removeprefix("images/"), file_extension=".png")
    image = await door.write(upload, PNG[:1], PNG[1:7], *halves(PNG[7:-9]), PNG[-9:])
    assert (image.name, image.size_bytes, image.media_type) == (name_of(PNG), len(PNG), "image/png")
    assert await door.blobs.read(image.name) == PNG
    assert door.recorded == [image.name]


async def test_a_broken_stream_keeps_what_arrived_and_another_gateway_goes_on(door: Door) -> None:
    upload = await door.open()
    parts = [UploadPart(f"uploads/{upload.upload_id}", 0, PNG[:1_000_000])]
    parts.append(UploadPart("", 1_000_000, PNG[1_000_000:1_200_000]))
    arrived = asyncio.Event()

    async def silence() -> None:
        arrived.set()
        await asyncio.Event().wait()

    receiving = asyncio.create_task(door.receiver.receive(OWNER, stream(parts, silence)))
    await arrived.wait()
    receiving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await receiving
    restarted = Door(door.folder)
    known = await restarted.uploads.get(OWNER, upload.upload_id)
    offset = await restarted.uploads.offset(known)
    assert offset == 1_200_000
    image = await restarted.write(known, *halves(PNG[offset:]), at=offset)
    assert image.name == name_of(PNG)


async def test_a_stream_that_ends_without_finish_tells_where_it_stands(door: Door) -> None:
    upload = await door.open()
    parts = [UploadPart(f"uploads/{upload.upload_id}", 0, PNG[:500])]
    found, offset = await door.receiver.receive(OWNER, stream(parts))
    assert (found.image, offset) == (None, 500)


async def test_finishing_again_returns_the_image_of_the_first_time(door: Door) -> None:
    upload = await door.open()
    first = await door.write(upload, *halves(PNG))
    assert await door.write(upload, PNG[:10]) == first
    assert await door.uploads.offset(await door.uploads.get(OWNER, upload.upload_id)) == len(PNG)
    assert door.recorded == [first.name]


@pytest.mark.parametrize(
    ("content", "declared", "error", "reason"),
    [
        (PNG, {"sha256": "0" * 64}, ChecksumMismatchError, "CHECKSUM_MISMATCH"),
        (PNG, {"size_bytes": len(PNG) - 1}, ImageTooLargeError, "IMAGE_TOO_LARGE"),
        (PNG, {"size_bytes": len(PNG) + 1}, FailedPreconditionError, "UPLOAD_INCOMPLETE"),
        (PNG, {"size_bytes": 10}, ImageTooLargeError, "IMAGE_TOO_LARGE"),
        (PNG, {"file_extension": ".tif"}, ImageFormatError, "FORMAT_MISMATCH"),
        (b"plain text", {}, ImageFormatError, "UNSUPPORTED_FORMAT"),
        (b"", {"size_bytes": 5}, FailedPreconditionError, "UPLOAD_INCOMPLETE"),
    ],
)
async def test_what_no_chunk_can_mend_leaves_nothing_behind(
    door: Door, content: bytes, declared: dict[str, Any], error: type[RadmeshError], reason: str
) -> None:
    upload = await door.open(content, **declared)
    with pytest.raises(error) as caught:
        await door.write(upload, *(halves(content) or (b"",)))
    assert caught.value.reason == reason
    assert door.listing() == []
    assert door.recorded == []


@pytest.mark.parametrize("at", [1, 499, 501, 10**15, -1])
async def test_bytes_that_belong_elsewhere_are_refused_with_the_offset(door: Door, at: int) -> None:
    upload = await door.open()
    await door.write(upload, PNG[:500], finish=False)
    with pytest.raises(OffsetMismatchError) as caught:
        await door.write(upload, PNG[500:], at=at)
    assert caught.value.metadata["offset"] == "500"
    assert (await door.write(upload, *halves(PNG[500:]), at=500)).name == name_of(PNG)


async def test_a_wrong_offset_within_a_stream_keeps_what_came_before_it(door: Door) -> None:
    upload = await door.open()
    name = f"uploads/{upload.upload_id}"
    parts = [UploadPart(name, 0, PNG[:500]), UploadPart(name, 400, PNG[400:])]
    with pytest.raises(OffsetMismatchError):
        await door.receiver.receive(OWNER, stream(parts))
    assert await door.uploads.offset(upload) == 500


async def test_a_chunk_over_the_limit_of_a_message_is_refused(door: Door) -> None:
    upload = await door.open()
    with pytest.raises(InvalidRequestError):
        await door.write(upload, PNG[: (1 << 20) + 1])


async def test_a_second_writer_is_told_that_the_upload_is_busy(door: Door) -> None:
    upload = await door.open()
    arrived, go_on = asyncio.Event(), asyncio.Event()

    async def wait() -> None:
        arrived.set()
        await go_on.wait()

    parts = [UploadPart(f"uploads/{upload.upload_id}", 0, PNG[:500])]
    first = asyncio.create_task(door.receiver.receive(OWNER, stream(parts, wait)))
    await arrived.wait()
    with pytest.raises(AbortedError) as caught:
        await door.write(upload, PNG)
    assert caught.value.reason == "UPLOAD_BUSY"
    go_on.set()
    await first
    assert (await door.write(upload, *halves(PNG[500:]), at=500)).name == name_of(PNG)


async def test_two_uploads_of_the_same_content_at_once_make_one_image(door: Door) -> None:
    uploads = [await door.open() for _ in range(4)]
    images = await asyncio.gather(*(door.write(upload, *halves(PNG)) for upload in uploads))
    assert {image.name for image in images} == {name_of(PNG)}
    assert [name for name in door.listing() if not name.endswith(".json")] == [name_of(PNG)]
    assert await door.blobs.read(name_of(PNG)) == PNG


async def test_an_image_that_nobody_could_be_told_of_is_finished_later(door: Door) -> None:
    upload = await door.open()
    door.away = True
    with pytest.raises(UnavailableError):
        await door.write(upload, *halves(PNG))
    assert not any(name.startswith("images/") for name in door.listing())
    door.away = False
    assert (await door.write(upload, b"", at=len(PNG))).name == name_of(PNG)


async def test_a_request_id_opens_one_upload_and_no_other(door: Door) -> None:
    request_id = str(uuid.uuid4())
    first = await door.open(request_id=request_id)
    await door.write(first, PNG[:500], finish=False)
    again = await Door(door.folder).open(request_id=request_id)
    assert again == first
    assert await door.uploads.offset(again) == 500
    with pytest.raises(RequestIdReusedError) as caught:
        await door.open(b"another", request_id=request_id)
    assert caught.value.numeric_code == 10002


async def test_a_repeat_finds_its_upload_though_its_pipeline_is_gone(door: Door) -> None:
    request_id = str(uuid.uuid4())
    first = await door.open(request_id=request_id, pipeline="pipelines/p", media_types=("image/png",))
    door.known_pipelines = False
    assert await door.open(request_id=request_id, pipeline="pipelines/p") == first
    with pytest.raises(PipelineNotFoundError):
        await door.open(pipeline="pipelines/p")
    with pytest.raises(RequestIdReusedError):
        await door.open(b"another", request_id=request_id, pipeline="pipelines/p")


async def test_an_upload_that_expired_starts_anew_with_the_same_request(door: Door) -> None:
    request_id = str(uuid.uuid4())
    await door.write(await door.open(request_id=request_id), PNG[:500], finish=False)
    door.now += timedelta(hours=2)
    anew = await door.open(request_id=request_id)
    assert await door.uploads.offset(anew) == 0
    assert (await door.write(anew, *halves(PNG))).name == name_of(PNG)


async def test_an_upload_is_its_owners_alone(door: Door) -> None:
    upload = await door.open()
    with pytest.raises(UploadNotFoundError):
        await door.uploads.get("eve", upload.upload_id)
    with pytest.raises(UploadNotFoundError):
        await door.receiver.receive("eve", stream([UploadPart(f"uploads/{upload.upload_id}", 0, PNG[:5])]))


@pytest.mark.parametrize("name", ["", "uploads/../x", "uploads/" + "g" * 32, "images/" + "a" * 64])
async def test_a_stream_that_names_no_upload_is_refused(door: Door, name: str) -> None:
    with pytest.raises(InvalidRequestError):
        await door.receiver.receive(OWNER, stream([UploadPart(name, 0, PNG[:5])]))
    with pytest.raises(InvalidRequestError):
        await door.receiver.receive(OWNER, stream([]))


async def test_a_nearly_full_disk_refuses_uploads_before_it_is_full(door: Door) -> None:
    upload = await door.open()
    full = Door(door.folder, min_free_bytes=1 << 60)
    for refused in (full.open(), full.write(upload, PNG[:5])):
        with pytest.raises(ExhaustedError) as caught:
            await refused
        assert caught.value.reason == "DISK_FULL"
        assert caught.value.retry_after
    assert door.listing() == []


async def test_the_sweep_gives_up_what_nobody_goes_on_with(door: Door) -> None:
    forgotten, finished, alive = [await door.open() for _ in range(3)]
    await door.write(forgotten, PNG[:500], finish=False)
    await door.write(finished, *halves(PNG))
    sweep = Sweep(door.uploads, door.metrics, unrecorded_keep=0.0)
    await sweep.look()
    assert len(door.listing()) == 5
    door.now += timedelta(minutes=50)
    await door.write(alive, PNG[:500], finish=False)
    door.now += timedelta(minutes=50)
    with pytest.raises(UploadNotFoundError):
        await door.uploads.get(OWNER, forgotten.upload_id)
    await sweep.look()
    kept = [name_of(PNG), f"uploads/{alive.upload_id}", f"uploads/{alive.upload_id}.json"]
    assert door.listing() == kept


async def test_the_sweep_clears_staged_bytes_without_a_record_only_after_their_time(door: Door) -> None:
    await door.blobs.append("uploads/" + "a" * 32, 0, b"lost")
    await door.blobs.append("uploads/" + "b" * 32, 0, b"being written")
    with door.uploads.hold("b" * 32):
        await Sweep(door.uploads, door.metrics, unrecorded_keep=3600.0).look()
        assert len(door.listing()) == 2
        await Sweep(door.uploads, door.metrics, unrecorded_keep=0.0).look()
        assert door.listing() == ["uploads/" + "b" * 32]
