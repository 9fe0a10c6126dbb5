"""The header of a file as pydicom has it: what new DICOM objects are made from, and the patient's part."""

import io
import math
from collections.abc import Sequence
from typing import Any

from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset
from pydicom.tag import Tag

from services.segmentation.ct.reading.dicom.header import Header, data_set
from services.segmentation.ct.reading.dicom.quietly import quietly
from services.segmentation.ct.reading.image import Patient
from services.segmentation.ct.reading.limits import CtLimits
from services.segmentation.ct.reading.refusals import damaged
from services.segmentation.hostile import PARSER_FAULTS

_SIZE, _WEIGHT, _SEX = "PatientSize", "PatientWeight", "PatientSex"
_SEXES = ("M", "F", "O")

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


def patient_of(header: Header, limits: CtLimits) -> Patient:
    """Height, weight and sex, None where the header has no positive number, no sex. No more is read."""
    with quietly():
        found = header_data_set(header, limits, (_SIZE, _WEIGHT, _SEX))
        sex = _value(found, _SEX)
        return Patient(
            height_m=_positive(found, _SIZE),
            weight_kg=_positive(found, _WEIGHT),
            sex=sex if isinstance(sex, str) and sex in _SEXES else None,
        )


def _positive(found: Dataset, keyword: str) -> float | None:
    try:
        value = float(_value(found, keyword) or 0)
    except (TypeError, ValueError):
        return None
    return value if value > 0 and math.isfinite(value) else None


def _value(found: Dataset, keyword: str) -> Any:
    try:
        return found.get(keyword)
    except UNREADABLE:
        return None
