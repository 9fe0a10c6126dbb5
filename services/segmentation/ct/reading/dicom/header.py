"""The header of one DICOM file: its series, whether it is a slice of a CT, where its pixels are."""

import struct
import zlib
from dataclasses import dataclass

from pydicom.uid import (
    CTImageStorage,
    EnhancedCTImageStorage,
    LegacyConvertedEnhancedCTImageStorage,
    SecondaryCaptureImageStorage,
)

from services.segmentation.ct.reading.dicom.codings import Beginning, beginning_of, coding_of
from services.segmentation.ct.reading.dicom.elements import (
    Elements,
    PixelBytes,
    UnreadableError,
    find_elements,
)
from services.segmentation.ct.reading.dicom.values import Values
from services.segmentation.ct.reading.files.members import Member
from services.segmentation.ct.reading.files.unpacking import gathered, inflated, within
from services.segmentation.ct.reading.limits import CtLimits
from services.segmentation.ct.reading.refusals import damaged
from services.segmentation.ct.reading.wording import INSTANCE, SliceName

ENHANCED = (EnhancedCTImageStorage, LegacyConvertedEnhancedCTImageStorage)
_CT_CLASSES = (CTImageStorage, *ENHANCED)


@dataclass(frozen=True, slots=True)
class Header:
    """What was found in a file. pixels: None when there are none. data_set: where its elements begin."""

    member: Member
    beginning: Beginning
    values: Values
    pixels: PixelBytes | None

    @property
    def name(self) -> SliceName:
        """What messages call the file."""
        number = self.values.whole("InstanceNumber")
        return self.member.name if number is None else SliceName(INSTANCE, number)

    @property
    def is_ct(self) -> bool:
        """By its SOP class; by its modality where an anonymiser has emptied that."""
        found = self.values.text("SOPClassUID")
        return found in _CT_CLASSES if found else self.values.text("Modality") == "CT"

    @property
    def is_enhanced(self) -> bool:
        """Whether each of its frames has a geometry of its own."""
        return self.values.text("SOPClassUID") in ENHANCED or self.frames > 1

    @property
    def is_localizer(self) -> bool:
        """By its ImageType, of which the third value should say so (PS3.3 section C.8.2.1.1.1)."""
        return "LOCALIZER" in self.values.texts("ImageType")

    @property
    def frames(self) -> int:
        """How many planes it holds."""
        return self.values.whole("NumberOfFrames") or 1

    @property
    def kind(self) -> str:
        """What it is when it is no CT, as a person would say."""
        if self.values.text("SOPClassUID") == SecondaryCaptureImageStorage:
            return "screenshot"
        modality = self.values.text("Modality")
        return (
            modality if modality.isascii() and modality.isalnum() and len(modality) <= 16 else "other DICOM"
        )


def read_header(member: Member, limits: CtLimits) -> Header:
    """The header of a file. Raises ImageFormatError FILE_UNREADABLE, also when its pixels are cut off."""
    head = member.head()
    try:
        try:
            header = _header(member, head, limits)
        except (UnreadableError, struct.error):
            header = None
        if len(head) < member.size and (header is None or header.pixels is None):
            header = _header(member, member.whole(), limits)
    except (UnreadableError, ValueError, struct.error, zlib.error):
        header = None
    if header is None:
        raise damaged(str(member.name))
    pixels = header.pixels
    if not header.beginning.deflated and pixels and pixels.start + (pixels.length or 0) > member.size:
        raise damaged(str(header.name))
    return header


def data_set(member: Member, beginning: Beginning, limits: CtLimits) -> memoryview:
    """The bytes in which the positions of a header count: of the file, or of its data set when deflated.

    Raises zlib.error, ImageTooLargeError, ExhaustedError DISK_FULL.
    """
    view = member.whole()
    if not beginning.deflated:
        return view
    parts = inflated(view[beginning.data_set :], -zlib.MAX_WBITS)
    return gathered(within(parts, limits.max_unpacked_bytes), limits)


def _header(member: Member, view: memoryview, limits: CtLimits) -> Header:
    beginning = beginning_of(view)
    coding = coding_of(beginning.transfer_syntax)
    start = beginning.data_set
    if beginning.deflated:
        view, start = data_set(member, beginning, limits), 0
    found: Elements = find_elements(view, start, coding)
    return Header(member, beginning, Values(found.values, coding), found.pixels)
