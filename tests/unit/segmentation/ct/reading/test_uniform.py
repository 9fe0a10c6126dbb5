"""Slices of different make are refused, each part named."""

from collections.abc import Callable

import numpy as np
import pytest
from pydicom.dataset import Dataset

from tests.support.ct.encoding import file_bytes
from tests.support.ct.reading import opened, refusal
from tests.support.ct.series import ct_series, hu_volume, set_pixels

HU = hu_volume(10, 4, 5)


def put(keyword: str, value: object) -> Callable[[Dataset], None]:
    return lambda one: setattr(one, keyword, value)


def grow(one: Dataset) -> None:
    set_pixels(one, np.zeros((4, 6)))


MIXES = [
    (grow, "SIZE_MIXED", "5 x 4 pixels (instances 1–7) and 6 x 4 pixels (instances 8–10)"),
    (put("PixelSpacing", [0.9, 0.9]), "SPACING_MIXED", "0.7 x 0.8 mm (instances 1–7) and 0.9 x 0.9 mm"),
    (
        put("ImageOrientationPatient", [1, 0, 0, 0, 0, -1]),
        "ORIENTATION_MIXED",
        "axial (instances 1–7) and coronal (instances 8–10)",
    ),
    (put("ConvolutionKernel", ["Bl57f", "3"]), "KERNELS_MIXED", "Br38f (instances 1–7) and Bl57f"),
    (put("KVP", "80"), "PHASES_MIXED", "120 kV, with contrast (instances 1–7) and 80 kV, with contrast"),
    (put("ContrastBolusAgent", ""), "PHASES_MIXED", "120 kV, without contrast (instances 8–10)"),
    (put("FrameOfReferenceUID", "1.2.826.5"), "PHASES_MIXED", "position 1 (instances 1–7) and position 2"),
]


@pytest.mark.parametrize(("change", "reason", "told"), MIXES, ids=[mix[2][:20] for mix in MIXES])
def test_what_is_mixed_is_refused_part_by_part(
    change: Callable[[Dataset], None], reason: str, told: str
) -> None:
    slices = ct_series(HU)
    for one in slices[7:]:
        change(one)
    error = refusal(slices)
    assert error.reason == reason
    assert told in error.message


def test_the_digits_of_a_header_do_not_make_two_orientations() -> None:
    slices = ct_series(HU)
    for one in slices[::2]:
        one.ImageOrientationPatient = [0.9999999, 0.0003, 0, -0.0003, 0.9999999, 0]
    assert opened(slices).geometry.shape == HU.shape


@pytest.mark.parametrize(
    ("keyword", "value"),
    [
        ("ImagePositionPatient", None),
        ("ImageOrientationPatient", None),
        ("PixelSpacing", None),
        ("PixelSpacing", ["0", "0.8"]),
        ("PixelSpacing", ["-0.8", "0.8"]),
        ("ImageOrientationPatient", [1, 0, 0, 1, 0, 0]),
        ("ImageOrientationPatient", [0, 0, 0, 0, 0, 0]),
    ],
)
def test_a_slice_without_a_usable_place_is_refused(keyword: str, value: object) -> None:
    slices = ct_series(HU)
    setattr(slices[5], keyword, value)
    error = refusal(slices)
    assert error.reason == "GEOMETRY_MISSING"
    assert "Instance 6" in error.message


@pytest.mark.parametrize("value", [b"nan\\0\\0 ", b"inf\\0\\0 ", b"1e999\\0\\0", b"a\\b\\c ", b"1\\2 "])
def test_a_position_that_is_no_place_is_refused(value: bytes) -> None:
    files = [file_bytes(one) for one in ct_series(HU, origin=(1, 2, 3))]
    at = files[0].index(b"\x20\x00\x32\x00DS")
    length = int.from_bytes(files[0][at + 6 : at + 8], "little")
    files[0] = files[0][: at + 8] + value.ljust(length)[:length] + files[0][at + 8 + length :]
    assert refusal(files).reason in {"GEOMETRY_MISSING", "FILE_UNREADABLE"}


def test_an_instance_number_beyond_its_kind_names_no_slice() -> None:
    slices = ct_series(HU)
    for index, one in enumerate(slices):
        one.InstanceNumber = str(2**31 + index)
    assert [str(one.name) for one in opened(slices).slices[:2]] == ["file 1", "file 2"]
