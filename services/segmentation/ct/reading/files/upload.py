"""Takes an upload apart: the files of a series one by one, an archive of them, or a NIfTI volume."""

import gzip
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from radmesh import formats
from radmesh.errors import ImageFormatError
from services.segmentation.ct.reading.files.content import Content, Kind, as_view, kind_of
from services.segmentation.ct.reading.files.members import FileMember, Member
from services.segmentation.ct.reading.files.resident import Resident
from services.segmentation.ct.reading.files.tar_files import tar_members
from services.segmentation.ct.reading.files.unpacking import spooled, within
from services.segmentation.ct.reading.files.view_file import ViewFile
from services.segmentation.ct.reading.files.zip_files import too_many_files, zip_members
from services.segmentation.ct.reading.limits import CtLimits
from services.segmentation.ct.reading.opening_steps import Step
from services.segmentation.ct.reading.refusals import damaged, refused
from services.segmentation.ct.reading.wording import counted

_ARCHIVES = (Kind.ZIP, Kind.TAR, Kind.GZIP)
_DICOM = (Kind.DICOM, Kind.BARE_DICOM)
_CHUNK_BYTES = 1 << 20
_GZIP = 16 + zlib.MAX_WBITS


@dataclass(frozen=True)
class Upload:
    """What there is to read: DICOM files, or one NIfTI volume.

    foreign: files passed over, which are whole but no images.
    """

    files: tuple[Member, ...] = ()
    nifti: memoryview | None = None
    foreign: int = 0


def take_apart(contents: Sequence[Content], limits: CtLimits, unpacked: Step) -> Upload:
    """The upload that these files are, each a DICOM file or an archive of them; or one NIfTI file alone.

    unpacked: told the bytes of a gzip file that are unpacked, and its length. An archive in an archive is
    passed over like a text. Raises ImageFormatError: EMPTY_FILE, FILE_UNREADABLE with the place of a file
    that is neither DICOM nor anything known, UNSUPPORTED_FORMAT when there is no DICOM at all, and what
    opening an archive raises.
    """
    members: list[Member] = []
    for content in contents:
        view = as_view(content)
        kind = kind_of(view)
        if kind is Kind.GZIP:
            view = _gunzipped(view, limits, unpacked)
            kind = kind_of(view)
        if kind is Kind.NIFTI and len(contents) == 1:
            return Upload(nifti=view)
        members += _members(content, view, kind, limits)
        if len(members) > limits.max_files:
            raise too_many_files(limits.max_files)
    for number, member in enumerate(members, start=1):
        member.number = number
    return _sorted_out(members)


def _members(content: Content, view: memoryview, kind: Kind, limits: CtLimits) -> Iterable[Member]:
    if kind is Kind.ZIP:
        return zip_members(view, limits)
    if kind is Kind.TAR:
        return tar_members(view, limits)
    if isinstance(content, Path) and kind is not Kind.GZIP and len(view) <= limits.max_held_bytes:
        return [FileMember(1, content, len(view))]
    return [Member(1, view)]


def _sorted_out(members: Sequence[Member]) -> Upload:
    files, foreign, archives = [], 0, 0
    resident = Resident()
    for member in members:
        kind = kind_of(member.head())
        resident.touch(member.source)
        if kind in _DICOM:
            files.append(member)
        elif kind is Kind.UNKNOWN:
            # Not passed over: it may be a slice that the transfer has spoilt.
            file = f"file {member.number} of {len(members)}"
            raise refused(
                f"F{file[1:]} is neither DICOM nor what lies beside it on a disc: it may be a damaged slice. "
                "Send the DICOM files of the series alone, or export it again.",
                reason="FILE_UNREADABLE",
                file=file,
            )
        else:
            foreign += 1
            archives += kind in _ARCHIVES
    if not files:
        raise _no_dicom(members, archives)
    return Upload(files=tuple(files), foreign=foreign)


def _no_dicom(members: Sequence[Member], archives: int) -> ImageFormatError:
    volumes = sum(map(_is_nifti, members))
    if volumes:
        advice = f"but {counted(volumes, 'NIfTI volume')}. Send one NIfTI file alone, not in an archive."
    elif archives:
        advice = (
            "but an archive, which is not opened inside of another. Send the inner one, or the files of one "
            "CT series."
        )
    else:
        advice = "and no NIfTI volume. Send the files of one CT series."
    return refused(
        f"There is no DICOM file in the upload, {advice}", reason="UNSUPPORTED_FORMAT", files=len(members)
    )


def _is_nifti(member: Member) -> bool:
    """Whether it is a volume, compressed or not."""
    head = bytes(member.head())
    if kind_of(memoryview(head)) is Kind.GZIP:
        try:
            head = zlib.decompressobj(_GZIP).decompress(head, formats.HEAD_BYTES)
        except zlib.error:
            return False
    return formats.is_nifti(head)


def _gunzipped(view: memoryview, limits: CtLimits, unpacked: Step) -> memoryview:
    """What a gzip file holds, in a temporary file."""
    packed = ViewFile(view)
    file = gzip.GzipFile(fileobj=packed)

    def part() -> bytes:
        unpacked(packed.tell(), len(view))
        return file.read(_CHUNK_BYTES)

    try:
        parts = iter(part, b"")
        return spooled(within(parts, limits.max_unpacked_bytes), limits.scratch)
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise damaged("the archive") from None
