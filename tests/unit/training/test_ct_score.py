"""The scores say what they count."""

from dataclasses import fields

import numpy as np
import pytest

from training.ct.score import dice, right_level, score_measure
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
