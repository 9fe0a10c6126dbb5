"""Height, weight and sex are those of the whole series, or of none of it."""

import math

import pytest
from pydicom.dataset import Dataset

from services.segmentation.ct.reading import Patient, open_ct
from tests.support.ct.encoding import file_bytes
from tests.support.ct.enhanced import enhanced_ct
from tests.support.ct.reading import LIMITS, opened
from tests.support.ct.series import ct_series, hu_volume

HU = hu_volume(6)


def series(*sizes: str, weights: tuple[str, ...] = (), sexes: tuple[str, ...] = ()) -> list[Dataset]:
    """Six slices; these stand in the first of them, the last of these in the rest."""
    slices = ct_series(HU)
    for keyword, values in (("PatientSize", sizes), ("PatientWeight", weights), ("PatientSex", sexes)):
        for index, one in enumerate(slices if values else ()):
            if keyword in one:
                delattr(one, keyword)
            # As characters of any kind: pydicom writes no number that is none.
            one.add_new(keyword, "LO", values[min(index, len(values) - 1)])
    return slices


@pytest.mark.parametrize("text", ["abc", "nan", "inf", "1,68", "1.68\\1.70", "Doe^Jane" * 4])
def test_a_height_that_is_no_number_is_not_taken_for_silence(text: str) -> None:
    height = opened(series(text)).patient.height_m
    assert height is not None
    assert math.isnan(height)


def test_a_negative_height_is_kept_to_be_refused_and_0_is_silence() -> None:
    assert opened(series("-1.7")).patient.height_m == -1.7
    assert opened(series("0")).patient.height_m is None
    assert opened(series("0.0", "1.68")).patient.height_m == 1.68


@pytest.mark.parametrize("sizes", [("1.20", "1.68"), ("1.68", "1.20", "1.68"), ("abc", "1.68")])
def test_heights_that_differ_between_the_slices_are_left_out_and_named(sizes: tuple[str, ...]) -> None:
    assert opened(series(*sizes)).patient == Patient(None, None, "F", ("height",))


def test_weight_and_sex_are_held_against_each_other_too() -> None:
    mixed = opened(series("1.68", weights=("60", "90"), sexes=("M", "F"))).patient
    assert mixed == Patient(1.68, None, None, ("weight", "sex"))


def test_the_same_said_otherwise_or_by_some_slices_only_is_the_same() -> None:
    same = opened(series("1.68", "1.680 ", "", "1.68", weights=("", "61"), sexes=("", "F"))).patient
    assert same == Patient(1.68, 61.0, "F")


def test_the_frames_of_one_file_have_one_patient() -> None:
    whole = enhanced_ct(ct_series(HU))
    whole.PatientSize, whole.PatientSex = "1.68", "F"
    assert open_ct([file_bytes(whole)], LIMITS).patient == Patient(1.68, None, "F")
