"""The header of a file as pydicom has it: what new DICOM objects are made from."""

import io
from collections.abc import Sequence

from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset
from pydicom.tag import Tag

from services.segmentation.ct.reading.dicom.header import Header, data_set
from services.segmentation.ct.reading.limits import CtLimits
from services.segmentation.ct.reading.refusals import damaged
from services.segmentation.hostile import PARSER_FAULTS

UNREADABLE = (*PARSER_FAULTS, OSError)
"""What pydicom raises on hostile headers."""


def header_data_set(header: Header, limits: CtLimits, keywords: Sequence[str] = ()) -> Dataset:
    """The elements before the pixels: all, or only those named. They identify the patient: never log them.

    Values are converted when they are asked for, and may then raise what is in UNREADABLE. Raises
    ImageFormatError FILE_UNREADABLE.
    """
    pixels = header.pixels
    view = data_set(header.member, header.beginning, limits)
    start = 0 if header.beginning.deflated else header.beginning.data_set
    try:
        return read_dataset(
            io.BytesIO(view[start : pixels.element if pixels else len(view)]),
            is_implicit_VR=header.values.coding.implicit,
            is_little_endian=not header.values.coding.big_endian,
            specific_tags=[Tag(keyword) for keyword in keywords] or None,
        )
    except UNREADABLE:
        raise damaged(str(header.name)) from None
