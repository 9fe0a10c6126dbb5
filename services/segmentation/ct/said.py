"""L3 as a person says where it is: a mask or slices, with the task or in the review of stage 1."""

from collections.abc import Iterator
from contextlib import contextmanager

from radmesh.errors import ImageFormatError, ImageTooLargeError, InvalidRequestError, Violation
from radmesh.segmentation.v1.ct_stage_pb2 import CtL3Stage
from services.chassis.runner import AcceptedStage, AnswerRefused, Work, WorkImage
from services.segmentation.ct import files
from services.segmentation.ct.course import Course
from services.segmentation.ct.locate.curve import SpineCurve
from services.segmentation.ct.locate.locating import prepare
from services.segmentation.ct.locate.location import L3Location
from services.segmentation.ct.locate.review import corrected, from_png, from_slices
from services.segmentation.ct.locate.review_volume import from_volume
from services.segmentation.ct.locate.sagittal import Plane, sample
from services.segmentation.ct.locate.spine import find_spine
from services.segmentation.ct.locate.stack import Stack, stack_of
from services.segmentation.ct.locate.survey import survey
from services.segmentation.ct.locate.view import view_of
from services.segmentation.ct.parameters import CtParameters
from services.segmentation.ct.reading import CtImage, CtLimits, axial, open_ct
from services.segmentation.ct.stage_messages import curve_of, location_of, plane_of
from services.segmentation.ct.used import Said, backdrop_of, backdrop_shown
from services.segmentation.ct.watched import watched

_NO_SPINE = "SPINE_NOT_FOUND"
_UNMEASURABLE = frozenset(
    {"L3_EXTENT_IMPLAUSIBLE", "BODY_PART_NOT_COVERED", "SLICES_EMPTY", "NO_MUSCLE_FOUND"}
)
"""What stage 2 says of a level that is none: who said in a review where L3 is can say it otherwise."""


def said_with_task(image: CtImage, parameters: CtParameters, work: Work, course: Course) -> Said:
    """L3 by the parameters of a task. Raises what the readers in locate.review raise."""
    image = watched(image, course.part("sampling", "slices", 0.05, 0.1), course.check)
    if parameters.slice_range:
        stack = stack_of(image)
        return _seen(from_slices(*parameters.slice_range, stack, _curve(stack)), stack)
    (mask,) = (one for one in work.images if one.name == parameters.l3_mask)
    if mask.media_type == files.PNG:
        stack, curve, sagittal = prepare(image)
        drawn = from_png(mask.content, view_of(sagittal.plane, curve), curve, stack)
        return Said(drawn, backdrop_of(sagittal, drawn))
    stack = stack_of(image)
    return _seen(from_volume(_volume(mask), stack, _curve(stack)), stack)


def said_in_review(
    image: CtImage, parameters: CtParameters, accepted: AcceptedStage, stage: CtL3Stage
) -> Said:
    """L3 as stage 1 found it, unless the reviewer said otherwise. Raises AnswerRefused for what cannot be."""
    found, mask, slices = location_of(stage), accepted.replacements.get(files.L3_MASK), parameters.slice_range
    if mask and slices:
        both = Violation("parameters.slice_range", "either a mask says where L3 is, or slices do.")
        raise AnswerRefused(InvalidRequestError([both]))
    stack, curve = stack_of(image), curve_of(stage)
    if slices:
        with refusing_answer():
            said = from_slices(*slices, stack, curve)
    elif mask:
        with refusing_answer():
            said = _drawn(mask, plane_of(stage), curve, stack)
    else:
        return Said(found)
    return Said(corrected(said, found), backdrop_shown(plane_of(stage), accepted.files))


def _seen(location: L3Location, stack: Stack) -> Said:
    """With the plane through the spine, for which every slice is read once."""
    if location.curve is None:
        return Said(location)
    return Said(location, backdrop_of(sample(stack, location.curve), location))


def _drawn(mask: WorkImage, view: Plane, curve: SpineCurve, stack: Stack) -> L3Location:
    if mask.media_type == files.PNG:
        return from_png(mask.content, view, curve, stack)
    return from_volume(_volume(mask), stack, curve)


@contextmanager
def refusing_answer() -> Iterator[None]:
    """Whatever is refused within is what a reviewer said: the person is asked again, and told why."""
    try:
        yield
    except (ImageFormatError, ImageTooLargeError, InvalidRequestError) as error:
        raise AnswerRefused(error) from error


@contextmanager
def refusing_level() -> Iterator[None]:
    """The same of a measurement: only where it says that L3 cannot be where the reviewer accepted it."""
    try:
        yield
    except ImageFormatError as error:
        if error.reason not in _UNMEASURABLE:
            raise
        raise AnswerRefused(error) from error


def _curve(stack: Stack) -> SpineCurve | None:
    """The spine; None where it cannot be found, as who names L3 need not show it to us."""
    try:
        return find_spine(survey(stack))
    except ImageFormatError as error:
        if error.reason != _NO_SPINE:
            raise
        return None


def _volume(mask: WorkImage) -> CtImage:
    return axial(open_ct(mask.path, CtLimits()))
