"""What a file is by its first bytes, and the bytes of files large or small as views that are not copied."""

import codecs
import mmap
from enum import Enum, auto
from pathlib import Path

from radmesh import formats
from radmesh.errors import ImageFormatError

Content = bytes | memoryview | Path
"""An uploaded file: its bytes, or where they lie. A file that is named must not be shortened meanwhile."""


class Kind(Enum):
    """What a reader does with a file."""

    DICOM = auto()
    BARE_DICOM = auto()
    """A data set without the preamble and the meta group of part 10."""
    NIFTI = auto()
    ZIP = auto()
    TAR = auto()
    GZIP = auto()
    FOREIGN = auto()
    """Something else that is whole: a text, a picture, a program, as they lie on exported discs."""
    UNKNOWN = auto()


_FOREIGN = (
    *(
        b"%PDF",
        b"\x89PNG",
        b"\xff\xd8\xff",
        b"GIF8",
        b"BM",
        b"MZ",
        b"\x7fELF",
        b"{\\rtf",
        b"\x00\x00\x01\x00",
    ),
    *(b"\xd0\xcf\x11\xe0", b"\x00\x05\x16\x07", b"\x00\x05\x16\x00", b"\x00\x00\x00\x01Bud1", b"RIFF"),
    *(b"\xca\xfe\xba\xbe", b"7z\xbc\xaf", b"Rar!", b"\xfd7zXZ", b"BZh", b"\x28\xb5\x2f\xfd", b"MSCF"),
    *(
        b"\x00\x01\x00\x00\x00",
        b"OTTO",
        b"wOFF",
        b"ITSF",
        b"L\x00\x00\x00\x01\x14\x02\x00",
        b"SQLite format 3",
    ),
)
"""Documents, pictures, programs, a thumbnail cache, what macOS adds to archives, other archives; fonts, help,
links and the database of a viewer."""

_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_IN_TEXT = bytes({*b"\t\n\f\r", *range(32, 127), *range(128, 256)})


def as_view(content: Content) -> memoryview:
    """The bytes; those of a file are mapped, not read. Raises ImageFormatError EMPTY_FILE, OSError."""
    if isinstance(content, Path):
        with content.open("rb") as file:
            length = file.seek(0, 2)
            content = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)) if length else b""
    if not len(content):
        raise ImageFormatError("The file is empty. Send the series again.", reason="EMPTY_FILE")
    return memoryview(content).toreadonly().cast("B")


def kind_of(view: memoryview) -> Kind:
    """What these bytes are the beginning of; 1 KiB of them is enough."""
    head = bytes(view[: formats.HEAD_BYTES])
    for belongs, kind in _TESTS:
        if belongs(head):
            return kind
    return Kind.UNKNOWN


def _is_text(head: bytes) -> bool:
    """In an encoding with ASCII in it, or UTF-16 with its mark: no control characters but those of lines."""
    if head.startswith(_UTF_16):
        head = head[: len(head) // 2 * 2].decode("utf-16", "ignore").encode()
    return bool(head) and not head.translate(None, _IN_TEXT)


def _is_foreign(head: bytes) -> bool:
    return head.startswith(_FOREIGN) or _is_text(head)


_TESTS = (
    (formats.is_dicom, Kind.DICOM),
    (formats.is_zip, Kind.ZIP),
    (formats.is_gzip, Kind.GZIP),
    (formats.is_nifti, Kind.NIFTI),
    (formats.is_tar, Kind.TAR),
    (formats.begins_data_set, Kind.BARE_DICOM),
    (_is_foreign, Kind.FOREIGN),
)
