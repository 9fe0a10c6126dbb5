"""How sure a found L3 is, and why not more."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from services.segmentation.ct.locate.bodies import Body
from services.segmentation.ct.locate.counting import count_doubts
from services.segmentation.ct.locate.curve import SpineCurve
from services.segmentation.ct.locate.levels import Level
from services.segmentation.ct.locate.location import Anchors, Doubt, DoubtKind
from services.segmentation.ct.locate.sagittal import PITCH_MM, SagittalImage
from services.segmentation.ct.locate.sequence import NAMES, Order

_SURE = 0.95
_TALL_MM = (14.0, 48.0)
_DEEP_MM = (20.0, 55.0)
_RIB_HU = 160.0
_LEAST_RIB_MM2 = 30.0
_LEAST_SACRUM_MM2 = 300.0


@dataclass(frozen=True)
class Spine:
    """What was found: bodies from foot to head with their order, and the sacrum if it is in view."""

    bodies: Sequence[Body]
    order: Order
    sacrum: Body | None

    @property
    def l3(self) -> int | None:
        """The place of L3 among the bodies."""
        return self.order.levels.index(Level.L3) if Level.L3 in self.order.levels else None


def anchors_of(spine: Spine, image: SagittalImage) -> Anchors:
    """Whether the sacrum is seen below the lumbar bodies, and whether a body with ribs is above them."""
    sacrum = spine.sacrum
    below = (
        sacrum is not None
        and sacrum.area_mm2 >= _LEAST_SACRUM_MM2
        and bool(spine.bodies)
        and sacrum.height_mm < spine.bodies[0].height_mm
        and spine.order.levels[0] in (Level.L5, Level.L4)
    )
    chest = [
        body
        for body, level in zip(spine.bodies, spine.order.levels, strict=True)
        if level in (Level.T12, Level.THORACIC)
    ]
    return Anchors(below, any(_bears_ribs(body, image) for body in chest))


def _bears_ribs(body: Body, image: SagittalImage) -> bool:
    """Bone beside and behind the body, or lower: ribs fall from where they begin."""
    heights, depths = image.plane.heights_mm, image.plane.depths_mm
    rows = (heights > body.height_mm - 30) & (heights < body.high_mm)
    columns = (depths > body.depth_mm - 10) & (depths < body.depth_mm + 65)
    bone = (image.hu[1][np.ix_(rows, columns)] > _RIB_HU).sum() * PITCH_MM**2
    return bool(bone >= _LEAST_RIB_MM2)


def doubts_about(
    spine: Spine, anchors: Anchors, image: SagittalImage, curve: SpineCurve, cut: bool
) -> tuple[Doubt, ...]:
    """All that speaks against the found L3. cut: whether the study ends within the body."""
    place = spine.l3
    assert place is not None
    unanchored = Doubt(
        DoubtKind.LEVEL_UNANCHORED,
        "Neither the sacrum nor the last rib is in view: the level cannot be counted.",
        0.5,
    )
    return (
        *([] if anchors.any else [unanchored]),
        *_of_votes(spine, place),
        *_of_order(spine.order.levels),
        *count_doubts(spine.bodies, spine.order.levels, anchors, image),
        *_of_body(spine.bodies[place], curve, cut),
    )


def _of_votes(spine: Spine, place: int) -> list[Doubt]:
    """What the network's answers for the bodies say against the one at this place."""
    body, sure = spine.bodies[place], float(spine.order.sureness[place, NAMES.index(Level.L3)])
    found = []
    if sure < _SURE:
        found.append(Doubt(DoubtKind.LEVELS_AMBIGUOUS, _ambiguous(spine, place), max(0.05, sure)))
    for level, wanted in (("L4", Level.L4), ("L2", Level.L2)):
        if wanted not in spine.order.levels:
            found.append(Doubt(DoubtKind.NEIGHBOUR_MISSING, f"{level} is not in view beside L3.", 0.85))
    own = float(body.votes[Level.L3] / max(1e-6, body.votes[Level.L5 :].sum()))
    if own < 0.7:
        message = f"The model itself took only {100 * own:.0f} % of the body for L3."
        found.append(Doubt(DoubtKind.OUTLINE_UNSURE, message, max(0.5, own)))
    if any(index != place and one.votes.argmax() == Level.L3 for index, one in enumerate(spine.bodies)):
        found.append(Doubt(DoubtKind.SECOND_CANDIDATE, "The model took another body for L3, too.", 0.7))
    return found


def _of_body(body: Body, curve: SpineCurve, cut: bool) -> list[Doubt]:
    """What the shape and the place of the body say."""
    found = []
    tall = body.high_mm - body.low_mm
    if not _TALL_MM[0] <= tall <= _TALL_MM[1] or not _DEEP_MM[0] <= _depth(body) <= _DEEP_MM[1]:
        message = f"The body is {tall:.0f} mm tall and {_depth(body):.0f} mm deep, which is unusual."
        found.append(Doubt(DoubtKind.SHAPE_UNUSUAL, message, 0.7))
    if cut:
        message = "The study ends at the body taken for L3: it may be cut, or another vertebra."
        found.append(Doubt(DoubtKind.BODY_CUT, message, 0.6))
    trust = float(curve.trust_at(np.array(body.height_mm)))
    if trust < 0.5:
        message = "The middle of the spine was hard to see at L3."
        found.append(Doubt(DoubtKind.SPINE_UNSURE, message, 0.5 + trust))
    return found


def confidence_of(doubts: Sequence[Doubt]) -> float:
    """What all doubts leave, of 1; nothing is wholly sure."""
    return round(0.99 * prod(doubt.factor for doubt in doubts), 3)


def _ambiguous(spine: Spine, place: int) -> str:
    row = spine.order.sureness[place].copy()
    row[NAMES.index(Level.L3)] = 0
    other = NAMES[int(row.argmax())]
    return f"The body taken for L3 may be {other.label if other < Level.THORACIC else 'of the chest'}."


def _of_order(levels: Sequence[Level]) -> list[Doubt]:
    """What the row of levels itself says."""
    inner = [level for level in levels if level < Level.THORACIC]
    missing = [
        level.label
        for level in NAMES[:-1]
        if inner and min(inner) < level < max(inner) and level not in inner
    ]
    if not missing:
        return []
    words = " and ".join(missing)
    return [Doubt(DoubtKind.LEVEL_MISSING, f"{words} was not found between the others.", 0.7)]


def _depth(body: Body) -> float:
    columns = np.flatnonzero(body.mask.any(0))
    return float(len(columns)) * PITCH_MM if len(columns) else 0.0
