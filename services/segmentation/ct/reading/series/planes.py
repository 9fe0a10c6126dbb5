"""Whether a series lies in axial slices, before anything else is judged of it."""

from collections.abc import Iterator, Sequence

from radmesh.errors import ImageFormatError
from services.segmentation.ct.reading.dicom.enhanced import enhanced_slices
from services.segmentation.ct.reading.dicom.header import Header
from services.segmentation.ct.reading.geometry import is_nearly_axial
from services.segmentation.ct.reading.limits import CtLimits


def is_axial(headers: Sequence[Header], limits: CtLimits) -> bool:
    """Whether more than half of the slices are, and those are enough for a volume.

    A damaged slice does not make another series the axial one: it is refused by its number later.
    """
    found = sum(axial for header in headers for axial in _axial(header, limits))
    whole = sum(header.frames for header in headers)
    return 2 * found > whole >= limits.min_slices


def _axial(header: Header, limits: CtLimits) -> Iterator[bool]:
    if not header.is_enhanced:
        yield _is_axial(header.values.numbers("ImageOrientationPatient", 6) or ())
        return
    try:
        for one in enhanced_slices(header, limits, "frame"):
            yield _is_axial((*one.place.along_row, *one.place.along_column))
    except ImageFormatError:
        # Told when it is this series that is read.
        return


def _is_axial(orientation: Sequence[float]) -> bool:
    """orientation: along a row and along a column, unit vectors; () where there is none."""
    if not orientation:
        return False
    row_x, row_y, _, column_x, column_y, _ = orientation
    return is_nearly_axial(row_x * column_y - row_y * column_x)
