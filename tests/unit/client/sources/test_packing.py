"""The archive of a series is made of its contents alone, the same from any offset, and one that tar reads."""

import io
import os
import random
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radmesh.client.sources.finding import find_dicom
from radmesh.client.sources.packing import PackedFiles, in_order, member_header
from radmesh.errors import FailedPreconditionError
from tests.unit.client.sources.exports import dicom, write

SIZES = (600, 511, 512, 513, 1024, 70_000)


def packed(*paths: Path) -> PackedFiles:
    return PackedFiles(in_order(find_dicom(paths)))


def whole(archive: PackedFiles) -> bytes:
    return archive.read(0, archive.size)


def test_tar_reads_every_file_and_no_name_says_anything(tmp_path: Path) -> None:
    contents = {f"Doe^Jane/{size}": dicom(size, size) for size in SIZES}
    content = whole(packed(write(tmp_path, contents)))
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        members = archive.getmembers()
        files = [archive.extractfile(member) for member in members]
        assert sorted(file.read() for file in files if file) == sorted(contents.values())
    assert [member.name for member in members] == [f"{number:08}.dcm" for number in range(1, 7)]
    assert b"Doe" not in content
    assert len(content) % 512 == 0


def test_the_same_files_make_the_same_archive_whatever_their_names_and_order(tmp_path: Path) -> None:
    slices = [dicom(number) for number in range(40)]
    first = write(tmp_path / "a", {f"IM{number}": one for number, one in enumerate(slices)})
    random.Random(1).shuffle(slices)
    second = write(tmp_path / "b", {f"x/{number}/y.dcm": one for number, one in enumerate(slices)})
    assert whole(packed(first)) == whole(packed(second))
    assert whole(packed(*sorted(first.iterdir(), reverse=True))) == whole(packed(first))


def test_files_that_begin_alike_are_told_apart_and_copies_count_once(tmp_path: Path) -> None:
    alike = [dicom(1, 20_000) + bytes([last]) for last in range(5)]
    first = write(tmp_path / "a", {f"{number}": one for number, one in enumerate(alike)})
    second = write(tmp_path / "b", {f"{-number}": one for number, one in enumerate([*alike, *alike[:2]])})
    assert packed(first).size == (512 + 20_480) * 5 + 1024
    assert whole(packed(first)) == whole(packed(second))


def test_bytes_are_the_same_from_any_offset(tmp_path: Path) -> None:
    write(tmp_path, {f"{size}": dicom(size, size) for size in SIZES})
    archive = packed(tmp_path)
    content = whole(archive)

    @given(st.integers(0, len(content) + 10), st.integers(0, 5_000))
    def the_same(offset: int, length: int) -> None:
        assert archive.read(offset, length) == content[offset : offset + length]

    the_same()
    archive.close()
    assert whole(archive) == content


@pytest.mark.parametrize("size", [0, 1, 8 << 30, 20 << 30])
def test_a_header_tells_any_length(size: int) -> None:
    told = tarfile.TarInfo.frombuf(member_header(7, size), "utf-8", "strict")
    assert (told.size, told.name, told.isreg()) == (size, "00000007.dcm", True)


@pytest.mark.parametrize("change", ["longer", "shorter", "touched", "another"])
def test_a_file_that_changes_is_noticed(tmp_path: Path, change: str) -> None:
    path = write(tmp_path, {"IM1": dicom(1), "IM2": dicom(2)}) / "IM1"
    archive = packed(tmp_path)
    before = archive.read(0, 2_000)
    match change:
        case "longer":
            path.write_bytes(dicom(1) + b"x")
        case "shorter":
            path.write_bytes(dicom(1)[:-1])
        case "touched":
            os.utime(path, ns=(0, 0))
        case "another":
            (tmp_path / "draft").write_bytes(dicom(1))
            archive.close()
            (tmp_path / "draft").rename(path)
    assert before
    with pytest.raises(FailedPreconditionError, match="IM1") as caught:
        whole(archive)
    assert caught.value.reason == "FILE_CHANGED"


def test_a_file_that_is_gone_is_an_error_with_its_name(tmp_path: Path) -> None:
    write(tmp_path, {"IM1": dicom(1)})
    archive = packed(tmp_path)
    (tmp_path / "IM1").unlink()
    with pytest.raises(FileNotFoundError, match="IM1"):
        archive.read(0, 10_000)
