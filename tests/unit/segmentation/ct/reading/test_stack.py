"""A volume is in the order of its positions and regular; anything else is refused by slice and number."""

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset

from services.segmentation.ct.reading import CtLimits
from tests.support.ct.reading import opened, refusal
from tests.support.ct.series import AXIAL, ct_series, hu_volume

HU = hu_volume(12, 4, 5)


def turned(seed: int) -> tuple[float, ...]:
    """Any orientation: two rows of a random rotation."""
    matrix, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))
    return tuple(float(part) for part in matrix[:2].ravel())


orientations = st.one_of(
    st.sampled_from(
        [AXIAL, (-1, 0, 0, 0, -1, 0), (1, 0, 0, 0, -1, 0), (0, 1, 0, 0, 0, -1), (1, 0, 0, 0, 0, -1)]
    ),
    st.integers(0, 10_000).map(turned),
)


def shuffled(slices: list[Dataset], seed: int) -> list[Dataset]:
    return random.Random(seed).sample(slices, len(slices))


def moved(one: Dataset, by: np.ndarray) -> None:
    place = np.array(one.ImagePositionPatient, float) + by
    one.ImagePositionPatient = [f"{part:.8g}" for part in place]


@settings(max_examples=15, deadline=None)
@given(orientation=orientations, seed=st.integers(0, 99), step=st.sampled_from([0.4, 1.0, 2.5, 5.0]))
def test_slices_come_in_the_order_of_their_positions_whatever_their_order(
    orientation: tuple[float, ...], seed: int, step: float
) -> None:
    slices = ct_series(HU, orientation=orientation, step_mm=step)
    for number, one in zip(random.Random(seed).sample(range(100, 200), len(HU)), slices, strict=True):
        one.InstanceNumber = number
    image = opened(shuffled(slices, seed))
    np.testing.assert_array_equal(image.read(), HU)
    geometry = image.geometry
    assert geometry.shape == HU.shape
    assert geometry.spacing_mm == pytest.approx((step, 0.7, 0.8), abs=1e-6)
    np.testing.assert_allclose(
        np.array(geometry.directions) @ np.array(geometry.directions).T, np.eye(3), atol=1e-6
    )
    for index, one in enumerate(slices):
        np.testing.assert_allclose(
            geometry.position_mm((index, 0, 0)), np.array(one.ImagePositionPatient, float), atol=1e-4
        )


@settings(max_examples=15, deadline=None)
@given(
    orientation=orientations,
    seed=st.integers(0, 99),
    lost=st.sets(st.integers(1, 10), min_size=1, max_size=4),
)
def test_lost_slices_are_refused_and_named(orientation: tuple[float, ...], seed: int, lost: set[int]) -> None:
    slices = ct_series(HU, orientation=orientation)
    left = [one for index, one in enumerate(slices) if index not in lost]
    gaps = set(np.diff([index for index in range(len(HU)) if index not in lost]).tolist())
    if len(gaps) == 1:
        # Every second slice is a regular volume of twice the step: no position tells otherwise.
        return
    error = refusal(shuffled(left, seed))
    assert error.reason == "SLICES_MISSING"
    if 1 in gaps:
        assert error.metadata["slices"] == ",".join(str(index + 1) for index in sorted(lost))
        assert error.message.startswith(f"{len(left)} of 12 slices arrived; instance")


def test_the_message_of_lost_slices_is_the_one_that_the_issue_asks_for() -> None:
    slices = ct_series(hu_volume(120, 4, 5))
    error = refusal(slices[:56] + slices[58:])
    assert error.message == (
        "118 of 120 slices arrived; instances 57 and 58 are missing. Send the series again."
    )
    assert error.metadata == {"arrived": "118", "expected": "120", "slices": "57,58"}


def test_lost_slices_are_placed_where_the_instance_numbers_do_not_tell() -> None:
    slices = ct_series(HU)
    for number, one in enumerate(slices):
        one.InstanceNumber = 1000 - 7 * number
    error = refusal(slices[:4] + slices[5:])
    assert error.reason == "SLICES_MISSING"
    assert "11 of 12 slices arrived; 1 is missing between instance 979 and instance 965" in error.message


def test_more_lost_slices_than_an_error_can_list_are_told_by_their_ranges() -> None:
    slices = ct_series(hu_volume(400, 2, 2))
    error = refusal([*slices[:100], *slices[350:]])
    assert "150 of 400 slices arrived; instances 101–350 are missing" in error.message
    assert error.metadata == {"arrived": "150", "expected": "400"}


def test_a_gap_of_kilometres_is_told_as_a_gap_and_not_as_a_list_of_lost_slices() -> None:
    slices = ct_series(hu_volume(4, 2, 2), step_mm=1, origin=(0, 0, 0))
    slices[3].ImagePositionPatient = ["0", "0", "2000000000"]
    slices[3].InstanceNumber = 2000000001
    error = refusal(slices)
    assert error.reason == "SLICE_GAPS_UNEQUAL"
    assert "2e+09 mm between instance 3 and instance 2000000001" in error.message


def test_places_in_the_upload_are_not_taken_for_instance_numbers() -> None:
    slices = ct_series(HU)
    for one in slices:
        del one.InstanceNumber
    error = refusal([slices[0], slices[2], slices[1], *slices[4:]])
    assert error.reason == "SLICES_MISSING"
    assert "1 is missing between file 2 and file 4" in error.message


def test_a_step_that_changes_is_not_taken_for_lost_slices() -> None:
    slices = ct_series(HU)
    for index, one in enumerate(slices[8:], start=1):
        moved(one, np.array([0, 0, 2.5 * index]))
    error = refusal(slices)
    assert error.reason == "SLICE_GAPS_UNEQUAL"
    assert "2.5 mm as a rule, but 5 mm between instance 8 and instance 9" in error.message


@pytest.mark.parametrize(
    ("step", "by", "accepted"), [(1, 0.04, True), (1, 0.06, False), (10, 0.09, True), (10, 0.11, False)]
)
def test_gaps_are_equal_within_a_twentieth_of_a_millimetre_or_one_percent(
    step: float, by: float, accepted: bool
) -> None:
    slices = ct_series(HU, step_mm=step)
    moved(slices[-1], np.array([0, 0, by]))
    if accepted:
        assert opened(slices).geometry.shape == HU.shape
    else:
        assert refusal(slices).reason == "SLICE_GAPS_UNEQUAL"


def test_gaps_that_drift_away_from_the_grid_are_refused_though_each_is_within_bounds() -> None:
    slices = ct_series(hu_volume(150, 4, 5), step_mm=1)
    for index, one in enumerate(slices):
        moved(one, np.array([0, 0, 0.009 * min(index, 150 - index)]))
    assert refusal(slices).reason == "SLICE_GAPS_UNEQUAL"


def test_the_step_is_that_of_the_positions_and_not_the_thickness() -> None:
    slices = ct_series(HU, step_mm=1.5, SliceThickness="3")
    image = opened(slices)
    assert image.geometry.spacing_mm[0] == pytest.approx(1.5)
    assert image.making.thickness_mm == 3


def test_a_slice_that_came_twice_is_refused_and_named() -> None:
    slices = ct_series(HU)
    error = refusal([*slices, slices[4]])
    assert error.reason == "SLICES_DUPLICATED"
    assert "instance 5 and instance 5 at 50 mm" in error.message


def test_two_phases_in_one_series_are_refused_with_their_instances() -> None:
    slices = ct_series(HU)
    late = ct_series(HU, AcquisitionNumber=2)
    for number, one in enumerate(late, start=13):
        one.InstanceNumber = number
    error = refusal([*slices, *late])
    assert error.reason == "PHASES_MIXED"
    assert "acquisition 1 (instances 1–12) and acquisition 2 (instances 13–24)" in error.message


def test_acquisitions_counted_along_one_volume_are_no_phases() -> None:
    slices = ct_series(HU)
    for index, one in enumerate(slices):
        one.AcquisitionNumber = 1 + index // 4
    assert opened(slices).geometry.shape == HU.shape


@pytest.mark.parametrize("degrees", [0.2, 3, 25])
def test_a_tilted_gantry_is_refused_by_its_positions(degrees: float) -> None:
    slices = ct_series(HU, GantryDetectorTilt="0")
    for index, one in enumerate(slices):
        moved(one, np.array([0, np.tan(np.radians(degrees)) * 2.5 * index, 0]))
    error = refusal(slices)
    assert error.reason == "GANTRY_TILT"
    assert f"tilted by {degrees:.1f} degrees" in error.message


def test_a_tilt_that_only_the_tag_tells_is_none() -> None:
    assert opened(ct_series(HU, GantryDetectorTilt="15")).geometry.shape == HU.shape


def test_slices_beside_the_others_are_refused_and_named() -> None:
    slices = ct_series(HU)
    moved(slices[7], np.array([3.5, 0, 0]))
    error = refusal(slices)
    assert error.reason == "SLICES_SHIFTED"
    assert "instance 8 lie up to 3.5 mm beside instance 1" in error.message


@pytest.mark.parametrize("number", [1, 2, 9])
def test_too_few_slices_are_refused(number: int) -> None:
    error = refusal(ct_series(HU)[:number], CtLimits(min_slices=10))
    assert error.reason == "TOO_FEW_SLICES"
    assert error.metadata == {"slices": str(number), "needed": "10"}


def test_too_many_slices_are_refused() -> None:
    assert refusal(ct_series(HU), CtLimits(max_slices=11)).reason == "TOO_MANY_SLICES"
