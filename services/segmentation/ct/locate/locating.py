"""Stage 1 of ct-l3: from a CT to the location of L3 and the pictures' sources."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy import ndimage

from services.segmentation.ct.locate.bodies import Body, bodies_of, sacrum_of
from services.segmentation.ct.locate.curve import SpineCurve
from services.segmentation.ct.locate.ends import end_at
from services.segmentation.ct.locate.judging import Spine, anchors_of, confidence_of, doubts_about
from services.segmentation.ct.locate.levels import Level
from services.segmentation.ct.locate.location import FoundLevel, L3Location, Source
from services.segmentation.ct.locate.placing import covered, place_of
from services.segmentation.ct.locate.refusals import cut_short, not_covered, not_found
from services.segmentation.ct.locate.sagittal import PITCH_MM, SagittalImage, sample
from services.segmentation.ct.locate.sequence import in_order
from services.segmentation.ct.locate.spine import find_spine
from services.segmentation.ct.locate.stack import Stack, stack_of
from services.segmentation.ct.locate.survey import survey
from services.segmentation.ct.locate.view import shown, view_of
from services.segmentation.ct.locate.windows import Answer, Network, Report, closer, overview
from services.segmentation.ct.reading import CtImage

_LEAST_MM = 25.0
"""No body of L3 fits into less."""

_CUT_SHARE = 0.75

_LEAST_CONFIDENCE = 0.1
"""Less is a guess among levels that no reviewer is helped by: a liver without anything to count from."""


@dataclass(frozen=True)
class Located:
    """location: what stage 2 needs. image: what the network saw. labels: uint8, the Level of its pixels."""

    location: L3Location
    image: SagittalImage = field(repr=False)
    labels: np.ndarray = field(repr=False)


def prepare(image: CtImage) -> tuple[Stack, SpineCurve, SagittalImage]:
    """Finds the spine and draws the plane through it. Reads some slices twice, and holds one at a time.

    Raises ImageFormatError NOT_AXIAL, BODY_PART_NOT_COVERED, NO_BODY, SPINE_NOT_FOUND, and as CtImage.read.
    """
    image.require_length(_LEAST_MM, "L3")
    stack = stack_of(image)
    curve = find_spine(survey(stack))
    return stack, curve, sample(stack, curve)


def locate(image: CtImage, network: Network, report: Report = lambda done, total: None) -> Located:
    """Finds L3. network: see windows.Network. report: is told of each window before it is shown.

    Raises as `prepare`, and ImageFormatError L3_NOT_FOUND.
    """
    stack, curve, sagittal = prepare(image)
    answer = overview(sagittal, curve, network, report)
    first = _spine(answer)
    around = _l3(first, sagittal).height_mm
    answer = closer(sagittal, curve, around, network, answer)
    spine = _spine(answer)
    body = _l3(spine, sagittal)
    cut = _is_cut(spine, body, sagittal, stack.heights.step_mm)
    mask = _solid(body.mask)
    centre, low, high = place_of(mask, sagittal.plane, curve, stack)
    anchors, view = anchors_of(spine, sagittal), view_of(sagittal.plane, curve)
    doubts = doubts_about(spine, anchors, sagittal, curve, cut)
    if confidence_of(doubts) < _LEAST_CONFIDENCE:
        raise not_found(_named(spine.order.levels))
    location = L3Location(
        Source.MODEL,
        centre,
        low,
        high,
        covered(body.low_mm, body.height_mm, body.high_mm, stack),
        confidence_of(doubts),
        doubts,
        anchors,
        _levels(spine),
        view,
        shown(mask, sagittal.plane, view),
        curve,
    )
    return Located(location, sagittal, _labels(spine, sagittal))


def _spine(answer: Answer) -> Spine:
    bodies, sacrum = bodies_of(answer), sacrum_of(answer)
    votes = np.array([body.votes for body in bodies]).reshape(len(bodies), len(Level))
    heights = [body.height_mm for body in bodies]
    return Spine(bodies, in_order(heights, votes, sacrum.height_mm if sacrum else None), sacrum)


def _l3(spine: Spine, image: SagittalImage) -> Body:
    """The body that is L3. Raises ImageFormatError L3_NOT_FOUND, BODY_PART_NOT_COVERED."""
    levels = spine.order.levels
    if spine.l3 is not None:
        return spine.bodies[spine.l3]
    length = image.plane.rows * PITCH_MM
    if levels and min(levels) > Level.L3:
        raise not_covered(_named(levels), "below the lowest", "feet", length)
    if (levels and max(levels) < Level.L3) or (not levels and spine.sacrum is not None):
        raise not_covered(_named(levels) or "the sacrum", "above the highest", "head", length)
    raise not_found(_named(levels))


def _named(levels: Sequence[Level]) -> str:
    """`L2 to T12` from foot to head."""
    names = [level.label if level < Level.THORACIC else "the chest" for level in levels]
    return "" if not names else names[0] if len(set(names)) == 1 else f"{names[0]} to {names[-1]}"


def _is_cut(spine: Spine, body: Body, image: SagittalImage, step_mm: float) -> bool:
    """Whether the study ends at the body. Raises ImageFormatError BODY_PART_NOT_COVERED if much is gone."""
    end = end_at(body, image.plane, step_mm)
    if end is None:
        return False
    others = [one.area_mm2 for one in spine.bodies if one is not body]
    if body.area_mm2 < _CUT_SHARE * (float(np.median(others)) if others else 600.0):
        raise cut_short(end, body.high_mm - body.low_mm)
    return True


def _solid(mask: np.ndarray) -> np.ndarray:
    """The largest piece without holes."""
    parts, number = ndimage.label(mask)
    if number > 1:
        mask = parts == np.bincount(parts.ravel())[1:].argmax() + 1
    filled: np.ndarray = ndimage.binary_fill_holes(mask)
    return filled


def _levels(spine: Spine) -> tuple[FoundLevel, ...]:
    return tuple(
        FoundLevel(level, body.height_mm, body.depth_mm, body.low_mm, body.high_mm)
        for body, level in zip(spine.bodies, spine.order.levels, strict=True)
    )


def _labels(spine: Spine, image: SagittalImage) -> np.ndarray:
    labels = np.zeros((image.plane.rows, image.plane.columns), np.uint8)
    if spine.sacrum is not None:
        labels[spine.sacrum.mask] = Level.SACRUM
    for body, level in zip(spine.bodies, spine.order.levels, strict=True):
        labels[body.mask] = level
    return labels
