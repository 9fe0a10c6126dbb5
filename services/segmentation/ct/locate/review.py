"""What a reviewer says instead: a mask over the picture or in the study's geometry, or slices."""

from dataclasses import replace

import numpy as np
from scipy import ndimage

from radmesh.errors import InvalidRequestError, Violation
from services.segmentation.ct.locate import drawn
from services.segmentation.ct.locate.bodies import measured_mask
from services.segmentation.ct.locate.curve import SpineCurve
from services.segmentation.ct.locate.location import Anchors, L3Location, Source
from services.segmentation.ct.locate.pictures import picture_size
from services.segmentation.ct.locate.placing import covered, instance_numbers, place_of, slices_named
from services.segmentation.ct.locate.refusals import refused
from services.segmentation.ct.locate.sagittal import PITCH_MM, Plane
from services.segmentation.ct.locate.stack import Stack
from services.segmentation.ct.locate.view import enlargement, reduced
from services.segmentation.ct.reading.wording import mm
from services.segmentation.ct.tall import check_tall

_LEAST_MM2 = 20.0
"""A smaller piece is a slip of the pen."""

_OFF_SPINE_MM = 40.0


def from_png(content: bytes, view: Plane, curve: SpineCurve, stack: Stack) -> L3Location:
    """L3 as somebody drew it over sagittal.png, of exactly that size: see `drawn.marked`.

    view, curve: of the location that the picture was drawn from. Raises ImageFormatError NOT_AN_IMAGE,
    MASK_SIZE_MISMATCH, MASK_EMPTY, MASK_IN_PIECES, MASK_OFF_SPINE, L3_EXTENT_IMPLAUSIBLE.
    """
    marked = drawn.marked(content, picture_size(view), view.rows * enlargement(view))
    return from_mask(reduced(marked, view), view, curve, stack)


def from_mask(mask: np.ndarray, view: Plane, curve: SpineCurve, stack: Stack) -> L3Location:
    """L3 as a mask on the view, bool (rows, columns). Raises ImageFormatError as `from_png`."""
    mask = one_piece(mask)
    height, depth, low, high = measured_mask(mask, view)
    beside = depth - float(curve.depth_at(np.array(height)))
    if abs(beside) > _OFF_SPINE_MM:
        raise refused(
            f"The mask lies {mm(abs(round(beside)))} {'behind' if beside > 0 else 'in front of'} the bodies "
            "of the spine. Mark the body of L3 and nothing else, and send the mask again.",
            reason="MASK_OFF_SPINE",
            distance_mm=f"{abs(beside):.0f}",
        )
    check_tall(high - low)
    centre, low_z, high_z = place_of(mask, view, curve, stack)
    return L3Location(
        Source.MASK,
        centre,
        low_z,
        high_z,
        covered(low, height, high, stack),
        1.0,
        plane=view,
        mask=mask,
        curve=curve,
    )


def from_slices(first: int, last: int, stack: Stack, curve: SpineCurve | None = None) -> L3Location:
    """L3 as the slices first to last, both included, in either order, by the numbers that the pictures show.

    They are the instance numbers of DICOM; where the series has none, slices are counted from 1 in the order
    of the volume as stored. curve: tells where in these slices the spine is; without one it is taken for
    their middle. Raises InvalidRequestError, ImageFormatError L3_EXTENT_IMPLAUSIBLE.
    """
    lowest, highest = sorted(_stored(first, last, stack))
    samples = stack.heights
    ends = sorted(stack.stored(index) for index in (lowest, highest))
    low, high = (samples.first_mm + index * samples.step_mm for index in ends)
    check_tall(high - low + samples.step_mm)
    middle = (low + high) / 2
    if curve is None:
        depth, side = ((axis.first_mm + axis.last_mm) / 2 for axis in (stack.depths, stack.sides))
    else:
        depth, side = float(curve.depth_at(np.array(middle))), float(curve.side_at(np.array(middle)))
    centre = stack.patient_mm(middle, depth, side)
    half = stack.rise(high - low + samples.step_mm) / 2
    chosen = slices_named(lowest, highest, stack.stored(int(samples.nearest(np.array(middle)))), stack)
    return L3Location(Source.SLICES, centre, centre[2] - half, centre[2] + half, chosen, 1.0, curve=curve)


def _stored(first: int, last: int, stack: Stack) -> tuple[int, int]:
    """Where the named slices are stored, from 0. Raises InvalidRequestError."""
    instances = instance_numbers(stack)
    numbers = instances or range(1, stack.heights.count + 1)
    if first not in numbers or last not in numbers:
        what = f"the {'instances' if instances else 'slices'} {min(numbers)} to {max(numbers)}"
        message = f"{first}:{last} is no range of slices: the study has {what}."
        raise InvalidRequestError([Violation("parameters.slice_range", message)])
    return numbers.index(first), numbers.index(last)


def corrected(said: L3Location, found: L3Location) -> L3Location:
    """What a reviewer said, with the anchors and the levels that stage 1 had found beside it."""
    return replace(said, anchors=Anchors(found.anchors.sacrum, found.anchors.last_rib), levels=found.levels)


def one_piece(mask: np.ndarray) -> np.ndarray:
    """The mask without slips of the pen. Raises ImageFormatError MASK_EMPTY, MASK_IN_PIECES."""
    parts, _ = ndimage.label(mask, np.ones((3, 3)))
    sizes = np.bincount(parts.ravel(), minlength=1)[1:] * PITCH_MM**2
    large = np.flatnonzero(sizes >= _LEAST_MM2) + 1
    if not len(large):
        raise refused(
            f"All that the mask marks is smaller than {_LEAST_MM2:g} mm². Mark the whole body of L3 and send "
            "it again, or name its slices.",
            reason="MASK_EMPTY",
        )
    if len(large) > 1:
        raise refused(
            f"The mask has {len(large)} separate pieces. Mark the body of L3 alone, and send the mask again.",
            reason="MASK_IN_PIECES",
            pieces=len(large),
        )
    piece: np.ndarray = parts == large[0]
    return piece
