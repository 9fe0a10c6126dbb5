"""What a file is by its first bytes, and the bytes of files large or small as views that are not copied."""

import mmap
from enum import Enum, auto
from pathlib import Path

from radmesh.errors import ImageFormatError

Content = bytes | memoryview | Path
"""An uploaded file: its bytes, or where they lie. A file that is named must not be shortened meanwhile."""

_TAR_BLOCK = 512
_NIFTI_1_BYTES = 348
_NIFTI_2_BYTES = 540


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
    *(b"\xca\xfe\xba\xbe", b"7z\xbc\xaf", b"Rar!", b"\xfd7zXZ", b"BZh", b"\x28\xb5\x2f\xfd"),
)
"""Documents, pictures, programs, a thumbnail cache, what macOS adds to archives, other archives."""


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
    head = bytes(view[: 2 * _TAR_BLOCK])
    if head[128:132] == b"DICM":
        return Kind.DICOM
    for signature, kind in _ARCHIVES:
        if head.startswith(signature):
            return kind
    for belongs, kind in _TESTS:
        if belongs(head):
            return kind
    return Kind.UNKNOWN


def _is_nifti(head: bytes) -> bool:
    lengths = (int.from_bytes(head[:4], "little"), int.from_bytes(head[:4], "big"))
    first = _NIFTI_1_BYTES in lengths and head[344:347] in (b"n+1", b"ni1")
    return first or (_NIFTI_2_BYTES in lengths and head[4:7] in (b"n+2", b"ni2"))


def _is_tar(head: bytes) -> bool:
    """By the sum over the first block, which every tar since Unix V7 has."""
    block = head[:_TAR_BLOCK]
    try:
        told = int(block[148:156].strip(b" \0"), 8)
    except ValueError:
        return False
    return len(block) == _TAR_BLOCK and told == sum(block) - sum(block[148:156]) + 8 * ord(" ")


def _begins_data_set(head: bytes) -> bool:
    """Group 0002 or 0008 with a small element number, then a VR or a length that a first element has."""
    if len(head) < 8 or head[:2] not in (b"\x02\x00", b"\x08\x00") or head[3] != 0 or head[2] > 0x20:
        return False
    return head[4:6] in (b"UL", b"CS", b"UI", b"SH", b"OB") or head[5:8] == b"\0\0\0"


def _is_text(head: bytes) -> bool:
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        # Cut inside of a letter.
        if error.start < len(head) - 3 or error.start == 0:
            return False
        text = head[: error.start].decode("utf-8")
    return bool(text) and all(letter.isprintable() or letter in "\r\n\t\f\ufeff" for letter in text)


def _is_foreign(head: bytes) -> bool:
    return head.startswith(_FOREIGN) or _is_text(head)


_ARCHIVES = ((b"PK\x03\x04", Kind.ZIP), (b"PK\x05\x06", Kind.ZIP), (b"\x1f\x8b", Kind.GZIP))
_TESTS = (
    (_is_nifti, Kind.NIFTI),
    (_is_tar, Kind.TAR),
    (_begins_data_set, Kind.BARE_DICOM),
    (_is_foreign, Kind.FOREIGN),
)
