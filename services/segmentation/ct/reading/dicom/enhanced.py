"""The slices in a file of Enhanced CT Image Storage: planes whose geometry lies in functional groups."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from pydicom.dataset import Dataset

from services.segmentation.ct.reading.dicom.datasets import UNREADABLE, header_data_set
from services.segmentation.ct.reading.dicom.faults import Faults
from services.segmentation.ct.reading.dicom.header import Header
from services.segmentation.ct.reading.dicom.plane import form_of, place_of, rescale_of
from services.segmentation.ct.reading.dicom.quietly import quietly
from services.segmentation.ct.reading.dicom.slices import Making, Place, Slice
from services.segmentation.ct.reading.dicom.words import cleaned
from services.segmentation.ct.reading.limits import CtLimits
from services.segmentation.ct.reading.refusals import damaged, refused
from services.segmentation.ct.reading.wording import SliceName

_SHARED, _PER_FRAME = "SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"
_AGENTS = "ContrastBolusAgentSequence"
_EMPTY = Dataset()


@dataclass(frozen=True)
class _Groups:
    """The functional groups of one frame (PS3.3 section C.7.6.16): its own where it has them, else shared."""

    shared: Dataset
    own: Dataset

    def first(self, keyword: str) -> Dataset:
        """The first item of a group; an empty one where neither has it."""
        for place in (self.own, self.shared):
            if items := place.get(keyword):
                found: Dataset = items[0]
                return found
        return _EMPTY


def enhanced_slices(header: Header, limits: CtLimits, noun: str) -> list[Slice]:
    """The slices in the order of the frames; localizers among them are left out. noun: of a frame.

    Raises ImageFormatError as for a classic slice, and FILE_UNREADABLE.
    """
    form_of(header.name, header, limits)
    with quietly():
        try:
            return list(
                _slices(header, header_data_set(header, limits, (_SHARED, _PER_FRAME, _AGENTS)), limits, noun)
            )
        except UNREADABLE:
            raise damaged(str(header.name)) from None


def _slices(header: Header, groups: Dataset, limits: CtLimits, noun: str) -> Iterator[Slice]:
    shared = groups.get(_SHARED) or [_EMPTY]
    frames = groups.get(_PER_FRAME) or []
    if len(frames) != header.frames:
        raise refused(
            f"The file says that it has {header.frames} frames and describes {len(frames)} of them. Send the "
            "series again.",
            reason="FILE_UNREADABLE",
            frames=header.frames,
        )
    uid = header.values.text("SOPInstanceUID")
    agents = ", ".join(str(one.get("CodeMeaning", "")) for one in groups.get(_AGENTS) or [])
    faults = Faults()
    for index, own in enumerate(frames):
        frame = _Groups(shared[0], own)
        if "LOCALIZER" in (frame.first("CTImageFrameTypeSequence").get("FrameType") or []):
            continue
        name = SliceName(noun, index + 1)
        with faults.of_slice():
            yield Slice(
                name,
                header,
                index,
                uid,
                form_of(name, header, limits),
                _place(name, frame),
                _making(header, frame, agents),
                *_rescale(name, frame.first("PixelValueTransformationSequence")),
            )
    faults.check()


def _place(name: SliceName, frame: _Groups) -> Place:
    return place_of(
        name,
        _numbers(frame.first("PlanePositionSequence"), "ImagePositionPatient", 3),
        _numbers(frame.first("PlaneOrientationSequence"), "ImageOrientationPatient", 6),
        _numbers(frame.first("PixelMeasuresSequence"), "PixelSpacing", 2),
    )


def _rescale(name: SliceName, item: Dataset) -> tuple[float, float]:
    slope, intercept = _number(item, "RescaleSlope"), _number(item, "RescaleIntercept")
    return rescale_of(name, slope, intercept, str(item.get("RescaleType") or ""))


def _making(header: Header, frame: _Groups, agents: str) -> Making:
    content = frame.first("FrameContentSequence")
    kernel = frame.first("CTReconstructionSequence").get("ConvolutionKernel") or ""
    given = str(frame.first("ContrastBolusUsageSequence").get("ContrastBolusAgentAdministered") or "")
    acquisition, moment = content.get("FrameAcquisitionNumber"), content.get("TemporalPositionIndex")
    return Making(
        kernel=cleaned(kernel if isinstance(kernel, str) else "\\".join(map(str, kernel))),
        kvp=_number(frame.first("CTXRayDetailsSequence"), "KVP"),
        contrast=(cleaned(agents) or "administered") if given == "YES" else "",
        thickness_mm=_number(frame.first("PixelMeasuresSequence"), "SliceThickness"),
        acquisition=None if acquisition is None else int(acquisition),
        moment=None if moment is None else int(moment),
        series=header.values.whole("SeriesNumber"),
        frame_of_reference=header.values.text("FrameOfReferenceUID"),
        lossy=header.values.text("LossyImageCompression") == "01",
    )


def _numbers(item: Dataset, keyword: str, count: int) -> tuple[float, ...] | None:
    try:
        found = tuple(float(part) for part in item.get(keyword) or ())
    except ValueError:
        return None
    return found if len(found) == count and all(map(math.isfinite, found)) else None


def _number(item: Dataset, keyword: str) -> float | None:
    value = item.get(keyword)
    try:
        found = None if value is None else float(value)
    except (TypeError, ValueError):
        return None
    return found if found is not None and math.isfinite(found) else None
