"""Opens an uploaded image as a CT: from files in any order to a volume whose geometry is proven."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from services.segmentation.ct.reading.dicom.classic import ClassicSlices
from services.segmentation.ct.reading.dicom.decoding import check_compression
from services.segmentation.ct.reading.dicom.enhanced import enhanced_slices
from services.segmentation.ct.reading.dicom.faults import Faults
from services.segmentation.ct.reading.dicom.header import Header, read_header
from services.segmentation.ct.reading.dicom.patient import patient_of
from services.segmentation.ct.reading.dicom.pixels import DicomPlanes
from services.segmentation.ct.reading.dicom.slices import Making, Slice
from services.segmentation.ct.reading.files.content import Content
from services.segmentation.ct.reading.files.resident import Resident
from services.segmentation.ct.reading.files.upload import Upload, take_apart
from services.segmentation.ct.reading.image import CtImage, Patient
from services.segmentation.ct.reading.limits import CtLimits
from services.segmentation.ct.reading.nifti import open_nifti
from services.segmentation.ct.reading.opening_steps import OpeningSteps, Step
from services.segmentation.ct.reading.series.choice import LeftOut, choose_series
from services.segmentation.ct.reading.series.planes import is_axial
from services.segmentation.ct.reading.series.stack import stacked
from services.segmentation.ct.reading.series.uniform import check_uniform


def open_ct(
    content: Content | Sequence[Content], limits: CtLimits, steps: OpeningSteps | None = None
) -> CtImage:
    """The CT in an image: DICOM files, an archive of them (zip, tar, tar.gz), or one NIfTI file (also .gz).

    Reads headers alone. Where there are several series, the axial one with the most slices is taken; what
    else there was is told in `left_out`. steps: whom to tell how far it is. Raises RadmeshError, mostly
    ImageFormatError, with a reason of docs/errors.md, section "A CT that cannot be read"; OSError when a file
    cannot be opened.
    """
    contents = [content] if isinstance(content, bytes | memoryview | Path) else content
    steps = steps or OpeningSteps()
    upload = take_apart(contents, limits, steps.unpacked)
    return _dicom(upload, limits, steps.read) if upload.nifti is None else _nifti(upload.nifti, limits)


def _nifti(view: memoryview, limits: CtLimits) -> CtImage:
    geometry, planes = open_nifti(view, limits)
    return CtImage(geometry, (), Making(), Patient(), (), planes)


def _dicom(upload: Upload, limits: CtLimits, read: Step) -> CtImage:
    headers = _headers(upload, limits, read)
    series = choose_series(headers, upload.foreign, lambda headers: is_axial(headers, limits))
    slices = list(_slices(series.headers, limits))
    localizers = sum(header.frames for header in series.headers) - len(slices)
    check_uniform(slices)
    ordered, geometry = stacked(slices, limits.min_slices, limits.max_slices)
    check_compression(ordered)
    left_out = (*series.left_out, *([LeftOut("localizer frame", localizers)] if localizers else []))
    first = ordered[0]
    return CtImage(
        geometry,
        tuple(ordered),
        first.making,
        patient_of(one.header for one in ordered),
        left_out,
        DicomPlanes(ordered, limits),
    )


def _headers(upload: Upload, limits: CtLimits, read: Step) -> Iterator[Header]:
    resident = Resident()
    read(0, len(upload.files))
    for done, member in enumerate(upload.files, start=1):
        yield read_header(member, limits)
        resident.touch(member.source)
        read(done, len(upload.files))
    resident.let_go()


def _slices(headers: Sequence[Header], limits: CtLimits) -> Iterator[Slice]:
    classic, faults = ClassicSlices(limits), Faults()
    for header in headers:
        if header.is_enhanced:
            noun = "frame" if len(headers) == 1 else f"{header.name} frame"
            yield from enhanced_slices(header, limits, noun)
        else:
            with faults.of_slice():
                yield classic.slice_of(header)
    faults.check()
