"""The slices in files of CT Image Storage: one plane each, all of it in the top level of the header."""

from dataclasses import dataclass, replace

from services.segmentation.ct.reading.dicom.header import Header
from services.segmentation.ct.reading.dicom.plane import form_of, place_of, point_of, rescale_of
from services.segmentation.ct.reading.dicom.slices import Making, PixelForm, Place, Slice
from services.segmentation.ct.reading.dicom.values import Values
from services.segmentation.ct.reading.dicom.words import words_of
from services.segmentation.ct.reading.limits import CtLimits

_OF_EACH = frozenset({"SOPInstanceUID", "InstanceNumber", "ImagePositionPatient"})
"""What differs from slice to slice."""


@dataclass(frozen=True, slots=True)
class _Alike:
    """What slices have in common whose headers differ only in `_OF_EACH`. place: of the first of them."""

    form: PixelForm
    place: Place
    making: Making
    slope: float
    intercept: float


class ClassicSlices:
    """Makes slices of files. What many of them say alike is judged once: that is half of the time."""

    def __init__(self, limits: CtLimits) -> None:
        self._limits = limits
        self._known: dict[tuple[object, ...], _Alike] = {}

    def slice_of(self, header: Header) -> Slice:
        """The slice of a file.

        Raises ImageFormatError: NO_PIXEL_DATA, PIXELS_UNSUPPORTED, NOT_HOUNSFIELD, GEOMETRY_MISSING.
        """
        name, values = header.name, header.values
        elements = [item for item in values.elements.items() if item[0] not in _OF_EACH]
        key = (header.beginning, header.pixels is None or header.pixels.length == 0, *elements)
        alike = self._known.get(key)
        if alike is None:
            alike = self._known[key] = self._judged(header)
        place = replace(alike.place, position=point_of(name, values.numbers("ImagePositionPatient", 3)))
        return Slice(
            name,
            header,
            0,
            values.text("SOPInstanceUID"),
            alike.form,
            place,
            alike.making,
            alike.slope,
            alike.intercept,
        )

    def _judged(self, header: Header) -> _Alike:
        name, values = header.name, header.values
        form = form_of(name, header, self._limits)
        slope, intercept = rescale_of(
            name, values.number("RescaleSlope"), values.number("RescaleIntercept"), values.text("RescaleType")
        )
        place = place_of(
            name,
            values.numbers("ImagePositionPatient", 3),
            values.numbers("ImageOrientationPatient", 6),
            values.numbers("PixelSpacing", 2),
        )
        return _Alike(form, place, _making(values), slope, intercept)


def _making(values: Values) -> Making:
    return Making(
        kernel=words_of(values, "ConvolutionKernel"),
        kvp=values.number("KVP"),
        contrast=words_of(values, "ContrastBolusAgent"),
        thickness_mm=values.number("SliceThickness"),
        acquisition=values.whole("AcquisitionNumber"),
        moment=values.whole("TemporalPositionIdentifier"),
        series=values.whole("SeriesNumber"),
        frame_of_reference=values.text("FrameOfReferenceUID"),
        lossy=values.text("LossyImageCompression") == "01",
    )
