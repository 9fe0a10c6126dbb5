"""The DICOM files of an export are found by content, at any depth, each once; what is spoilt is told."""

import os
from pathlib import Path

import pytest

from radmesh.client.sources import finding, holds_dicom, is_dicom_file
from radmesh.client.sources.finding import find_dicom
from radmesh.errors import ImageFormatError
from tests.unit.client.sources.exports import DICOMDIR, dicom, write


def names(folder: Path) -> set[str]:
    return {one.path.relative_to(folder).as_posix() for one in find_dicom([folder])}


def test_files_count_by_content_at_any_depth_and_under_any_name(tmp_path: Path) -> None:
    slices = {"IM1": dicom(1), "A/B/C/1.2.840.113": dicom(2), "A/x.txt": dicom(3), "DICOM/0": dicom(4)}
    bare = {"old/archive": b"\x08\x00\x05\x00CS\x0a\x00ISO_IR 100" + bytes(100)}
    junk = {
        "DICOMDIR": DICOMDIR,
        "viewer/run.exe": b"MZ" + bytes(600),
        "autorun.inf": b"[autorun]",
        "empty": b"",
        ".hidden": dicom(5),
        "A/._IM1": dicom(6),
        "__MACOSX/IM1": dicom(7),
    }
    folder = write(tmp_path, slices | bare | junk)
    assert names(folder) == set(slices) | set(bare)
    assert holds_dicom(folder)
    assert not is_dicom_file(folder / "DICOMDIR")


@pytest.mark.parametrize("name", ["IM1.dcm", "IM1.DCM", "a/b.ima", "c.dicom"])
@pytest.mark.parametrize("content", [b"", bytes(5_000), b"an error page"])
def test_a_file_with_the_name_of_a_slice_and_no_content_of_one_is_refused(
    tmp_path: Path, name: str, content: bytes
) -> None:
    write(tmp_path, {"IM0": dicom(0), name: content})
    with pytest.raises(ImageFormatError, match=name) as caught:
        find_dicom([tmp_path])
    assert caught.value.reason == "FILE_UNREADABLE"


@pytest.mark.parametrize(
    ("files", "words"), [({}, "it is empty"), ({"a.txt": b"x", "b/DICOMDIR": DICOMDIR}, "among its 2 files")]
)
def test_a_folder_without_dicom_is_refused_with_what_was_there(
    tmp_path: Path, files: dict[str, bytes], words: str
) -> None:
    with pytest.raises(ImageFormatError, match=words) as caught:
        find_dicom([write(tmp_path, files)])
    assert caught.value.reason == "UNSUPPORTED_FORMAT"
    assert not holds_dicom(tmp_path)


def test_links_are_followed_and_a_loop_of_them_ends(tmp_path: Path) -> None:
    write(tmp_path, {"real/IM1": dicom(1), "elsewhere/IM2": dicom(2)})
    study = tmp_path / "study"
    study.mkdir()
    (study / "IM1").symlink_to(tmp_path / "real" / "IM1")
    (study / "more").symlink_to(tmp_path / "elsewhere")
    (study / "again").symlink_to(tmp_path / "elsewhere")
    (study / "loop").symlink_to(study)
    assert len(find_dicom([study])) == 2


@pytest.mark.parametrize("target", ["nowhere", "itself"])
def test_a_link_that_leads_nowhere_is_an_error_with_its_name(tmp_path: Path, target: str) -> None:
    write(tmp_path, {"IM1": dicom(1)})
    (tmp_path / "itself").symlink_to(tmp_path / target)
    with pytest.raises(OSError, match="itself"):
        find_dicom([tmp_path])


def test_a_file_that_may_not_be_read_is_an_error_with_its_name(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    write(tmp_path, {"IM1": dicom(1), "IM2": dicom(2)})
    (tmp_path / "IM2").chmod(0)
    with pytest.raises(PermissionError, match="IM2"):
        find_dicom([tmp_path])


def test_what_is_no_file_is_not_opened(tmp_path: Path) -> None:
    write(tmp_path, {"IM1": dicom(1)})
    os.mkfifo(tmp_path / "pipe")
    assert len(find_dicom([tmp_path])) == 1


def test_a_file_named_twice_counts_once(tmp_path: Path) -> None:
    write(tmp_path, {"IM1": dicom(1)})
    os.link(tmp_path / "IM1", tmp_path / "IM2")
    assert len(find_dicom([tmp_path, tmp_path / "IM1", tmp_path])) == 1


def test_more_files_than_a_reader_takes_are_refused_and_junk_does_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "MAX_FILES", 3)
    write(tmp_path, {f"IM{number}": dicom(number) for number in range(3)})
    write(tmp_path, {f"{number}.txt": b"x" for number in range(9)})
    assert len(find_dicom([tmp_path])) == 3
    write(tmp_path, {"IM3": dicom(3)})
    with pytest.raises(ImageFormatError) as caught:
        find_dicom([tmp_path])
    assert (caught.value.reason, caught.value.metadata["limit_files"]) == ("TOO_MANY_FILES", "3")
