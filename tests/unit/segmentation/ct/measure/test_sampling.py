"""A slice goes to the network as its training images were, and its answer comes back to the same places."""

import numpy as np
import pytest

from services.segmentation.ct.measure.plane import scores_of
from services.segmentation.ct.measure.sampling import (
    AIR_HU,
    MARGIN_MM,
    PITCH_MM,
    Axis,
    labels_from_scores,
    network_axis,
    to_network,
)
from services.segmentation.ct.measure.tissues import Compartment
from training.ct import inputs
from training.phantoms import tissues as phantom_tissues


def test_pitch_and_labels_are_those_of_training() -> None:
    assert PITCH_MM == inputs.PITCH_MM
    assert [(one.name, one.value) for one in Compartment] == [
        (one.name, one.value) for one in phantom_tissues.Compartment
    ]


def ramp(rows: Axis, columns: Axis) -> np.ndarray:
    """HU that grow with the place."""
    x, y = np.meshgrid(columns.places(), rows.places())
    values: np.ndarray = np.rint(0.5 * x + 2 * y).astype(np.int16)
    return values


@pytest.mark.parametrize("pitch", [0.4, 0.75, 1.5, 2.5])
def test_what_changes_evenly_keeps_its_values_at_its_places(pitch: float) -> None:
    axis = Axis(-30.0, pitch, round(60 / pitch))
    to = network_axis(axis, 0, axis.count - 1)
    seen = to_network(ramp(axis, axis), axis, axis, to, to)
    x, y = np.meshgrid(to.places(), to.places())
    inner = (np.abs(x) < 25) & (np.abs(y) < 25)
    assert np.abs(seen - (0.5 * x + 2 * y))[inner].max() < 1.0
    assert (seen[np.abs(y) > 35] == AIR_HU).all()
    assert seen.dtype == np.float32


def test_each_pixel_is_a_mean_and_not_a_sample() -> None:
    """Noise of fine pixels goes down as it does in a scanner's own reconstruction at that pitch."""
    axis = Axis(0.0, 0.5, 240)
    noise = np.random.default_rng(1).normal(0, 90, (240, 240)).astype(np.int16)
    to = Axis(15.0, PITCH_MM, 60)
    assert 25 < to_network(noise, axis, axis, to, to).std() < 40


def test_padding_is_seen_as_air() -> None:
    axis, to = Axis(0.0, 1.0, 40), Axis(10.5, PITCH_MM, 8)
    assert (to_network(np.full((40, 40), -3024, np.int16), axis, axis, to, to) == AIR_HU).all()


def test_the_networks_pixels_do_not_move_when_a_study_is_cropped() -> None:
    whole, cropped = Axis(-200.3, 0.7, 600), Axis(-200.3 + 100 * 0.7, 0.7, 400)
    one, other = network_axis(whole, 150, 400), network_axis(cropped, 50, 300)
    assert one == other
    assert (one.places() / PITCH_MM == np.rint(one.places() / PITCH_MM)).all()
    assert one.places()[0] <= whole.places()[150] - MARGIN_MM
    assert one.places()[-1] >= whole.places()[400] + MARGIN_MM


def test_labels_come_back_where_they_were() -> None:
    axis = Axis(-40.0, 0.6, 140)
    to = Axis(-45.0, PITCH_MM, 60)
    x, y = np.meshgrid(to.places(), to.places())
    scores = np.zeros((6, 60, 60), np.float32)
    scores[2] = 25 - np.hypot(x, y)
    labels = labels_from_scores(scores, axis, axis, to, to)
    x, y = np.meshgrid(axis.places(), axis.places())
    far = np.hypot(x, y)
    # Scores that are distances are interpolated well within a pixel.
    assert (labels[far < 24.9] == 2).all()
    assert (labels[far > 25.1] == 0).all()


def test_what_the_network_did_not_see_is_background() -> None:
    axis, to = Axis(0.0, 1.0, 50), Axis(10.5, PITCH_MM, 10)
    scores = np.zeros((6, 10, 10), np.float32)
    scores[4] = 1
    labels = labels_from_scores(scores, axis, axis, to, to)
    inside = np.flatnonzero(labels.any(0))
    assert (inside[0], inside[-1]) == (11, 24)
    assert (labels[11:25, 11:25] == 4).all()


def test_probabilities_decide_as_their_logits_would() -> None:
    logits = np.random.default_rng(2).normal(0, 1.5, (6, 20, 20)).astype(np.float32)
    probabilities = np.exp(logits) / np.exp(logits).sum(0)
    axis, to = Axis(0.0, 0.7, 38), Axis(0.0, PITCH_MM, 20)
    by_logits, by_scores = (
        labels_from_scores(scores, axis, axis, to, to) for scores in (logits, scores_of(probabilities))
    )
    assert (by_logits == by_scores).mean() > 0.999
