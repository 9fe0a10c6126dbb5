"""Makes the parts of a slice from numbers of a header, and refuses what no volume can be made of."""

import numpy as np

from services.segmentation.ct.reading.dicom.faults import Fault, SliceFault
from services.segmentation.ct.reading.dicom.header import Header
from services.segmentation.ct.reading.dicom.slices import PixelForm, Place
from services.segmentation.ct.reading.dicom.values import shown
from services.segmentation.ct.reading.geometry import Vector
from services.segmentation.ct.reading.limits import CtLimits
from services.segmentation.ct.reading.wording import SliceName, joined

_SQUARE_WITHIN = 1e-3
"""By how much the length of a direction may differ from 1, and two directions from a right angle."""

_SPACING_MM = (0.01, 50.0)


def place_of(
    name: SliceName,
    position: tuple[float, ...] | None,
    orientation: tuple[float, ...] | None,
    spacing: tuple[float, ...] | None,
) -> Place:
    """The place of a plane from ImagePositionPatient, ImageOrientationPatient and PixelSpacing.

    Raises ImageFormatError GEOMETRY_MISSING.
    """
    point = point_of(name, position)
    if orientation is None:
        raise _no_place(name, "no usable orientation (0020,0037)", "a usable orientation (0020,0037)")
    if spacing is None or not all(_SPACING_MM[0] <= one <= _SPACING_MM[1] for one in spacing):
        raise _no_place(name, "no usable pixel spacing (0028,0030)", "a usable pixel spacing (0028,0030)")
    along_row, along_column = np.array(orientation[:3]), np.array(orientation[3:])
    lengths = float(np.linalg.norm(along_row)), float(np.linalg.norm(along_column))
    cosine = float(along_row @ along_column)
    if max(abs(lengths[0] - 1), abs(lengths[1] - 1), abs(cosine)) > _SQUARE_WITHIN:
        raise _no_place(name, "an orientation (0020,0037) that is none: its axes are not at right angles")
    along_row = along_row / lengths[0]
    along_column = along_column - (along_column @ along_row) * along_row
    along_column = along_column / np.linalg.norm(along_column)
    return Place(point, _vector(along_row), _vector(along_column), (spacing[0], spacing[1]))


def point_of(name: SliceName, position: tuple[float, ...] | None) -> Vector:
    """The position as a vector. Raises ImageFormatError GEOMETRY_MISSING when there is none."""
    if position is None:
        raise _no_place(name, "no usable position (0020,0032)", "a usable position (0020,0032)")
    x, y, z = position
    return x, y, z


def form_of(name: SliceName, header: Header, limits: CtLimits) -> PixelForm:
    """How the pixels of a file are stored. Raises ImageFormatError PIXELS_UNSUPPORTED, NO_PIXEL_DATA."""
    if header.pixels is None or header.pixels.length == 0:
        advice = "Send the series again with its images."
        raise SliceFault(name, Fault(reason="NO_PIXEL_DATA", has="no pixels", advice=advice, lacks="pixels"))
    values = header.values
    rows, columns = values.unsigned("Rows"), values.unsigned("Columns")
    allocated, stored = values.unsigned("BitsAllocated"), values.unsigned("BitsStored")
    if not rows or not columns or not allocated or not stored:
        raise _no_pixels(name, "no usable size: rows, columns or bits are missing")
    if max(rows, columns) > limits.max_side:
        raise _no_pixels(name, f"{columns} x {rows} pixels; at most {limits.max_side} a side are read")
    high = values.unsigned("HighBit")
    high = stored - 1 if high is None else high
    grey = (values.unsigned("SamplesPerPixel") or 1) == 1
    if not grey or values.text("PhotometricInterpretation") != "MONOCHROME2":
        raise _no_pixels(name, "pixels that are not grey values with black as the lowest")
    if allocated not in (8, 16) or not stored - 1 <= high < allocated:
        raise _no_pixels(name, f"pixels of {stored} bits in {allocated}; 8 and 16 are read")
    signed = values.unsigned("PixelRepresentation") == 1
    return PixelForm(header.beginning.transfer_syntax, rows, columns, allocated, stored, high, signed)


def rescale_of(
    name: SliceName, slope: float | None, intercept: float | None, kind: str
) -> tuple[float, float]:
    """Slope and intercept to HU. kind: RescaleType. Raises ImageFormatError NOT_HOUNSFIELD."""
    lacks = ""
    if kind.upper() not in ("", "HU"):
        has = f"values in {shown(kind)} by rescale type (0028,1054)"
    elif slope is None or intercept is None:
        missing = [slope is None and "slope (0028,1053)", intercept is None and "intercept (0028,1052)"]
        lacks = f"a rescale {joined([one for one in missing if one])}"
        has = f"no{lacks[1:]}"
    elif slope == 0:
        has = "a rescale slope (0028,1053) of 0"
    else:
        return slope, intercept
    advice = "The values are not in Hounsfield units. Send the reconstruction in HU."
    raise SliceFault(name, Fault(reason="NOT_HOUNSFIELD", has=has, advice=advice, lacks=lacks))


def _vector(parts: object) -> Vector:
    x, y, z = (float(part) for part in parts)  # type: ignore[attr-defined]
    return x, y, z


def _no_place(name: SliceName, has: str, lacks: str = "") -> SliceFault:
    advice = "Send the axial series as the scanner made it, not a copy of its pictures."
    return SliceFault(name, Fault(reason="GEOMETRY_MISSING", has=has, advice=advice, lacks=lacks))


def _no_pixels(name: SliceName, has: str) -> SliceFault:
    return SliceFault(
        name, Fault(reason="PIXELS_UNSUPPORTED", has=has, advice="Send the original reconstruction.")
    )
