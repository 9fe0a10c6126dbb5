"""Which body is taken for L3, and what shows no lumbar spine that a person could be asked about."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from services.segmentation.ct.locate.bodies import Body
from services.segmentation.ct.locate.ends import end_at
from services.segmentation.ct.locate.judging import Spine, confidence_of
from services.segmentation.ct.locate.levels import Level
from services.segmentation.ct.locate.location import Anchors, Doubt
from services.segmentation.ct.locate.refusals import cut_short, not_covered, not_found, not_told_apart
from services.segmentation.ct.locate.sagittal import PITCH_MM, SagittalImage
from services.segmentation.ct.locate.sequence import NAMES, levels_apart

_CUT_SHARE = 0.75
"""Of the other bodies' area: less of L3 is not worth measuring, where it is certain to be L3."""

_LEAST_CONFIDENCE = 0.1
"""Less, though there is something to count from, is a guess among levels that no reviewer is helped by."""

_LEAST_LUMBAR = 0.5
"""Of the network's votes for a vertebra: with less it saw the chest or the neck, which show no L3."""


def with_l3(spine: Spine, anchors: Anchors, image: SagittalImage) -> Spine:
    """The spine with one body that is L3: as ordered, or the likeliest where nothing tells the order.

    Raises ImageFormatError L3_NOT_FOUND, BODY_PART_NOT_COVERED.
    """
    if spine.l3 is not None:
        return spine
    levels = spine.order.levels
    if not anchors.any and spine.sacrum is None and any(map(_is_lumbar, spine.bodies)):
        return _guessed(spine)
    length = image.plane.rows * PITCH_MM
    if levels and min(levels) > Level.L3:
        raise not_covered(_named(levels), "below the lowest", "feet", length)
    if (levels and max(levels) < Level.L3) or (not levels and spine.sacrum is not None):
        raise not_covered(_named(levels) or "the sacrum", "above the highest", "head", length)
    raise not_found(_named(levels))


def is_cut(spine: Spine, body: Body, anchors: Anchors, image: SagittalImage, step_mm: float) -> bool:
    """Whether the study ends at the body.

    step_mm: of the slices. Raises ImageFormatError BODY_PART_NOT_COVERED if much of what must be L3 is gone.
    """
    end = end_at(body, image.plane, step_mm)
    others = [one.area_mm2 for one in spine.bodies if one is not body]
    whole = float(np.median(others)) if others else 600.0
    if end is not None and anchors.any and body.area_mm2 < _CUT_SHARE * whole:
        raise cut_short(end, body.high_mm - body.low_mm)
    return end is not None


def require_reviewable(spine: Spine, body: Body, anchors: Anchors, doubts: Sequence[Doubt]) -> None:
    """Raises ImageFormatError L3_NOT_FOUND where the levels are a mere guess that no look at them betters."""
    if confidence_of(doubts) < _LEAST_CONFIDENCE and (anchors.any or not _is_lumbar(body)):
        raise not_told_apart(_named(spine.order.levels))


def _guessed(spine: Spine) -> Spine:
    """The likeliest body named L3, the others by how far they are from it."""
    likely = spine.order.sureness[:, NAMES.index(Level.L3)]
    lumbar = np.array([_is_lumbar(body) for body in spine.bodies])
    place = int(np.where(lumbar, likely, -1.0).argmax())
    apart = levels_apart([body.height_mm for body in spine.bodies])
    numbers = Level.L3 + np.cumsum([-sum(apart[:place]), *apart])
    levels = tuple(Level(number) for number in np.clip(numbers, NAMES[0], NAMES[-1]))
    return replace(spine, order=replace(spine.order, levels=levels))


def _is_lumbar(body: Body) -> bool:
    votes = body.votes[NAMES[0] : NAMES[-1] + 1]
    return float(votes[: NAMES.index(Level.T12)].sum()) > _LEAST_LUMBAR * float(votes.sum())


def _named(levels: Sequence[Level]) -> str:
    """`L2 to T12` from foot to head."""
    names = [level.label if level < Level.THORACIC else "the chest" for level in levels]
    return "" if not names else names[0] if len(set(names)) == 1 else f"{names[0]} to {names[-1]}"
