"""The key of a study: it makes two tasks on one patient and study date one. A digest, never the patient.

Only the head of one DICOM file is read, as far as the three elements that are needed; nothing of it is kept,
shown or logged.
"""

import hashlib
import io
import os
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from radmesh.client.dicom_head import read_head

_PATIENT_ID, _STUDY_DATE, _STUDY_UID = (0x0010, 0x0020), (0x0008, 0x0020), (0x0020, 0x000D)
_MOST_FILES = 1000
"""How many are looked at before a folder or archive counts as one without DICOM."""

_HEAD_BYTES = 1 << 20
_BROKEN_ZIP = (
    *(zipfile.BadZipFile, zlib.error, EOFError, OSError),
    *(RuntimeError, ValueError, LookupError, ArithmeticError),
)
"""What zipfile raises on damaged bytes and passwords; it has no common base."""


def study_key(paths: Path | Iterable[Path]) -> str:
    """A `dedupe_key` for files, folders or archives of one study; empty when there is no DICOM in them.

    Of PatientID and StudyDate; of the StudyInstanceUID where one of the two is missing, as without it all
    studies of unnamed patients would be the same. Raises OSError when a file cannot be read.
    """
    given = [paths] if isinstance(paths, Path) else list(paths)
    for looked_at, head in enumerate(_heads(given)):
        found = read_head(head, (_PATIENT_ID, _STUDY_DATE, _STUDY_UID))
        patient, date = found.get(_PATIENT_ID, ""), found.get(_STUDY_DATE, "")
        parts = ("patient", patient, date) if patient and date else ("study", found.get(_STUDY_UID, ""))
        if parts[1]:
            # Each after its length: an id may hold any character.
            text = "".join(f"{len(part)}:{part}" for part in ("radmesh study key", *parts))
            return f"study-{hashlib.sha256(text.encode()).hexdigest()}"
        if looked_at >= _MOST_FILES:
            break
    return ""


def _heads(paths: Iterable[Path]) -> Iterator[bytes]:
    for path in _files(paths):
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
            if head[128:132] == b"DICM":
                yield head
            elif head.startswith(b"PK\x03\x04"):
                yield from _zip_heads(file)
            elif head.startswith(b"\x1f\x8b") or head[257:262] == b"ustar":
                yield from _tar_heads(file)


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            for folder, subfolders, names in os.walk(path):
                subfolders.sort()
                yield from (Path(folder, name) for name in sorted(names) if Path(folder, name).is_file())
        else:
            yield path


def _zip_heads(file: BinaryIO) -> Iterator[bytes]:
    try:
        with zipfile.ZipFile(file) as archive:
            for member in archive.infolist()[:_MOST_FILES]:
                if not member.is_dir():
                    with archive.open(member) as one:
                        yield one.read(_HEAD_BYTES)
    except _BROKEN_ZIP:
        return  # the service says what is wrong with it


def _tar_heads(file: BinaryIO) -> Iterator[bytes]:
    file.seek(0)
    try:
        with tarfile.open(fileobj=file, mode="r|*") as archive:
            for number, member in enumerate(archive):
                if number >= _MOST_FILES:
                    return
                one = archive.extractfile(member) if member.isfile() else None
                yield one.read(_HEAD_BYTES) if one else b""
    except (tarfile.TarError, EOFError, io.UnsupportedOperation):
        return
