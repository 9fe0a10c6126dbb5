"""Every trick that a zip can play is refused before a byte is unpacked."""

import os
import stat
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import pytest

from services.segmentation.nnunet.importing import archive as archives
from services.segmentation.nnunet.importing.archive import ModelArchive
from services.segmentation.nnunet.importing.refusals import ModelRefusedError

Fill = Callable[[zipfile.ZipFile], None]
MODEL = ("m/plans.json", "m/dataset.json", "m/fold_0/checkpoint_final.pth")


def written(file: Path, fill: Fill, *, with_model: bool = True) -> Path:
    """A zip with a model's names and what `fill` adds."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in MODEL if with_model else ():
            archive.writestr(name, b"{}")
        fill(archive)
    return file


def opened(file: Path, max_bytes: int = 1 << 30) -> ModelArchive:
    """The archive, as far as it opens."""
    return ModelArchive(file, max_bytes=max_bytes)


def link(archive: zipfile.ZipFile) -> None:
    entry = zipfile.ZipInfo("m/fold_0/link")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    archive.writestr(entry, "/etc/passwd")


def named(name: str) -> Fill:
    return lambda archive: archive.writestr(zipfile.ZipInfo(name), b"x")


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    ("fill", "why"),
    [
        (named("/etc/passwd"), "outside"),
        (named("../up"), "outside"),
        (named("m/../../up"), "outside"),
        (named("c:/windows"), "outside"),
        (named("m\\..\\up"), "outside"),
        (named("m/\x1b[2J"), "cannot be shown"),
        (named("."), "cannot be shown"),
        (named("n" * 2000), "cannot be shown"),
        (named("m/plans.json"), "twice"),
        (named("m/Plans.JSON"), "twice"),
        (link, "links"),
    ],
)
def test_names_that_no_model_has_are_refused(tmp_path: Path, fill: Fill, why: str) -> None:
    with pytest.raises(ModelRefusedError, match=why) as caught:
        opened(written(tmp_path / "m.zip", fill))
    assert caught.value.reason == "ARCHIVE_UNSAFE"


def test_a_name_that_ends_in_the_middle_is_refused(tmp_path: Path) -> None:
    content = written(tmp_path / "m.zip", named("m/aXbc")).read_bytes().replace(b"m/aXbc", b"m/a\0bc")
    (tmp_path / "m.zip").write_bytes(content)
    with pytest.raises(ModelRefusedError, match="cannot be shown"):
        opened(tmp_path / "m.zip")


def test_a_password_is_refused(tmp_path: Path) -> None:
    file = written(tmp_path / "m.zip", lambda archive: None)
    content = bytearray(file.read_bytes())
    # The flags of the first entry of the directory: PKZIP APPNOTE 4.3.12.
    flags = content.index(b"PK\x01\x02") + 8
    content[flags : flags + 2] = struct.pack("<H", 1)
    file.write_bytes(content)
    with pytest.raises(ModelRefusedError, match="password"):
        opened(file)


def test_more_files_than_any_model_has_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_ENTRIES", 5)

    def many(archive: zipfile.ZipFile) -> None:
        for number in range(6):
            archive.writestr(f"{number}", b"")

    with pytest.raises(ModelRefusedError, match="9 files"):
        opened(written(tmp_path / "m.zip", many))


def unpack(archive: ModelArchive, target: Path) -> None:
    archive.unpack([(PurePosixPath(MODEL[2]), target)], lambda done: None)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_what_unpacks_to_far_more_than_was_sent_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "_FREE_BYTES", 1000)

    def bomb(archive: zipfile.ZipFile) -> None:
        archive.writestr("m/plans.json", b"")
        archive.writestr(MODEL[2], bytes(1 << 20))

    file = written(tmp_path / "m.zip", bomb, with_model=False)
    with pytest.raises(ModelRefusedError, match="never do") as caught:
        unpack(opened(file), tmp_path / "out")
    assert caught.value.reason == "ARCHIVE_UNSAFE"
    assert not (tmp_path / "out").exists()


def test_the_limit_of_bytes_holds(tmp_path: Path) -> None:
    def large(archive: zipfile.ZipFile) -> None:
        archive.writestr(MODEL[2], os.urandom(5000))

    file = written(tmp_path / "m.zip", large, with_model=False)
    unpack(opened(file, max_bytes=5000), tmp_path / "out")
    with pytest.raises(ModelRefusedError, match="limit is 4999"):
        unpack(opened(file, max_bytes=4999), tmp_path / "other")


def test_a_length_that_lies_is_found_while_unpacking(tmp_path: Path) -> None:
    """The directory says 10 bytes; the file has 5,000: no more than was announced is written."""

    def large(archive: zipfile.ZipFile) -> None:
        archive.writestr(zipfile.ZipInfo(MODEL[2]), os.urandom(5000))

    file = written(tmp_path / "m.zip", large, with_model=False)
    content = bytearray(file.read_bytes())
    directory = content.index(b"PK\x01\x02")
    content[directory + 20 : directory + 28] = struct.pack("<II", 5000, 10)
    file.write_bytes(content)
    with pytest.raises(ModelRefusedError) as caught:
        unpack(opened(file), tmp_path / "out")
    assert caught.value.reason == "ARCHIVE_UNREADABLE"
    assert (tmp_path / "out").stat().st_size <= 10


def test_a_directory_that_leads_before_the_beginning_is_refused(tmp_path: Path) -> None:
    file = written(tmp_path / "m.zip", lambda _: None)
    content = bytearray(file.read_bytes())
    end = content.rindex(b"PK\x05\x06")
    (place,) = struct.unpack_from("<I", content, end + 16)
    struct.pack_into("<I", content, end + 16, place + 10)
    file.write_bytes(content)
    with pytest.raises(ModelRefusedError) as caught:
        opened(file).read_json(PurePosixPath(MODEL[0]))
    assert caught.value.reason == "ARCHIVE_UNREADABLE"


def test_names_of_another_case_are_no_model(tmp_path: Path) -> None:
    def odd(archive: zipfile.ZipFile) -> None:
        archive.writestr("m/PLANS.JSON", b"{}")

    with pytest.raises(ModelRefusedError) as caught:
        opened(written(tmp_path / "m.zip", odd, with_model=False)).trained_folders("checkpoint_final.pth")
    assert caught.value.reason == "NO_MODEL_IN_ARCHIVE"


def test_files_that_no_model_needs_are_never_read(tmp_path: Path) -> None:
    def rest(archive: zipfile.ZipFile) -> None:
        archive.writestr("m/fold_0/progress.png", b"png")
        archive.writestr("m/crossval/postprocessing.pkl", b"\x80\x04.")
        archive.writestr("inner.zip", b"PK")

    (folder,) = opened(written(tmp_path / "m.zip", rest)).trained_folders("checkpoint_final.pth")
    assert (str(folder.path), folder.folds, folder.incomplete) == ("m", ("0",), ())
