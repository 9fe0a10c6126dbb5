"""An image is files in any order or an archive of them; no trick of an archive does more than be refused."""

import gzip
import io
import os
import struct
import subprocess
import sys
import tarfile
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
from pydicom.uid import DeflatedExplicitVRLittleEndian

from services.segmentation.ct.reading import CtLimits, LeftOut, open_ct
from tests.support.ct.archives import tar_gzipped, tarred, zipped
from tests.support.ct.encoding import file_bytes
from tests.support.ct.enhanced import enhanced_ct
from tests.support.ct.reading import LIMITS, refusal
from tests.support.ct.series import ct_series, hu_volume

HU = hu_volume(6)
FILES = [file_bytes(one) for one in ct_series(HU)]
TEXT = b"Exported by a workstation.\r\n"

ARCHIVES: dict[str, Callable[[list[bytes]], bytes]] = {
    "zip": zipped,
    "stored zip": lambda files: zipped(files, method=zipfile.ZIP_STORED),
    "tar": tarred,
    "ustar": lambda files: tarred(files, kind=tarfile.USTAR_FORMAT),
    "gnu tar": lambda files: tarred(files, kind=tarfile.GNU_FORMAT),
    "tar.gz": tar_gzipped,
}


@pytest.mark.parametrize("pack", ARCHIVES.values(), ids=ARCHIVES)
def test_an_archive_in_any_order_is_a_volume(pack: Callable[[list[bytes]], bytes], tmp_path: Path) -> None:
    content = pack([FILES[index] for index in (3, 0, 5, 1, 4, 2)])
    np.testing.assert_array_equal(open_ct(content, LIMITS).read(), HU)
    path = tmp_path / "image"
    path.write_bytes(content)
    np.testing.assert_array_equal(open_ct(path, LIMITS).read(), HU)


def test_the_files_of_a_series_one_by_one_are_a_volume(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}" for number in range(6)]
    for path, content in zip(paths, FILES, strict=True):
        path.write_bytes(content)
    np.testing.assert_array_equal(open_ct(paths[::-1], LIMITS).read(), HU)


def test_what_a_disc_holds_beside_the_images_is_left_out_and_told() -> None:
    beside = [
        TEXT,
        "Öffnen Sie das Programm.\r\n".encode("cp1252"),
        "\ufeff[.ShellClassInfo]\r\nIcon=Öffnen\r\n".encode("utf-16-le"),
        "Überblick ".encode() * 120,
        b"MSCF\x00\x00\x00\x00",
        b"%PDF-1.4 \x00\xff",
        b"MZ\x90\x00\x03",
        b"\x00\x05\x16\x07\x00\x02\x00\x00",
        zipped([TEXT]),
    ]
    image = open_ct(zipped([beside[0], *FILES, *beside[1:]]), LIMITS)
    np.testing.assert_array_equal(image.read(), HU)
    assert image.left_out == (LeftOut("other file", 9),)


@pytest.mark.parametrize("spoilt", [b"", bytes(1000), os.urandom(1000), FILES[2][:100], FILES[2][:300]])
def test_a_file_that_may_have_been_a_slice_is_not_passed_over(spoilt: bytes) -> None:
    error = refusal(zipped([*FILES, spoilt]))
    assert error.reason == "FILE_UNREADABLE"
    assert (
        error.message.startswith("File 7 of 7 is neither DICOM nor")
        or "File 7 cannot be read" in error.message
    )
    assert "Send the" in error.message


@pytest.mark.parametrize("pack", ARCHIVES.values(), ids=ARCHIVES)
def test_a_slice_that_was_cut_off_is_refused_by_its_instance(pack: Callable[[list[bytes]], bytes]) -> None:
    error = refusal(pack([*FILES[:4], FILES[4][:-700], FILES[5]]))
    assert error.reason == "FILE_UNREADABLE"
    assert "Instance 5" in error.message


@pytest.mark.parametrize("pack", ARCHIVES.values(), ids=ARCHIVES)
def test_an_archive_that_was_cut_off_is_refused(pack: Callable[[list[bytes]], bytes]) -> None:
    content = pack(FILES)
    for length in (600, len(content) // 2, int(len(content) * 0.8)):
        assert refusal(content[:length]).reason in {"FILE_UNREADABLE", "SLICES_MISSING", "TOO_FEW_SLICES"}


def test_names_and_links_of_an_archive_lead_nowhere(tmp_path: Path) -> None:
    names = ["../../up", "/etc/passwd", "C:\\windows", "a" * 300, "x/../../y", "\u202e"]
    for content in (zipped(FILES, names), tarred(FILES, names)):
        np.testing.assert_array_equal(open_ct(content, CtLimits(scratch=tmp_path)).read(), HU)
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as writer:
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE):
            link = tarfile.TarInfo(f"link{kind!r}")
            link.type, link.linkname = kind, "/etc/passwd"
            writer.addfile(link)
        for number, content in enumerate(FILES):
            entry = tarfile.TarInfo(f"{number}")
            entry.size = len(content)
            writer.addfile(entry, io.BytesIO(content))
    image = open_ct(archive.getvalue(), LIMITS)
    np.testing.assert_array_equal(image.read(), HU)
    assert image.left_out == ()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("pack", ARCHIVES.values(), ids=ARCHIVES)
def test_an_archive_of_an_archive_is_not_opened(pack: Callable[[list[bytes]], bytes]) -> None:
    error = refusal(pack([pack(FILES)]))
    assert error.reason == "UNSUPPORTED_FORMAT"
    assert "Send the inner one" in error.message


@pytest.mark.parametrize("pack", ARCHIVES.values(), ids=ARCHIVES)
@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_a_volume_in_an_archive_is_to_be_sent_without_it(
    pack: Callable[[list[bytes]], bytes], compress: Callable[[bytes], bytes]
) -> None:
    affine = np.diag([-0.8, -0.7, 2.5, 1.0])
    made: Any = nibabel.Nifti1Image
    volume = compress(made(HU.transpose(2, 1, 0), affine).to_bytes())
    error = refusal(pack([volume, TEXT]))
    assert error.reason == "UNSUPPORTED_FORMAT"
    assert "but 1 NIfTI volume. Send one NIfTI file alone, not in an archive." in error.message
    assert "but 2 NIfTI volumes" in refusal(pack([volume, volume])).message


def test_what_only_begins_like_a_compressed_file_is_no_volume() -> None:
    assert "which is not opened inside of another" in refusal(zipped([b"\x1f\x8b" + bytes(99)])).message


@pytest.mark.parametrize("pack", [zipped, tarred, tar_gzipped])
def test_too_many_files_are_refused(pack: Callable[[list[bytes]], bytes]) -> None:
    assert refusal(pack([TEXT] * 200), CtLimits(max_files=100)).reason == "TOO_MANY_FILES"


def test_a_gzip_bomb_is_refused_at_the_limit(tmp_path: Path) -> None:
    bomb = gzip.compress(bytes(64 << 20))
    error = refusal(bomb, CtLimits(max_unpacked_bytes=1 << 20, scratch=tmp_path))
    assert error.reason == "IMAGE_TOO_LARGE"
    assert error.metadata["limit_bytes"] == str(1 << 20)
    assert list(tmp_path.iterdir()) == []


def test_a_zip_bomb_is_refused_by_what_its_directory_tells() -> None:
    bomb = zipped([bytes(8 << 20)] * 4)
    assert refusal(bomb, CtLimits(max_unpacked_bytes=16 << 20)).reason == "IMAGE_TOO_LARGE"


def test_a_zip_whose_directory_lies_about_a_size_is_refused_without_unpacking_more() -> None:
    content = bytearray(zipped([FILES[0] + bytes(32 << 20)]))
    # The sizes after unpacking, in the directory.
    begin = content.index(b"PK\x01\x02") + 24
    content[begin : begin + 4] = struct.pack("<L", len(FILES[0]))
    tracemalloc.start()
    try:
        assert refusal(bytes(content)).reason in {"FILE_UNREADABLE", "TOO_FEW_SLICES"}
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


def test_files_of_a_zip_that_share_their_bytes_are_refused() -> None:
    content = zipped([bytes(1 << 20)])
    directory, end = content.index(b"PK\x01\x02"), content.index(b"PK\x05\x06")
    entry = content[directory:end]
    many = 50
    tail = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, many, many, many * len(entry), directory, 0)
    assert refusal(content[:directory] + entry * many + tail).reason == "FILE_UNREADABLE"


def test_a_huge_directory_is_refused_before_it_is_loaded() -> None:
    directory = b"PK\x01\x02" + bytes(42)
    many = 400_000
    tail = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 65535, 65535, many * len(directory), 0, 0)
    content = b"PK\x03\x04" + directory[4:] + directory * (many - 1) + tail
    tracemalloc.start()
    try:
        assert refusal(content, CtLimits(max_files=100)).reason == "FILE_UNREADABLE"
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_a_password_and_an_unusual_compression_are_refused() -> None:
    locked = bytearray(zipped(FILES))
    locked[locked.index(b"PK\x01\x02") + 8] |= 1
    assert refusal(bytes(locked)).reason == "ARCHIVE_UNSUPPORTED"
    assert refusal(zipped(FILES, method=zipfile.ZIP_LZMA)).reason == "ARCHIVE_UNSUPPORTED"


@pytest.mark.parametrize("size", [b"-0000001000\0", b"77777777777\0", b"\x80" + b"\xff" * 11, b"\xff" * 12])
def test_a_tar_with_an_impossible_length_ends_at_once(size: bytes) -> None:
    content = bytearray(tarred(FILES))
    # The third block begins the first file, behind the folder's.
    header = bytearray(content[512:1024])
    header[124:136] = size
    header[148:156] = b" " * 8
    header[148:156] = f"{sum(header):06o}\0 ".encode()
    content[512:1024] = header
    assert refusal(bytes(content)).reason == "FILE_UNREADABLE"


def test_a_deflated_data_set_that_unpacks_without_an_end_is_refused() -> None:
    content = FILES[0].replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.1.99\0\0")
    begin = 144 + int.from_bytes(content[140:144], "little")
    engine = zlib.compressobj(9, zlib.DEFLATED, -15)
    content = content[:begin] + engine.compress(bytes(32 << 20)) + engine.flush()
    error = refusal([content] * 3, CtLimits(max_unpacked_bytes=4 << 20))
    assert error.reason in {"IMAGE_TOO_LARGE", "FILE_UNREADABLE"}


def test_a_large_file_in_an_archive_is_unpacked_to_disk_and_leaves_nothing(tmp_path: Path) -> None:
    whole = enhanced_ct(ct_series(HU))
    for content in (zipped([file_bytes(whole)]), file_bytes(whole, DeflatedExplicitVRLittleEndian)):
        image = open_ct(content, CtLimits(max_held_bytes=4096, scratch=tmp_path))
        np.testing.assert_array_equal(image.read(), HU)
        assert list(tmp_path.iterdir()) == []


FULL = """
import resource, signal, sys
from pathlib import Path
from typing import Any
from radmesh.errors import ExhaustedError
from services.segmentation.ct.reading import CtLimits, open_ct

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4_000, 4_000))
try:
    open_ct(Path(sys.argv[1]), CtLimits(scratch=Path(sys.argv[2])))
except ExhaustedError as error:
    print(error.reason, error.retry_after is not None)
"""


def test_a_full_disk_is_told_as_such_and_leaves_nothing(tmp_path: Path) -> None:
    """The kernel ends a write in the middle: here by a limit on a file's size, as it would on a full disk."""
    content, scratch = tmp_path / "image", tmp_path / "scratch"
    content.write_bytes(tar_gzipped(FILES))
    scratch.mkdir()
    command = [sys.executable, "-c", FULL, str(content), str(scratch)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.stdout == "DISK_FULL True\n", ended.stderr
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize("content", [b"", TEXT, b"\x89PNG\r\n\x1a\n", zipped([TEXT]), tarred([])])
def test_what_holds_no_dicom_is_refused(content: bytes) -> None:
    assert refusal(content).reason in {"EMPTY_FILE", "UNSUPPORTED_FORMAT"}
