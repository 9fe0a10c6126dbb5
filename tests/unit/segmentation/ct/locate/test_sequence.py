"""Bodies are named together: the votes of each, the order of a spine, and how far apart they are."""

import numpy as np
import pytest

from services.segmentation.ct.locate.levels import Level
from services.segmentation.ct.locate.sequence import NAMES, in_order

UP = [Level.L5, Level.L4, Level.L3, Level.L2, Level.L1, Level.T12, Level.THORACIC]


def votes(*levels: Level, sure: float = 0.9) -> np.ndarray:
    """One row a body: sure of its level, the rest for the level above."""
    rows = np.zeros((len(levels), len(Level)))
    for row, level in zip(rows, levels, strict=True):
        row[level] = sure
        row[min(level + 1, Level.THORACIC)] += 1 - sure
    return rows


def heights(number: int, missing: int | None = None) -> list[float]:
    return [34.0 * place for place in range(number + (missing is not None)) if place != missing]


def test_a_clear_row_stays_as_it_is_and_is_sure() -> None:
    order = in_order(heights(7), votes(*UP), sacrum_height_mm=-34)
    assert list(order.levels) == UP
    assert order.sureness[2, NAMES.index(Level.L3)] > 0.99


@pytest.mark.parametrize("wrong", [Level.L2, Level.L4, Level.L1])
def test_one_wrong_vote_is_outvoted_by_its_neighbours(wrong: Level) -> None:
    given = [Level.L5, Level.L4, wrong, Level.L2, Level.L1]
    assert list(in_order(heights(5), votes(*given), -34).levels) == UP[:5]


def test_two_bodies_are_never_both_l3() -> None:
    order = in_order(heights(4), votes(Level.L4, Level.L3, Level.L3, Level.L1, sure=0.7), None)
    assert list(order.levels).count(Level.L3) == 1


def test_a_gap_of_two_distances_skips_a_level() -> None:
    given = [Level.L5, Level.L4, Level.L2, Level.L1]
    assert list(in_order(heights(4, missing=2), votes(*given), -34).levels) == given


def test_a_spine_that_could_be_one_level_higher_is_unsure_at_every_body() -> None:
    rows = sum(votes(*UP[shift : shift + 4], sure=1.0) / 2 for shift in (0, 1))
    order = in_order(heights(4), np.asarray(rows), None)
    assert order.sureness.max(1) == pytest.approx([0.5] * 4, abs=0.05)


def test_a_body_on_the_sacrum_settles_what_the_votes_leave_open() -> None:
    rows = sum(votes(*UP[shift : shift + 4], sure=1.0) / 2 for shift in (0, 1))
    order = in_order(heights(4), np.asarray(rows), -36.0)
    assert list(order.levels) == UP[:4]
    assert order.sureness[2, NAMES.index(Level.L3)] > 0.7


def test_a_sixth_lumbar_vertebra_may_be_called_l5_twice() -> None:
    given = [Level.L5, Level.L5, Level.L4, Level.L3, Level.L2, Level.L1]
    assert list(in_order(heights(6), votes(*given, sure=0.97), -34).levels) == given


def test_many_bodies_of_the_chest_are_all_of_the_chest() -> None:
    given = [Level.L1, Level.T12, *[Level.THORACIC] * 9]
    assert list(in_order(heights(11), votes(*given), None).levels) == given


def test_no_body_and_a_single_one_are_no_trouble() -> None:
    assert in_order([], np.zeros((0, len(Level))), None).levels == ()
    assert in_order([5.0], votes(Level.L3), -30.0).levels == (Level.L3,)
