"""Finds the DICOM files in folders at any depth, by their content: names of exports often say nothing."""

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from radmesh import formats
from radmesh.client.sources.content import FileMark
from radmesh.errors import ImageFormatError

MAX_FILES = 50_000
"""What the reader of a study takes; more would be sent for nothing."""

# The UIDs by which two slices differ stand near the beginning.
_HEAD_BYTES = 8 << 10
_DICOM_ENDINGS = (".dcm", ".dicom", ".ima")
_DIRECTORY = b"\x02\x00\x02\x00UI\x14\x001.2.840.10008.1.3.10"
"""(0002,0002) of a DICOMDIR, PS3.4 table B.5-1: the list of an exported disc's files."""
_FOREIGN_FOLDER = "__MACOSX"


@dataclass(frozen=True)
class FoundFile:
    """A DICOM file as it was when it was found. head: SHA-256 of its beginning."""

    path: Path
    mark: FileMark
    head: bytes


def find_dicom(paths: Iterable[Path]) -> list[FoundFile]:
    """The DICOM files of these files and folders, each once, in no order.

    Left out are hidden files, the DICOMDIR and whatever is not DICOM. Links are followed, each folder once.
    Raises OSError for what cannot be read, a link to nowhere among it; ImageFormatError: UNSUPPORTED_FORMAT
    when there is no DICOM, FILE_UNREADABLE for a file that has the name of one but not the content,
    TOO_MANY_FILES.
    """
    paths = list(paths)
    found: dict[tuple[int, int], FoundFile] = {}
    others = 0
    for path, seen in _files(paths):
        one = _look(path, seen)
        if one is None:
            others += 1
            continue
        found[seen.st_dev, seen.st_ino] = one
        if len(found) > MAX_FILES:
            raise _too_many()
    if not found:
        raise _none(paths, others)
    return list(found.values())


def holds_dicom(folder: Path) -> bool:
    """Whether there is a DICOM file in a folder, at any depth. Raises OSError."""
    return any(is_dicom_file(path) for path, _ in _files([folder]))


def is_dicom_file(path: Path) -> bool:
    """Whether a file is DICOM, and no DICOMDIR. Raises OSError."""
    return _is_dicom(_head(path))


def _files(paths: Iterable[Path]) -> Iterator[tuple[Path, os.stat_result]]:
    """The regular files at these paths and below them, with what stat(2) says."""
    waiting = list(paths)
    entered: set[tuple[int, int]] = set()
    while waiting:
        path = waiting.pop()
        seen = path.stat()
        if stat.S_ISREG(seen.st_mode):
            yield path, seen
        elif stat.S_ISDIR(seen.st_mode) and (seen.st_dev, seen.st_ino) not in entered:
            entered.add((seen.st_dev, seen.st_ino))
            names = os.listdir(path)
            waiting += [path / name for name in names if not name.startswith(".") and name != _FOREIGN_FOLDER]


def _look(path: Path, seen: os.stat_result) -> FoundFile | None:
    head = _head(path)
    if _is_dicom(head):
        return FoundFile(path, FileMark.of(seen), hashlib.sha256(head).digest())
    if path.suffix.lower() in _DICOM_ENDINGS and not formats.is_dicom(head):
        raise ImageFormatError(
            f"{path} has the name of a DICOM file, but not the content: it may be damaged, or not complete. "
            "Export the series again.",
            reason="FILE_UNREADABLE",
        )
    return None


def _head(path: Path) -> bytes:
    with path.open("rb", buffering=0) as file:
        return file.read(_HEAD_BYTES)


def _is_dicom(head: bytes) -> bool:
    return (formats.is_dicom(head) and _DIRECTORY not in head) or formats.begins_data_set(head)


def _none(paths: list[Path], others: int) -> ImageFormatError:
    where = str(paths[0]) if len(paths) == 1 else "these files"
    what = f"among its {others} files" if others else "in it: it is empty"
    return ImageFormatError(
        f"{where}: there is no DICOM file {what}. Name the folder of one series.",
        metadata={"files": str(others)},
    )


def _too_many() -> ImageFormatError:
    return ImageFormatError(
        f"There are more than {MAX_FILES} DICOM files. Send one series alone.",
        reason="TOO_MANY_FILES",
        metadata={"limit_files": str(MAX_FILES)},
    )
