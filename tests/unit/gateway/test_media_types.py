"""What a file is, by its first bytes."""

import pytest

from radmesh.errors import ImageFormatError
from services.gateway import media_types

PNG = b"\x89PNG\r\n\x1a\n" + bytes(124)
JPEG = b"\xff\xd8\xff\xe0" + bytes(128)
BMP = b"BM" + bytes(12) + (40).to_bytes(4, "little") + bytes(114)
TIFF = b"II*\x00" + bytes(128)


@pytest.mark.parametrize(
    ("head", "media_type"),
    [
        (PNG, "image/png"),
        (JPEG, "image/jpeg"),
        (BMP, "image/bmp"),
        (TIFF, "image/tiff"),
        (b"MM\x00*" + bytes(128), "image/tiff"),
        (b"BM is how this letter begins, and it is no bitmap", None),
        (b"\x89PNG\n\x1a\n", None),
        (b"", None),
        (bytes(128) + b"DICM", None),
    ],
)
def test_the_content_tells_the_media_type(head: bytes, media_type: str | None) -> None:
    assert media_types.sniff(head) == media_type


@pytest.mark.parametrize(
    ("head", "extension"),
    [(PNG, ".png"), (JPEG, ".jpg"), (JPEG, ".jpeg"), (BMP, ".bmp"), (TIFF, ".tif"), (TIFF, ".tiff")],
)
def test_content_and_extension_that_agree_are_accepted(head: bytes, extension: str) -> None:
    assert media_types.check_content(head, extension) == media_types.of_extension(extension)


def test_a_file_without_a_name_is_judged_by_content_alone() -> None:
    assert media_types.check_content(JPEG, "") == "image/jpeg"


@pytest.mark.parametrize(
    ("head", "extension", "accepted", "reason"),
    [
        (b"", ".png", (), "EMPTY_FILE"),
        (JPEG, ".png", (), "FORMAT_MISMATCH"),
        (b"hello", ".png", (), "UNSUPPORTED_FORMAT"),
        (TIFF, ".tif", ("image/png",), "UNSUPPORTED_FORMAT"),
    ],
)
def test_what_is_wrong_has_a_reason_and_the_published_code(
    head: bytes, extension: str, accepted: tuple[str, ...], reason: str
) -> None:
    with pytest.raises(ImageFormatError) as caught:
        media_types.check_content(head, extension, accepted)
    assert (caught.value.reason, caught.value.numeric_code) == (reason, 10003)


@pytest.mark.parametrize(
    ("head", "looks"),
    [(bytes(128) + b"DICM", "DICOM"), (b"%PDF-1.7", "PDF"), (b"GIF89a", "GIF"), (b"PK\x03\x04", "ZIP")],
)
def test_a_file_taken_by_mistake_is_named(head: bytes, looks: str) -> None:
    with pytest.raises(ImageFormatError, match=looks):
        media_types.check_content(head, "")


def test_an_extension_that_nothing_accepts_is_refused_before_a_byte_is_sent() -> None:
    media_types.check_extension(".tif")
    for extension, accepted in ((".dcm", ()), (".tif", ("image/png",))):
        with pytest.raises(ImageFormatError, match="not accepted"):
            media_types.check_extension(extension, accepted)
