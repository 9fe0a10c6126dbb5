"""The files in a zip archive. Only its directory is believed; no name is read and nothing is extracted."""

import struct
import zipfile
from collections.abc import Iterator

from services.segmentation.ct.reading.files.members import DeflatedMember, Member
from services.segmentation.ct.reading.files.resident import Resident
from services.segmentation.ct.reading.files.unpacking import unpacks_too_large
from services.segmentation.ct.reading.files.view_file import ViewFile
from services.segmentation.ct.reading.limits import CtLimits
from services.segmentation.ct.reading.refusals import damaged, refused
from services.segmentation.hostile import PARSER_FAULTS

_LOCAL_HEADER = struct.Struct("<4s22xHH")
"""PKZIP APPNOTE 4.3.7: signature, and at the end the lengths of name and extra field."""

_ENTRY_BYTES = 512
"""A directory longer than this for each allowed file is not even loaded."""

_ENCRYPTED = 1
_BROKEN = (*PARSER_FAULTS, OSError)
"""What zipfile raises on hostile directories."""


def zip_members(archive: memoryview, limits: CtLimits) -> list[Member]:
    """Its files, folders left out, in the order of the directory.

    Raises ImageFormatError: FILE_UNREADABLE, TOO_MANY_FILES, ARCHIVE_UNSUPPORTED; ImageTooLargeError when the
    directory tells of more than may be unpacked, or of more compressed bytes than there are: files that
    share their bytes are how small archives become huge.
    """
    try:
        # The limit of one read bounds the directory, which zipfile loads at once.
        with zipfile.ZipFile(ViewFile(archive, limits.max_files * _ENTRY_BYTES)) as opened:
            entries = [entry for entry in opened.infolist() if not entry.is_dir()]
    except _BROKEN:
        raise damaged("the archive") from None
    if len(entries) > limits.max_files:
        raise too_many_files(limits.max_files)
    if sum(entry.file_size for entry in entries) > limits.max_unpacked_bytes:
        raise unpacks_too_large(limits.max_unpacked_bytes)
    if sum(entry.compress_size for entry in entries) > len(archive):
        raise damaged("the archive")
    return list(_members(archive, entries, limits))


def _members(archive: memoryview, entries: list[zipfile.ZipInfo], limits: CtLimits) -> Iterator[Member]:
    resident = Resident()
    for number, entry in enumerate(entries, start=1):
        if entry.flag_bits & _ENCRYPTED:
            raise refused(
                "The archive is protected by a password. Pack it again without one.",
                reason="ARCHIVE_UNSUPPORTED",
            )
        content = _stored_bytes(archive, entry, number)
        resident.touch(content)
        if entry.compress_type == zipfile.ZIP_STORED:
            yield Member(number, content)
        elif entry.compress_type == zipfile.ZIP_DEFLATED:
            yield DeflatedMember(number, content, entry.file_size, entry.CRC, limits)
        else:
            raise refused(
                f"File {number} of the archive is compressed in a way that is not supported. Pack it as a "
                "plain zip, tar or tar.gz.",
                reason="ARCHIVE_UNSUPPORTED",
            )


def _stored_bytes(archive: memoryview, entry: zipfile.ZipInfo, number: int) -> memoryview:
    begin = entry.header_offset
    try:
        signature, name_bytes, extra_bytes = _LOCAL_HEADER.unpack_from(archive, begin)
    except struct.error:
        raise damaged(f"file {number}") from None
    begin += _LOCAL_HEADER.size + name_bytes + extra_bytes
    end = begin + entry.compress_size
    if signature != b"PK\x03\x04" or end > len(archive):
        raise damaged(f"file {number}")
    return archive[begin:end]


def too_many_files(most: int) -> Exception:
    """The error for an archive of more files than are looked at."""
    return refused(
        f"The archive holds more than {most} files. Send one series alone.",
        reason="TOO_MANY_FILES",
        limit_files=most,
    )
