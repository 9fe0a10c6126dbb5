"""Every kind of bad input, through the gateway to the real model: a typed error each, and nothing is left."""

import io
import struct
import uuid
import zlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from radmesh.client import Client
from radmesh.errors import InvalidRequestError, NumericCode, RadmeshError
from radmesh.mesh import Mesh
from radmesh.samples.octa import draw_octa
from radmesh.tasks.v1 import task_pb2

GREY = np.asarray(draw_octa(3, 96))


@pytest.fixture
async def caller(octa_mesh: Mesh) -> AsyncIterator[Client]:
    async with Client(octa_mesh.address) as connected:
        yield connected


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def declared_huge() -> bytes:
    """A PNG of 30000×30000 pixels by its header, in a few bytes."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    header = struct.pack(">IIBBBBB", 30000, 30000, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b""))
        + chunk(b"IEND", b"")
    )


def grey(mode: str) -> Image.Image:
    return Image.fromarray(GREY).convert(mode)


def coloured(mode: str) -> Image.Image:
    red = np.zeros((96, 96, 3), np.uint8)
    red[..., 0] = GREY
    return Image.fromarray(red).convert(mode)


def animated(kind: str) -> bytes:
    return encoded(grey("L"), kind, save_all=True, append_images=[grey("L").rotate(90)])


REFUSED_AT_UPLOAD: list[tuple[str, bytes, str, str]] = [
    ("text", b"hello, I am no picture" * 9, ".png", "UNSUPPORTED_FORMAT"),
    ("gif", encoded(grey("L"), "GIF"), "", "UNSUPPORTED_FORMAT"),
    ("other extension", encoded(grey("L"), "JPEG"), ".png", "FORMAT_MISMATCH"),
    ("empty", b"", ".png", "EMPTY_FILE"),
]

REFUSED_BY_MODEL: list[tuple[str, Callable[[], bytes], str, str]] = [
    ("truncated", lambda: encoded(grey("L"))[:-400], ".png", "IMAGE_TRUNCATED"),
    ("animated png", lambda: animated("PNG"), ".png", "IMAGE_ANIMATED"),
    ("pages", lambda: animated("TIFF"), ".tif", "IMAGE_ANIMATED"),
    ("1×1", lambda: encoded(Image.new("L", (1, 1))), ".png", "IMAGE_TOO_SMALL"),
    ("30000×30000", declared_huge, ".png", "IMAGE_TOO_MANY_PIXELS"),
    ("colour", lambda: encoded(coloured("RGB")), ".png", "IMAGE_MODE_UNSUPPORTED"),
    ("colour palette", lambda: encoded(coloured("P")), ".png", "IMAGE_MODE_UNSUPPORTED"),
    ("cmyk", lambda: encoded(coloured("CMYK"), "TIFF"), ".tif", "IMAGE_MODE_UNSUPPORTED"),
    (
        "16 bits used",
        lambda: encoded(Image.fromarray(GREY.astype(np.uint16) * 257 + 3)),
        ".png",
        "IMAGE_MODE_UNSUPPORTED",
    ),
]

CONVERTED: list[tuple[str, Callable[[], bytes], str]] = [
    ("rgb", lambda: encoded(grey("RGB")), ".png"),
    ("rgba", lambda: encoded(grey("RGBA")), ".png"),
    ("palette", lambda: encoded(grey("P")), ".png"),
    ("16 bits of 8", lambda: encoded(Image.fromarray(GREY.astype(np.uint16) * 257)), ".png"),
    ("bmp", lambda: encoded(grey("L"), "BMP"), ".bmp"),
    ("tiff", lambda: encoded(grey("L"), "TIFF"), ".tif"),
]


@pytest.mark.parametrize(
    ("content", "extension", "reason"), [pytest.param(*rest, id=name) for name, *rest in REFUSED_AT_UPLOAD]
)
async def test_what_is_no_accepted_image_is_refused_at_the_upload(
    caller: Client, octa_mesh: Mesh, content: bytes, extension: str, reason: str
) -> None:
    before = kept(octa_mesh)
    with pytest.raises(RadmeshError) as refused:
        await caller.upload(content, extension=extension, pipeline="octa-vessels")
    assert refused.value.reason == reason
    assert refused.value.numeric_code == NumericCode.UNSUPPORTED_FORMAT
    assert kept(octa_mesh) == before


@pytest.mark.parametrize(
    ("make", "extension", "reason"), [pytest.param(*rest, id=name) for name, *rest in REFUSED_BY_MODEL]
)
async def test_what_cannot_be_read_without_loss_fails_with_its_own_reason(
    caller: Client, octa_mesh: Mesh, make: Callable[[], bytes], extension: str, reason: str
) -> None:
    image = await caller.upload(make(), extension=extension, pipeline="octa-vessels")
    task = await caller.create("octa-vessels", [image.name])
    ended = await caller.wait(task.name)
    assert (ended.state, ended.error.reason) == (task_pb2.TASK_STATE_FAILED, reason)
    assert ended.error.code == NumericCode.UNSUPPORTED_FORMAT
    assert not ended.error.retryable
    assert ended.attempt == 1, "bad input is never retried"
    assert not (blobs(octa_mesh) / "artifacts" / task.name.removeprefix("tasks/")).exists()


@pytest.mark.parametrize(("make", "extension"), [pytest.param(*rest, id=name) for name, *rest in CONVERTED])
async def test_what_loses_nothing_is_converted_and_gives_the_same_mask(
    caller: Client, make: Callable[[], bytes], extension: str
) -> None:
    masks = []
    for content, dotted in ((encoded(grey("L")), ".png"), (make(), extension)):
        image = await caller.upload(content, extension=dotted)
        ended = await caller.wait((await caller.create("octa-vessels", [image.name])).name)
        assert ended.state == task_pb2.TASK_STATE_SUCCEEDED, ended.error
        masks.append(
            await caller.read(next(one.name for one in ended.artifacts if one.file_name == "mask.png"))
        )
    assert masks[0] == masks[1]


async def test_a_file_over_the_limit_is_refused_before_it_is_sent(caller: Client, octa_mesh: Mesh) -> None:
    before = kept(octa_mesh)
    with pytest.raises(RadmeshError) as refused:
        await caller.upload(bytes((50 << 20) + 1), extension=".png")
    assert refused.value.reason == "IMAGE_TOO_LARGE"
    assert refused.value.metadata["limit_bytes"] == str(50 << 20)
    assert kept(octa_mesh) == before


async def test_every_bad_field_of_a_create_is_named_at_once(caller: Client) -> None:
    image = await caller.upload(encoded(grey("L")), extension=".png")
    wrong = {"threshold": 7, "treshold": 0.5}
    with pytest.raises(InvalidRequestError) as refused:
        await caller.create("octa-vessels", [image.name], parameters=wrong, request_id=str(uuid.uuid1()))
    fields = {violation.field for violation in refused.value.violations}
    assert fields == {"request_id", "parameters.threshold", "parameters.treshold"}
    assert refused.value.numeric_code == NumericCode.VALIDATION
    with pytest.raises(InvalidRequestError, match=r"parameters\.threshold"):
        await caller.create("octa-vessels", [image.name], parameters={"threshold": "high"})


async def test_a_request_id_makes_one_task_and_never_another_one(caller: Client) -> None:
    image = await caller.upload(encoded(grey("L")), extension=".png")
    chosen = str(uuid.uuid4())
    first = await caller.create("octa-vessels", [image.name], request_id=chosen)
    again = await caller.create("octa-vessels", [image.name], request_id=chosen)
    assert again.name == first.name
    with pytest.raises(RadmeshError) as refused:
        await caller.create("octa-vessels", [image.name], parameters={"threshold": 0.4}, request_id=chosen)
    assert (refused.value.reason, refused.value.numeric_code) == (
        "REQUEST_ID_REUSED",
        NumericCode.DUPLICATE_ID,
    )


async def test_unknown_things_are_not_found_by_their_kind(caller: Client) -> None:
    with pytest.raises(RadmeshError) as refused:
        await caller.create("octa-veins", [f"images/{'0' * 64}"])
    assert refused.value.reason == "PIPELINE_NOT_FOUND"
    with pytest.raises(RadmeshError) as refused:
        await caller.create("octa-vessels", [f"images/{'0' * 64}"])
    assert (refused.value.reason, refused.value.numeric_code) == (
        "IMAGE_NOT_FOUND",
        NumericCode.IMAGE_NOT_FOUND,
    )


def blobs(mesh: Mesh) -> Path:
    return mesh.options.folder / "blobs"


def kept(mesh: Mesh) -> set[str]:
    """Everything in the blob store that is no finished upload's record and stands for no claim."""
    return {
        str(path.relative_to(blobs(mesh)))
        for path in blobs(mesh).rglob("*")
        if path.is_file() and path.suffix != ".json" and path.parent.name != ".claims"
    }
