"""Formats of medical images and of archives of them: their media types, and how a file of each begins."""

DICOM = "application/dicom"
NIFTI = "application/x-nifti"
NIFTI_GZIP = "application/x-nifti+gzip"
ZIP = "application/zip"
TAR = "application/x-tar"
TAR_GZIP = "application/x-tar+gzip"
"""NIfTI and tar have no registered type; `+gzip` is the registered suffix (RFC 8460)."""

SERIES = (DICOM, TAR, TAR_GZIP, ZIP, NIFTI, NIFTI_GZIP)
"""All ways in which a volume comes: one file, or an archive of files."""

HEAD_BYTES = 1024
"""Bytes of a file's beginning that are enough for every function here."""

_TAR_BLOCK = 512
_NIFTI_1_BYTES = 348
_NIFTI_2_BYTES = 540


def is_dicom(head: bytes) -> bool:
    """A file of DICOM part 10: its preamble, then four letters."""
    return head[128:132] == b"DICM"


def begins_data_set(head: bytes) -> bool:
    """A DICOM data set without the preamble and the meta group of part 10, as old archives write it.

    Group 0002 or 0008 with a small element number, then a VR or a length that a first element has.
    """
    if len(head) < 8 or head[:2] not in (b"\x02\x00", b"\x08\x00") or head[3] != 0 or head[2] > 0x20:
        return False
    return head[4:6] in (b"UL", b"CS", b"UI", b"SH", b"OB") or head[5:8] == b"\0\0\0"


def is_nifti(head: bytes) -> bool:
    """NIfTI 1 or 2 of either byte order, not compressed."""
    lengths = (int.from_bytes(head[:4], "little"), int.from_bytes(head[:4], "big"))
    first = _NIFTI_1_BYTES in lengths and head[344:347] in (b"n+1", b"ni1")
    return first or (_NIFTI_2_BYTES in lengths and head[4:7] in (b"n+2", b"ni2"))


def is_zip(head: bytes) -> bool:
    """A zip archive, an empty one included."""
    return head.startswith((b"PK\x03\x04", b"PK\x05\x06"))


def is_gzip(head: bytes) -> bool:
    """Something compressed by gzip."""
    return head.startswith(b"\x1f\x8b")


def is_tar(head: bytes) -> bool:
    """A tar archive, by the sum over its first block, which every tar since Unix V7 has."""
    block = head[:_TAR_BLOCK]
    try:
        told = int(block[148:156].strip(b" \0"), 8)
    except ValueError:
        return False
    return len(block) == _TAR_BLOCK and told == sum(block) - sum(block[148:156]) + 8 * ord(" ")
