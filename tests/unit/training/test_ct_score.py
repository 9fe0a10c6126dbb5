"""The scores say what they count."""

from dataclasses import fields

import numpy as np
import pytest

from training.ct.score import anchored, dice, right_level, score_locate, score_measure, table
from training.phantoms.anatomy import AnatomyRanges
from training.phantoms.held_out import HELD_OUT_ANATOMY, draw_held_out_phantom
from training.phantoms.tissues import Compartment, Level


def spine(first: int) -> np.ndarray:
    """Bodies of 10 rows below each other, L1 from row `first` on."""
    image = np.zeros((120, 20), np.uint8)
    for index, level in enumerate((Level.L1, Level.L2, Level.L3, Level.L4, Level.L5)):
        image[first + 14 * index : first + 14 * index + 10, 5:15] = level
    return image


def test_a_shift_within_the_body_is_the_right_level_and_one_vertebra_is_not() -> None:
    assert right_level(spine(10), spine(13))
    assert not right_level(spine(10), spine(24))
    assert not right_level(np.zeros((120, 20), np.uint8), spine(10))


def test_levels_can_be_counted_from_the_sacrum_or_the_last_vertebra_with_ribs() -> None:
    shown = spine(10)
    assert not anchored(shown)
    for level in (Level.SACRUM, Level.T12):
        seen = shown.copy()
        seen[90:105, :] = level
        assert anchored(seen)
        seen[92:105, :] = 0
        assert not anchored(seen)


def test_only_images_that_show_an_anchor_count_for_the_anchored() -> None:
    image, lost = np.zeros((1, 120, 20)), spine(24)
    whole = spine(10)
    whole[90:105, :] = Level.SACRUM
    scores = score_locate([(whole, whole, image), (lost, spine(10), image)])
    assert scores["right level"] == 0.5
    assert scores["anchored"] == 1.0


def test_dice_of_halves_and_of_nothing() -> None:
    whole, half = np.ones((4, 4), bool), np.zeros((4, 4), bool)
    half[:2] = True
    assert dice(whole, half) == pytest.approx(2 / 3)
    assert dice(~whole, ~whole) == 1.0


def test_an_area_counts_only_what_lies_in_the_window() -> None:
    truth = np.full((20, 20), Compartment.PSOAS, np.uint8)
    image = np.full((1, 20, 20), 40.0)
    image[0, :10] = -90.0
    found = truth.copy()
    found[:10] = Compartment.CAVITY
    assert score_measure([(found, truth, image)])["psoas area error"] == 0.0


def test_the_held_out_ranges_go_beyond_those_of_training() -> None:
    usual = AnatomyRanges()
    beyond = [
        f.name for f in fields(usual) if getattr(HELD_OUT_ANATOMY, f.name)[1] > getattr(usual, f.name)[1]
    ]
    assert len(beyond) >= 8
    assert draw_held_out_phantom(1).scene.spine


def test_the_table_names_the_aim_and_what_is_lost_on_the_last_set() -> None:
    text = table({"near": {"images": 9.0, "L3 Dice": 0.96}, "far": {"images": 9.0, "L3 Dice": 0.91}})
    assert "| images |  | 9 | 9 |  |" in text
    assert "| L3 Dice | 0.95 | 0.960 | 0.910 | +0.050 |" in text
    assert text.splitlines()[0].count("|") == text.splitlines()[1].count("|")
