"""Messages name many slices in few words."""

import pytest

from services.segmentation.ct.reading.wording import SliceName, counted, mm, named, ranges


@pytest.mark.parametrize(
    ("numbers", "told"),
    [
        ([57, 58], "57 and 58"),
        ([9, 7, 8, 8], "7–9"),
        ([1], "1"),
        ([1, 2, 3, 9, 11, 12], "1–3, 9, 11 and 12"),
        (range(1, 100, 2), "1, 3, 5, 7, 9, 11 and 44 more"),
        ([-3, -2, -1, 0], "-3–0"),
    ],
)
def test_numbers_are_joined(numbers: list[int], told: str) -> None:
    assert ranges(numbers) == told


def test_slices_are_named_by_what_they_are_known_by() -> None:
    names = [SliceName("instance", 3), SliceName("instance", 4), SliceName("file", 9)]
    assert named(names) == "instances 3 and 4, file 9"


def test_lengths_and_counts() -> None:
    assert (mm(112.504), mm(-0.0001), mm(5)) == ("112.5 mm", "0 mm", "5 mm")
    assert (counted(1, "slice"), counted(2, "slice")) == ("1 slice", "2 slices")
