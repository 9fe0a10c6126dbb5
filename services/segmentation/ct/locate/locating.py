"""Stage 1 of ct-l3: from a CT to the location of L3 and the pictures' sources."""

from dataclasses import dataclass, field

import numpy as np
from scipy import ndimage

from services.segmentation.ct.locate.bodies import Body, bodies_of, sacrum_of
from services.segmentation.ct.locate.choosing import is_cut, require_reviewable, with_l3
from services.segmentation.ct.locate.curve import SpineCurve
from services.segmentation.ct.locate.judging import Spine, anchors_of, confidence_of, doubts_about
from services.segmentation.ct.locate.levels import Level
from services.segmentation.ct.locate.location import Anchors, FoundLevel, L3Location, Source
from services.segmentation.ct.locate.placing import covered, place_of
from services.segmentation.ct.locate.sagittal import SagittalImage, sample
from services.segmentation.ct.locate.sequence import in_order
from services.segmentation.ct.locate.spine import find_spine
from services.segmentation.ct.locate.stack import Stack, stack_of
from services.segmentation.ct.locate.survey import survey
from services.segmentation.ct.locate.view import shown, view_of
from services.segmentation.ct.locate.windows import Answer, Network, Report, closer, overview
from services.segmentation.ct.reading import CtImage

_LEAST_MM = 25.0
"""No body of L3 fits into less."""


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
    around = _chosen(answer, sagittal)[1].height_mm
    answer = closer(sagittal, curve, around, network, answer)
    spine, body, anchors = _chosen(answer, sagittal)
    cut = is_cut(spine, body, anchors, sagittal, stack.heights.step_mm)
    mask = _solid(body.mask)
    centre, low, high = place_of(mask, sagittal.plane, curve, stack)
    view = view_of(sagittal.plane, curve)
    doubts = doubts_about(spine, anchors, sagittal, curve, cut)
    require_reviewable(spine, body, anchors, doubts)
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


def _chosen(answer: Answer, image: SagittalImage) -> tuple[Spine, Body, Anchors]:
    """The spine, its L3 and what its levels can be counted from. Raises as `with_l3`."""
    seen = _spine(answer)
    anchors = anchors_of(seen, image)
    spine = with_l3(seen, anchors, image)
    assert spine.l3 is not None
    return spine, spine.bodies[spine.l3], anchors


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
