"""The files in a tar archive, by the two fields that matter: how long, and whether it is a file at all.

The library's tarfile decodes names, owners, links and sparse maps, in which hostile archives have found its
endless loops (CVE-2025-8194, CVE-2024-6232). A reader that extracts nothing needs none of them.
"""

from services.segmentation.ct.reading.files.members import Member
from services.segmentation.ct.reading.files.resident import Resident
from services.segmentation.ct.reading.files.zip_files import too_many_files
from services.segmentation.ct.reading.limits import CtLimits
from services.segmentation.ct.reading.refusals import damaged

_BLOCK = 512
_PLAIN_FILES = (b"0", b"\0", b"7")
"""Type flags of POSIX.1-1988; links, devices, folders and what describes the next entry are passed over."""


def tar_members(archive: memoryview, limits: CtLimits) -> list[Member]:
    """Its files, in their order. Raises ImageFormatError FILE_UNREADABLE, TOO_MANY_FILES."""
    members: list[Member] = []
    position, entries = 0, 0
    resident = Resident()
    while position < len(archive):
        header = bytes(archive[position : position + _BLOCK])
        if not any(header):
            break
        size = _size(header)
        begin, end = position + _BLOCK, position + _BLOCK + size
        if end > len(archive):
            raise damaged("the archive")
        entries += 1
        if entries > 2 * limits.max_files or len(members) >= limits.max_files:
            raise too_many_files(limits.max_files)
        # In the archives of Unix V7 a folder is a file whose name ends in a slash.
        if header[156:157] in _PLAIN_FILES and not header[:100].rstrip(b"\0").endswith(b"/"):
            members.append(Member(len(members) + 1, archive[begin:end]))
        resident.touch(archive, size)
        position = begin + -(-size // _BLOCK) * _BLOCK
    return members


def _size(header: bytes) -> int:
    """Length of the entry that a header begins: octal, or base 256 as GNU writes 8 GiB and more."""
    if len(header) < _BLOCK:
        raise damaged("the archive")
    try:
        if sum(header) - sum(header[148:156]) + 8 * ord(" ") != int(header[148:156].strip(b" \0"), 8):
            raise damaged("the archive")
        field = header[124:136]
        if field[0] == 0x80:
            return int.from_bytes(field[1:], "big")
        size = int(field.strip(b" \0") or b"0", 8)
    except ValueError:
        raise damaged("the archive") from None
    if size < 0:
        raise damaged("the archive")
    return size
