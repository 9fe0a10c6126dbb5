"""Grids are pinned to millimetres, and weights bring samples onto them without a loss."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.segmentation.ct.locate.lattice import Samples, weights

STEPS = st.sampled_from([0.6, 0.7, 0.8, 1.0, 1.25, 1.5, 2.0, 3.0, 5.0])


@given(first=st.floats(-500, 500), step=STEPS, width=st.sampled_from([0.0, 1.5, 3.0, 6.0, 10.0]))
def test_a_ramp_stays_a_ramp_within_the_samples(first: float, step: float, width: float) -> None:
    samples = Samples(round(first, 4), step, 60)
    inner = samples.lattice(1.5).centres_mm
    inner = inner[(inner > samples.first_mm + width / 2) & (inner < samples.last_mm - width / 2)]
    places = samples.first_mm + np.arange(samples.count) * step
    assert weights(inner, width, samples) @ places.astype(np.float32) == pytest.approx(inner, abs=0.02)


@given(first=st.integers(-400, 400), step=STEPS, cut=st.integers(1, 30))
def test_weights_do_not_follow_where_the_samples_begin(first: int, step: float, cut: int) -> None:
    whole = Samples(float(first), step, 80)
    part = Samples(round(first + cut * step, 4), step, 80 - cut)
    centres = part.lattice(1.5).centres_mm
    centres = centres[(centres > part.first_mm + 2) & (centres < part.last_mm - 2)]
    for width in (0.0, 1.5):
        of_whole, of_part = weights(centres, width, whole), weights(centres, width, part)
        assert np.array_equal(of_whole.toarray()[:, cut:], of_part.toarray())


def test_what_lies_outside_has_no_weight_and_the_edge_counts_in_full() -> None:
    samples = Samples(0.0, 1.0, 10)
    found = weights(np.array([-3.0, -0.4, 9.4, 12.0]), 0.0, samples)
    assert found.sum(1).ravel().tolist() == [[0.0, 1.0, 1.0, 0.0]]


def test_of_two_equally_near_samples_the_lower_is_taken() -> None:
    assert Samples(0.0, 2.0, 5).nearest(np.array([1.0, 3.0, 3.1, -9.0, 99.0])).tolist() == [0, 1, 2, 0, 4]
