"""The slice in a file of CT Image Storage: one plane, all of it in the top level of its header."""

from services.segmentation.ct.reading.dicom.header import Header
from services.segmentation.ct.reading.dicom.plane import form_of, place_of, rescale_of
from services.segmentation.ct.reading.dicom.slices import Making, Slice
from services.segmentation.ct.reading.limits import CtLimits


def classic_slice(header: Header, limits: CtLimits) -> Slice:
    """The slice.

    Raises ImageFormatError: NO_PIXEL_DATA, PIXELS_UNSUPPORTED, GEOMETRY_MISSING, NOT_HOUNSFIELD.
    """
    name, values = header.name, header.values
    form = form_of(name, header, limits)
    slope, intercept = rescale_of(
        name, values.number("RescaleSlope"), values.number("RescaleIntercept"), values.text("RescaleType")
    )
    place = place_of(
        name,
        values.numbers("ImagePositionPatient", 3),
        values.numbers("ImageOrientationPatient", 6),
        values.numbers("PixelSpacing", 2),
    )
    making = Making(
        kernel=values.text("ConvolutionKernel"),
        kvp=values.number("KVP"),
        contrast=values.text("ContrastBolusAgent"),
        thickness_mm=values.number("SliceThickness"),
        acquisition=values.whole("AcquisitionNumber"),
        moment=values.whole("TemporalPositionIdentifier"),
        frame_of_reference=values.text("FrameOfReferenceUID"),
        lossy=values.text("LossyImageCompression") == "01",
    )
    uid = values.text("SOPInstanceUID")
    return Slice(name, header, 0, uid, form, place, making, slope, intercept)
