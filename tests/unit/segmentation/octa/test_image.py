"""Every file that is read keeps its grey values; every other one is refused with its own reason."""

import io
import struct
import tracemalloc
import zlib
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from radmesh.errors import ImageFormatError, ImageTooLargeError, RadmeshError
from services.segmentation.octa.image import ImageLimits, read_grey

LIMITS = ImageLimits(max_bytes=1 << 20, max_pixels=1_000_000, min_side=16)
GREY = np.random.default_rng(5).integers(0, 256, (24, 40)).astype(np.uint8)
PICTURE = Image.fromarray(GREY)


def file(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    content = io.BytesIO()
    image.save(content, kind, **options)
    return content.getvalue()


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(columns: int, rows: int, *, depth: int, colour: int, lines: bytes, extra: bytes = b"") -> bytes:
    header = struct.pack(">IIBBBBB", columns, rows, depth, colour, 0, 0, 0)
    body = chunk(b"IHDR", header) + extra + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def wide(values: np.ndarray, kind: str = "TIFF") -> bytes:
    return file(Image.fromarray(values), kind)


def refusal(content: bytes, limits: ImageLimits = LIMITS) -> str:
    with pytest.raises(RadmeshError) as caught:
        read_grey(content, limits)
    assert isinstance(caught.value, ImageFormatError)
    assert caught.value.numeric_code == 10003
    assert caught.value.message[0].isupper(), "whole sentences, as people at the scanner read them"
    assert caught.value.message.endswith(".")
    return caught.value.reason


def with_alpha(alpha: int) -> Image.Image:
    image = PICTURE.convert("LA")
    image.putalpha(alpha)
    return image


def inks(cyan: np.ndarray, black: np.ndarray) -> Image.Image:
    bands = [Image.fromarray(band) for band in (cyan, cyan, cyan, black)]
    return Image.merge("CMYK", bands)


LOSSLESS: dict[str, Callable[[], bytes]] = {
    "grey PNG": lambda: file(PICTURE),
    "grey BMP": lambda: file(PICTURE, "BMP"),
    "grey TIFF": lambda: file(PICTURE, "TIFF"),
    "grey TIFF, LZW": lambda: file(PICTURE, "TIFF", compression="tiff_lzw"),
    "RGB with equal channels": lambda: file(PICTURE.convert("RGB")),
    "RGB BMP with equal channels": lambda: file(PICTURE.convert("RGB"), "BMP"),
    "opaque grey with alpha": lambda: file(with_alpha(255)),
    "opaque RGBA with equal channels": lambda: file(PICTURE.convert("RGBA")),
    "palette of greys": lambda: file(PICTURE.convert("P")),
    "CMYK from equal channels": lambda: file(PICTURE.convert("RGB").convert("CMYK"), "TIFF"),
    "CMYK of black ink": lambda: file(inks(np.zeros_like(GREY), 255 - GREY), "TIFF"),
    "YCbCr without colour": lambda: file(PICTURE.convert("YCbCr"), "TIFF"),
    "16-bit of doubled bytes": lambda: wide(GREY.astype(np.uint16) * 257),
    "16-bit PNG of doubled bytes": lambda: wide(GREY.astype(np.uint16) * 257, "PNG"),
    "16-bit of shifted bytes": lambda: wide(GREY.astype(np.uint16) << 8),
    "16-bit of 0 to 255": lambda: wide(GREY.astype(np.uint16)),
    "32-bit of 0 to 255": lambda: wide(GREY.astype(np.int32)),
    "floating point, whole": lambda: wide(GREY.astype(np.float32)),
}


@pytest.mark.parametrize("kind", LOSSLESS)
def test_an_image_that_fits_8_bit_grey_keeps_every_value(kind: str) -> None:
    grey = read_grey(LOSSLESS[kind](), LIMITS)
    assert grey.dtype == np.uint8
    np.testing.assert_array_equal(grey, GREY)


def test_one_bit_becomes_black_and_white() -> None:
    bits = PICTURE.point(lambda value: 255 * (value > 99)).convert("1")
    np.testing.assert_array_equal(read_grey(file(bits), LIMITS), np.where(GREY > 99, 255, 0))


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_jpeg_is_read_as_it_was_coded(mode: str) -> None:
    content = file(PICTURE.convert(mode), "JPEG", quality=95)
    decoded = np.asarray(Image.open(io.BytesIO(content)).convert("L"))
    np.testing.assert_array_equal(read_grey(content, LIMITS), decoded)


def coloured() -> Image.Image:
    image = PICTURE.convert("RGB")
    image.putpixel((3, 4), (200, 10, 10))
    return image


SIXTEEN_BIT_LINES = (b"\0" + b"\x01\x02" * 3 * 16) * 16
LOSSY: dict[str, Callable[[], bytes]] = {
    "RGB with a coloured pixel": lambda: file(coloured()),
    "palette with a used colour": lambda: file(coloured().quantize(256)),
    "translucent RGBA": lambda: file(with_alpha(128).convert("RGBA")),
    "translucent grey": lambda: file(with_alpha(254)),
    "grey with a transparent level": lambda: file(PICTURE, transparency=int(GREY[0, 0])),
    "CMYK in colour": lambda: file(coloured().convert("CMYK"), "TIFF"),
    "CMYK of colour and black": lambda: file(inks(GREY // 2, GREY // 2), "TIFF"),
    "Lab": lambda: file(Image.new("LAB", (40, 24)), "TIFF"),
    "16-bit with more levels": lambda: wide(GREY.astype(np.uint16) * 200),
    "16-bit colour": lambda: png(16, 16, depth=16, colour=2, lines=SIXTEEN_BIT_LINES),
    "floating point, fractions": lambda: wide(GREY.astype(np.float32) / 255),
    "floating point, not a number": lambda: wide(np.full((24, 40), np.nan, np.float32)),
    "negative numbers": lambda: wide(GREY.astype(np.int32) - 5),
}


@pytest.mark.parametrize("kind", LOSSY)
def test_an_image_that_would_lose_something_is_refused(kind: str) -> None:
    assert refusal(LOSSY[kind]()) == "IMAGE_MODE_UNSUPPORTED"


def test_an_unused_colour_of_a_palette_does_no_harm() -> None:
    image = PICTURE.point(lambda value: min(value, 200)).convert("P")
    palette = image.getpalette()
    assert palette
    image.putpalette([*palette[: 255 * 3], 255, 0, 0])
    np.testing.assert_array_equal(read_grey(file(image), LIMITS), np.minimum(GREY, 200))


def test_an_empty_file_is_named() -> None:
    assert refusal(b"") == "EMPTY_FILE"


@pytest.mark.parametrize(
    "content",
    [b"hello", b"%PDF-1.7", b"GIF89a" + bytes(40), b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", bytes(500)],
)
def test_what_is_no_accepted_image_is_named(content: bytes) -> None:
    assert refusal(content) == "NOT_AN_IMAGE"


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "TIFF"])
def test_a_file_cut_off_anywhere_is_refused_or_lacks_no_pixel(kind: str) -> None:
    content = file(PICTURE, kind)
    whole = read_grey(content, LIMITS)
    for length in range(1, len(content) - 4):
        assert refusal(content[:length]) in ("IMAGE_TRUNCATED", "NOT_AN_IMAGE")
    for length in range(len(content) - 4, len(content)):
        # Only the last chunk's checksum, or the end's marker, may be missing.
        try:
            np.testing.assert_array_equal(read_grey(content[:length], LIMITS), whole)
        except ImageFormatError:
            continue


def test_a_png_cut_off_in_its_pixels_is_truncated() -> None:
    content = file(PICTURE)
    assert refusal(content[: len(content) // 2]) == "IMAGE_TRUNCATED"


def test_a_png_with_a_flipped_bit_is_refused() -> None:
    content = bytearray(file(PICTURE))
    content[len(content) // 2] ^= 1
    assert refusal(bytes(content)) == "IMAGE_TRUNCATED"


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_several_frames_are_refused(kind: str) -> None:
    content = file(PICTURE, kind, save_all=True, append_images=[PICTURE.rotate(180)])
    assert refusal(content) == "IMAGE_ANIMATED"


def test_one_pixel_is_too_small() -> None:
    assert refusal(file(Image.new("L", (1, 1)))) == "IMAGE_TOO_SMALL"


@pytest.mark.parametrize("side", [1001, 30_000, 2_000_000_000])
def test_a_huge_size_declared_in_a_tiny_file_takes_no_memory(side: int) -> None:
    content = png(side, side, depth=8, colour=0, lines=b"")
    tracemalloc.start()
    try:
        assert refusal(content) == "IMAGE_TOO_MANY_PIXELS"
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("side", [1001, 30_000])
def test_a_huge_image_is_refused_with_the_limit(side: int) -> None:
    with pytest.raises(ImageFormatError, match="1000000") as caught:
        read_grey(png(side, side, depth=8, colour=0, lines=b""), LIMITS)
    assert caught.value.metadata["limit_pixels"] == "1000000"


def test_a_file_over_the_limit_is_refused_with_the_limit() -> None:
    with pytest.raises(ImageTooLargeError) as caught:
        read_grey(file(PICTURE), ImageLimits(max_bytes=100, max_pixels=10**6, min_side=16))
    assert caught.value.metadata == {"limit_bytes": "100"}


WHOLE = [file(PICTURE, kind) for kind in ("PNG", "JPEG", "BMP", "TIFF")] + [
    file(PICTURE.convert("P")),
    file(PICTURE, "TIFF", compression="tiff_adobe_deflate"),
]


@settings(max_examples=300, deadline=None)
@given(
    content=st.sampled_from(WHOLE),
    changes=st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=8),
)
def test_no_damage_raises_anything_but_a_typed_error(content: bytes, changes: list[tuple[int, int]]) -> None:
    damaged = bytearray(content)
    for place, value in changes:
        damaged[place % len(damaged)] = value
    try:
        grey = read_grey(bytes(damaged), LIMITS)
    except RadmeshError:
        return
    assert grey.dtype == np.uint8
    assert grey.ndim == 2
