"""What several slices lack is told of all of them, with the element that is missing."""

import random

import pytest
from pydicom.dataset import Dataset

from tests.support.ct.enhanced import enhanced_ct
from tests.support.ct.reading import refusal
from tests.support.ct.series import ct_series, hu_volume

HU = hu_volume(9)


def without(keyword: str, *instances: int, value: object = None) -> list[Dataset]:
    """Nine slices in any order; these have no such element, or another value."""
    slices = ct_series(HU)
    for number in instances:
        if value is None:
            delattr(slices[number - 1], keyword)
        else:
            setattr(slices[number - 1], keyword, value)
    random.Random(4).shuffle(slices)
    return slices


@pytest.mark.parametrize(
    ("keyword", "reason", "lacks"),
    [
        ("PixelSpacing", "GEOMETRY_MISSING", "a usable pixel spacing (0028,0030)"),
        ("ImagePositionPatient", "GEOMETRY_MISSING", "a usable position (0020,0032)"),
        ("ImageOrientationPatient", "GEOMETRY_MISSING", "a usable orientation (0020,0037)"),
        ("RescaleSlope", "NOT_HOUNSFIELD", "a rescale slope (0028,1053)"),
        ("PixelData", "NO_PIXEL_DATA", "pixels"),
    ],
)
def test_what_no_slice_has_is_told_of_all(keyword: str, reason: str, lacks: str) -> None:
    error = refusal(without(keyword, *range(1, 10)))
    assert error.reason == reason
    assert error.message.startswith(f"None of the 9 slices has {lacks}. ")
    assert error.metadata["slices"] == "1,2,3,4,5,6,7,8,9"


def test_what_some_slices_lack_is_told_of_them() -> None:
    error = refusal(without("PixelSpacing", 9, 4))
    assert error.message.startswith("Instances 4 and 9 have no usable pixel spacing (0028,0030). ")
    error = refusal(without("RescaleIntercept", 2, 3, 4, 8))
    assert error.message.startswith("Instances 2–4 and 8 have no rescale intercept (0028,1052). ")
    error = refusal(without("ImagePositionPatient", 5))
    assert error.message.startswith("Instance 5 has no usable position (0020,0032). ")


def test_a_fault_of_all_that_is_no_lack_is_told_of_all() -> None:
    error = refusal(without("RescaleType", *range(1, 10), value="US"))
    assert error.message.startswith("All 9 slices have values in US by rescale type (0028,1054). ")


def test_of_several_faults_the_one_that_most_slices_have_is_told() -> None:
    slices = without("PixelSpacing", 2, 5, 7)
    next(one for one in slices if one.InstanceNumber == 3).ImagePositionPatient = None
    assert refusal(slices).message.startswith("Instances 2, 5 and 7 have no usable pixel spacing")


def test_slices_that_share_a_number_are_counted() -> None:
    slices = without("PixelSpacing", 2, 5)
    for one in slices:
        one.InstanceNumber = 1
    assert refusal(slices).message.startswith("2 of 9 slices have no usable pixel spacing")


def test_frames_are_told_in_the_same_way() -> None:
    whole = enhanced_ct(ct_series(HU))
    for number in (3, 6):
        frame = whole.PerFrameFunctionalGroupsSequence[number - 1]
        del frame.PlanePositionSequence[0].ImagePositionPatient
    assert refusal([whole]).message.startswith("Frames 3 and 6 have no usable position (0020,0032). ")
