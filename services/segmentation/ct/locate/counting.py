"""Whether a spine has five lumbar vertebrae: where it has four or six, counting from one end misleads."""

from collections.abc import Sequence

from services.segmentation.ct.locate.bodies import Body
from services.segmentation.ct.locate.levels import Level
from services.segmentation.ct.locate.location import Anchors, Doubt, DoubtKind
from services.segmentation.ct.locate.ribs import bears_ribs
from services.segmentation.ct.locate.sagittal import SagittalImage
from services.segmentation.ct.locate.sequence import levels_apart

_USUAL = 5
_FACTOR = 0.5


def count_doubts(
    bodies: Sequence[Body], levels: Sequence[Level], anchors: Anchors, image: SagittalImage
) -> list[Doubt]:
    """A doubt where the count between sacrum and last rib is not five, or the ribs contradict the levels.

    bodies: from foot to head, with their levels. The network names a vertebra by its neighbours and is as
    sure of a shifted row as of a right one; so the ribs are looked for apart from it.
    """
    if Level.L1 in levels and bears_ribs(bodies[levels.index(Level.L1)], image):
        return [_doubt("Ribs are seen at the vertebra taken for L1: " + _why_ribs_at_l1(anchors))]
    if _ribs_begin_above_t12(bodies, levels, image):
        return [_doubt("No ribs are seen at the vertebra taken for T12: there may be six lumbar vertebrae.")]
    if levels.count(Level.L5) > 1 or (anchors.sacrum and _number(bodies, levels) != _USUAL):
        return [
            _doubt("The spine does not seem to have five lumbar vertebrae: which one is L3 is a convention.")
        ]
    return []


def _why_ribs_at_l1(anchors: Anchors) -> str:
    if anchors.sacrum:
        return "there may be four lumbar vertebrae."
    return "every level may be one too high, and L3 cut off by the study's lower end; no sacrum is in view."


def _ribs_begin_above_t12(bodies: Sequence[Body], levels: Sequence[Level], image: SagittalImage) -> bool:
    if Level.T12 not in levels:
        return False
    place = levels.index(Level.T12)
    if place + 1 >= len(bodies) or bears_ribs(bodies[place], image) is not False:
        return False
    return bears_ribs(bodies[place + 1], image) is True


def _number(bodies: Sequence[Body], levels: Sequence[Level]) -> int:
    """How many lie below T12, by their distances; if it is not in view, as the lowest one's name says."""
    if Level.T12 not in levels:
        return _USUAL if Level.L5 in levels else _USUAL - 1
    return sum(levels_apart([body.height_mm for body in bodies])[: levels.index(Level.T12)])


def _doubt(message: str) -> Doubt:
    return Doubt(DoubtKind.COUNT_UNUSUAL, message, _FACTOR)
