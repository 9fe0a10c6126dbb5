"""Which guesses come to a person, and how the others are refused."""

import numpy as np
import pytest

from radmesh.errors import ImageFormatError
from services.segmentation.ct.locate.bodies import Body
from services.segmentation.ct.locate.choosing import require_reviewable, with_l3
from services.segmentation.ct.locate.judging import Spine
from services.segmentation.ct.locate.levels import Level
from services.segmentation.ct.locate.location import Anchors, Doubt, DoubtKind
from services.segmentation.ct.locate.sagittal import Plane, SagittalImage
from services.segmentation.ct.locate.sequence import in_order

STEP_MM = 34.0
WEAK = [Doubt(DoubtKind.LEVELS_AMBIGUOUS, "It may be L4.", 0.05)]
IMAGE = SagittalImage(Plane(100, 0, 200, 10), np.zeros((2, 200, 10)), np.zeros((200, 8, 10)))


def body(level: Level, place: int) -> Body:
    """One that the network is sure of, at the given place from the foot."""
    height = place * STEP_MM
    votes = np.eye(len(Level))[level]
    return Body(np.zeros((1, 1), bool), votes, height, 0.0, height - 13, height + 13, 800.0)


def spine(*levels: Level) -> Spine:
    bodies = [body(level, place) for place, level in enumerate(levels)]
    votes = np.array([one.votes for one in bodies])
    return Spine(bodies, in_order([one.height_mm for one in bodies], votes, None), None)


def test_a_level_that_cannot_be_told_is_not_said_to_be_found_and_not_found() -> None:
    seen = spine(Level.L3, Level.L2, Level.L1)
    with pytest.raises(ImageFormatError, match="cannot be told: those taken for L3 to L1") as caught:
        require_reviewable(seen, seen.bodies[0], Anchors(sacrum=False, last_rib=True), WEAK)
    assert caught.value.reason == "L3_NOT_FOUND"
    assert "not found" not in caught.value.message


def test_with_nothing_to_count_from_a_weak_guess_comes_to_a_person() -> None:
    seen = spine(Level.L3, Level.L2, Level.L1)
    require_reviewable(seen, seen.bodies[0], Anchors(sacrum=False, last_rib=False), WEAK)


@pytest.mark.parametrize(
    ("levels", "expected"),
    [
        ((Level.L5, Level.L4), (Level.L4, Level.L3)),
        ((Level.L2, Level.L1), (Level.L3, Level.L2)),
        ((Level.L2, Level.L1, Level.T12, Level.THORACIC), (Level.L3, Level.L2, Level.L1, Level.T12)),
    ],
)
def test_with_nothing_to_count_from_the_likeliest_body_is_taken_for_l3(
    levels: tuple[Level, ...], expected: tuple[Level, ...]
) -> None:
    found = with_l3(spine(*levels), Anchors(sacrum=False, last_rib=False), IMAGE)
    assert found.order.levels == expected


@pytest.mark.parametrize(
    ("levels", "anchors", "words"),
    [
        ((Level.L5, Level.L4), Anchors(sacrum=True, last_rib=False), "above the highest"),
        ((Level.L2, Level.L1), Anchors(sacrum=False, last_rib=True), "below the lowest"),
        ((Level.THORACIC, Level.THORACIC), Anchors(sacrum=False, last_rib=False), "below the lowest"),
    ],
)
def test_where_the_levels_can_be_counted_or_none_is_lumbar_the_sender_is_told_what_to_send(
    levels: tuple[Level, ...], anchors: Anchors, words: str
) -> None:
    with pytest.raises(ImageFormatError, match=words) as caught:
        with_l3(spine(*levels), anchors, IMAGE)
    assert caught.value.reason == "BODY_PART_NOT_COVERED"
