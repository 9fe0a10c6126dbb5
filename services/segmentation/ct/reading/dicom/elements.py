"""Finds the few elements of a DICOM data set that a volume needs, and passes over all others unread.

A library that makes an object of every element takes longer for a header than for its uncompressed slice,
and has then read the patient's name. PS3.5 section 7 is all that is needed here.
"""

import struct
from dataclasses import dataclass

from pydicom.datadict import tag_for_keyword

from services.segmentation.ct.reading.dicom.codings import SHORT, Coding, nested

_UNDEFINED = 0xFFFFFFFF
_DELIMITERS = 0xFFFE
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_PIXELS = 0x7FE00010
_OTHER_PIXELS = (0x7FE00008, 0x7FE00009)
_DEEPEST = 16
"""Sequences inside of sequences; a deeper nesting is an attack on the stack."""

_WANTED_BYTES = 1 << 20

KEYWORDS = (
    *("SpecificCharacterSet", "ImageType", "SOPClassUID", "SOPInstanceUID", "Modality"),
    *("PatientSex", "PatientSize", "PatientWeight"),
    *("ContrastBolusAgent", "SliceThickness", "KVP", "ConvolutionKernel"),
    *("StudyInstanceUID", "SeriesInstanceUID", "SeriesNumber", "AcquisitionNumber", "InstanceNumber"),
    *("ImagePositionPatient", "ImageOrientationPatient", "FrameOfReferenceUID", "TemporalPositionIdentifier"),
    *("SamplesPerPixel", "PhotometricInterpretation", "NumberOfFrames", "Rows", "Columns", "PixelSpacing"),
    *("BitsAllocated", "BitsStored", "HighBit", "PixelRepresentation", "LossyImageCompression"),
    *("RescaleIntercept", "RescaleSlope", "RescaleType"),
    *("ExtendedOffsetTable", "ExtendedOffsetTableLengths"),
)
_WANTED = {tag_for_keyword(keyword): keyword for keyword in KEYWORDS}


class UnreadableError(ValueError):
    """The bytes are no data set, or end early."""


@dataclass(frozen=True, slots=True)
class PixelBytes:
    """Where (7FE0,0010) lies. element, start: of it, of its value. length: None where it is in fragments."""

    element: int
    start: int
    length: int | None


@dataclass(frozen=True, slots=True)
class Elements:
    """The elements found, by keyword; and where the pixels lie: None when there are none of whole numbers."""

    values: dict[str, bytes]
    pixels: PixelBytes | None


def find_elements(view: memoryview, start: int, coding: Coding) -> Elements:
    """Goes through a data set that begins at `start`, up to its pixels. Raises UnreadableError."""
    values: dict[str, bytes] = {}
    position, end = start, len(view)
    header, widths = coding.header.unpack_from, coding.widths
    try:
        while position < end:
            begin = position
            group, number, vr, length = header(view, begin)
            if widths.get(vr) == SHORT:
                # Nearly all elements, without a call.
                tag, position = group << 16 | number, begin + 8
            else:
                tag, vr, position, length = _element(view, begin, coding)
            if tag == _PIXELS:
                return Elements(values, PixelBytes(begin, position, None if length == _UNDEFINED else length))
            if tag > _PIXELS or tag in _OTHER_PIXELS:
                break
            if length == _UNDEFINED:
                position = _behind_items(view, position, nested(coding, vr), 1)
                continue
            if tag in _WANTED:
                if length > _WANTED_BYTES or position + length > end:
                    raise UnreadableError("a value is longer than its file")
                values[_WANTED[tag]] = bytes(view[position : position + length])
            position += length
    except struct.error:
        raise UnreadableError("ends inside of an element") from None
    if position > end:
        raise UnreadableError("ends inside of a value")
    return Elements(values, None)


def _element(view: memoryview, position: int, coding: Coding) -> tuple[int, int, int, int]:
    """Tag, value representation as a number (0 without one), where the value begins, its length."""
    group, number, vr, length = coding.header.unpack_from(view, position)
    if coding.implicit:
        return group << 16 | number, 0, position + 8, length << 16 | vr
    width = coding.widths.get(vr)
    if width == SHORT:
        return group << 16 | number, vr, position + 8, length
    if width is None and group != _DELIMITERS:
        raise UnreadableError("an element has no value representation")
    value = position + (width or 4)
    (length,) = coding.length.unpack_from(view, value)
    return group << 16 | number, vr, value + 4, length


def _behind_items(view: memoryview, position: int, coding: Coding, depth: int) -> int:
    """Where a sequence of undefined length ends; an icon's pixels in fragments are such a sequence too."""
    if depth > _DEEPEST:
        raise UnreadableError("sequences lie too deep in each other")
    while True:
        tag, _, position, length = _element(view, position, coding)
        if tag == _SEQUENCE_END:
            return position
        if tag != _ITEM:
            raise UnreadableError("a sequence holds something else than items")
        position = _behind_item(view, position, coding, depth) if length == _UNDEFINED else position + length


def _behind_item(view: memoryview, position: int, coding: Coding, depth: int) -> int:
    while True:
        tag, vr, position, length = _element(view, position, coding)
        if tag == _ITEM_END:
            return position
        if length == _UNDEFINED:
            position = _behind_items(view, position, nested(coding, vr), depth + 1)
        else:
            position += length
