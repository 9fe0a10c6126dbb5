"""What a file is, by its first bytes."""

import gzip
import io
import tarfile
import zipfile

import pytest

from radmesh import formats
from radmesh.errors import ImageFormatError
from services.gateway import media_types

PNG = b"\x89PNG\r\n\x1a\n" + bytes(124)
JPEG = b"\xff\xd8\xff\xe0" + bytes(128)
BMP = b"BM" + bytes(12) + (40).to_bytes(4, "little") + bytes(114)
TIFF = b"II*\x00" + bytes(128)
DICOM = bytes(128) + b"DICM\x02\x00\x00\x00UL\x04\x00"
NIFTI = (348).to_bytes(4, "little") + bytes(340) + b"n+1\0" + bytes(200)
NIFTI_2 = (540).to_bytes(4, "big") + b"n+2\0\r\n\x1a\n" + bytes(532)
PICTURES = ("image/png", "image/tiff")


def tar(content: bytes = b"x" * 20_000, kind: int = tarfile.PAX_FORMAT) -> bytes:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w", format=kind) as writer:
        entry = tarfile.TarInfo("IM1")
        entry.size = len(content)
        writer.addfile(entry, io.BytesIO(content))
    return archive.getvalue()


def zipped() -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as writer:
        writer.writestr(zipfile.ZipInfo("IM1"), b"x")
    return archive.getvalue()


def packed(content: bytes, level: int = 9) -> bytes:
    return gzip.compress(content, level, mtime=0)


def head(content: bytes) -> bytes:
    return content[: media_types.HEAD_BYTES]


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (PNG, "image/png"),
        (JPEG, "image/jpeg"),
        (BMP, "image/bmp"),
        (TIFF, "image/tiff"),
        (b"MM\x00*" + bytes(128), "image/tiff"),
        (b"BM is how this letter begins, and it is no bitmap", None),
        (b"\x89PNG\n\x1a\n", None),
        (b"", None),
        (DICOM, formats.DICOM),
        (TIFF[:128] + DICOM[128:], formats.DICOM),  # a preamble may make a TIFF of it as well
        (DICOM[128:], None),  # a data set without preamble is taken only inside of an archive
        (NIFTI, formats.NIFTI),
        (NIFTI_2, formats.NIFTI),
        (zipped(), formats.ZIP),
        (tar(), formats.TAR),
        (tar(kind=tarfile.GNU_FORMAT), formats.TAR),
        (tar(kind=tarfile.USTAR_FORMAT), formats.TAR),
        (packed(tar()), formats.TAR_GZIP),
        (packed(NIFTI), formats.NIFTI_GZIP),
        (packed(NIFTI_2, 0), formats.NIFTI_GZIP),
        (packed(DICOM), None),
        (packed(b""), None),
        (b"\x1f\x8b\x08\0 and no gzip file", None),
        (b"\x1f\x8b", None),
        (bytes(1024), None),
    ],
)
def test_the_content_tells_the_media_type(content: bytes, media_type: str | None) -> None:
    assert media_types.sniff(head(content)) == media_type


def test_a_long_name_inside_of_gzip_hides_nothing() -> None:
    file = io.BytesIO()
    with gzip.GzipFile("n" * 255 + ".nii", "wb", fileobj=file) as writer:
        writer.write(NIFTI)
    assert media_types.sniff(head(file.getvalue())) == formats.NIFTI_GZIP


def test_a_bomb_is_only_looked_at() -> None:
    bomb = packed(NIFTI + bytes(64 << 20))
    assert media_types.sniff(head(bomb)) == formats.NIFTI_GZIP


@pytest.mark.parametrize(
    ("head", "extension"),
    [
        *((PNG, ".png"), (JPEG, ".jpg"), (JPEG, ".jpeg"), (BMP, ".bmp"), (TIFF, ".tif"), (TIFF, ".tiff")),
        *((DICOM, ".dcm"), (NIFTI, ".nii"), (packed(NIFTI), ".gz"), (packed(tar()), ".gz")),
        *((packed(tar()), ".tgz"), (tar(), ".tar"), (zipped(), ".zip")),
    ],
)
def test_content_and_extension_that_agree_are_accepted(head: bytes, extension: str) -> None:
    assert media_types.check_content(head, extension) in media_types.of_extension(extension)


def test_a_file_without_a_name_is_judged_by_content_alone() -> None:
    assert media_types.check_content(JPEG, "") == "image/jpeg"


@pytest.mark.parametrize(
    ("head", "extension", "accepted", "reason"),
    [
        (b"", ".png", (), "EMPTY_FILE"),
        (JPEG, ".png", (), "FORMAT_MISMATCH"),
        (b"hello", ".png", (), "UNSUPPORTED_FORMAT"),
        (TIFF, ".tif", ("image/png",), "UNSUPPORTED_FORMAT"),
        (DICOM, "", PICTURES, "UNSUPPORTED_FORMAT"),
        (zipped(), "", (formats.DICOM, formats.TAR), "UNSUPPORTED_FORMAT"),
        (packed(NIFTI), ".tgz", formats.SERIES, "FORMAT_MISMATCH"),
        (PNG, "", formats.SERIES, "UNSUPPORTED_FORMAT"),
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
    [
        *((DICOM, "a DICOM file"), (b"%PDF-1.7", "PDF"), (b"GIF89a", "GIF"), (zipped(), "a ZIP archive")),
        *((tar(), "a tar archive"), (packed(b"a letter"), "a gzip file"), (NIFTI, "a NIfTI volume")),
    ],
)
def test_a_file_taken_by_mistake_is_named(head: bytes, looks: str) -> None:
    with pytest.raises(ImageFormatError, match=looks):
        media_types.check_content(head, "", PICTURES)


def test_an_extension_that_nothing_accepts_is_refused_before_a_byte_is_sent() -> None:
    media_types.check_extension(".tif")
    for extension, accepted in ((".pdf", ()), (".tif", ("image/png",)), (".dcm", PICTURES)):
        with pytest.raises(ImageFormatError, match="not accepted"):
            media_types.check_extension(extension, accepted)
