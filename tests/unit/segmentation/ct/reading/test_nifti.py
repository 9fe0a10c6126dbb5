"""A NIfTI volume has the geometry that ITK gives it, and the values that it was written with."""

import gzip
from pathlib import Path
from typing import Any

import nibabel as untyped_nibabel
import numpy as np
import pytest
import SimpleITK as untyped_itk
from hypothesis import given, settings
from hypothesis import strategies as st

from services.segmentation.ct.reading import CtLimits, Geometry, open_ct
from tests.support.ct.archives import zipped
from tests.support.ct.reading import LIMITS, refusal
from tests.support.ct.series import hu_volume

nibabel: Any = untyped_nibabel
itk: Any = untyped_itk

HU = hu_volume(5, 4, 3)
AFFINE = np.array([[-0.7, 0, 0, 90], [0, 0.8, 0, -100], [0, 0, 2.5, -700], [0, 0, 0, 1.0]])


def nifti(hu: np.ndarray = HU, affine: np.ndarray = AFFINE, kind: type = nibabel.Nifti1Image) -> bytes:
    """The file of a volume in the order slices, rows, columns."""
    content: bytes = kind(hu.T, affine).to_bytes()
    return content


def geometry_of_itk(content: bytes, folder: Path) -> Geometry:
    path = folder / "volume.nii"
    path.write_bytes(content)
    image = itk.ReadImage(str(path))
    directions = np.array(image.GetDirection()).reshape(3, 3).T[::-1]
    return Geometry(
        shape=image.GetSize()[::-1],
        spacing_mm=image.GetSpacing()[::-1],
        directions=tuple(map(tuple, directions.tolist())),  # type: ignore[arg-type]
        origin_mm=image.GetOrigin(),
    )


@pytest.mark.parametrize("kind", [nibabel.Nifti1Image, nibabel.Nifti2Image])
@pytest.mark.parametrize("dtype", ["<i2", ">i2", "u2", "i4", "f4", "f8"])
def test_the_values_are_those_that_were_written(kind: type, dtype: str, tmp_path: Path) -> None:
    content = nifti(HU.astype(dtype) if dtype != "u2" else (HU + 1024).astype("u2"), kind=kind)
    expected = HU + 1024 if dtype == "u2" else HU
    np.testing.assert_array_equal(open_ct(content, LIMITS).read(), expected)
    packed = tmp_path / "volume.nii.gz"
    packed.write_bytes(gzip.compress(content))
    np.testing.assert_array_equal(open_ct(packed, LIMITS).read(1, 3), expected[1:3])


def test_slope_and_intercept_are_applied() -> None:
    image = nibabel.Nifti1Image(HU.T, AFFINE)
    image.header.set_slope_inter(2, -10)
    content = image.to_bytes()
    np.testing.assert_array_equal(open_ct(content, LIMITS).read(), 2 * HU - 10)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), swapped=st.permutations(range(3)))
def test_geometry_is_that_of_itk(
    tmp_path_factory: pytest.TempPathFactory, seed: int, swapped: list[int]
) -> None:
    random = np.random.default_rng(seed)
    rotation, _ = np.linalg.qr(random.normal(size=(3, 3)))
    affine = np.eye(4)
    affine[:3, :3] = (rotation * random.uniform(0.4, 5, 3))[:, swapped]
    affine[:3, 3] = random.uniform(-500, 500, 3)
    content = nifti(affine=affine)
    found = open_ct(content, LIMITS).geometry
    expected = geometry_of_itk(content, tmp_path_factory.mktemp("itk"))
    assert found.shape == expected.shape
    np.testing.assert_allclose(found.affine, expected.affine, atol=2e-3)


@pytest.mark.parametrize(("unit", "factor"), [("meter", 1000), ("micron", 0.001), ("mm", 1), ("unknown", 1)])
def test_lengths_are_in_mm_whatever_the_unit_of_the_file(unit: str, factor: float) -> None:
    image = nibabel.Nifti1Image(HU.T, AFFINE)
    image.header.set_xyzt_units(unit)
    geometry = open_ct(image.to_bytes(), LIMITS).geometry
    assert geometry.spacing_mm == pytest.approx((2.5 * factor, 0.8 * factor, 0.7 * factor))


def test_a_fourth_dimension_of_one_is_none() -> None:
    image = nibabel.Nifti1Image(HU.T[..., None], AFFINE)
    np.testing.assert_array_equal(open_ct(image.to_bytes(), LIMITS).read(), HU)
    several = nibabel.Nifti1Image(np.repeat(HU.T[..., None], 2, axis=3), AFFINE)
    assert refusal(several.to_bytes()).reason == "PIXELS_UNSUPPORTED"


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_no_numbers_are_refused_by_slice(value: float) -> None:
    hu = HU.astype(np.float32)
    hu[3, 1, 2] = value
    error = refusal(nifti(hu))
    assert error.reason == "VALUES_NOT_FINITE"
    assert "Slice 4" in error.message


def test_a_volume_that_does_not_say_how_it_lies_is_refused() -> None:
    image = nibabel.Nifti1Image(HU.T, None)
    image.header["qform_code"], image.header["sform_code"] = 0, 0
    assert refusal(image.to_bytes()).reason == "GEOMETRY_MISSING"


def test_a_sheared_volume_is_refused_as_tilted() -> None:
    affine = AFFINE.copy()
    affine[1, 2] = 2.5 * np.tan(np.radians(12))
    error = refusal(nifti(affine=affine))
    assert error.reason == "GANTRY_TILT"
    assert "by 12.0 degrees" in error.message


def test_colours_and_a_header_alone_are_refused() -> None:
    colours = np.zeros((3, 4, 5), [("R", "u1"), ("G", "u1"), ("B", "u1")])
    assert refusal(nibabel.Nifti1Image(colours, AFFINE).to_bytes()).reason == "PIXELS_UNSUPPORTED"
    alone = bytearray(nifti())
    alone[344:348] = b"ni1\0"
    assert refusal(bytes(alone)).reason == "PIXELS_UNSUPPORTED"


def test_a_volume_of_another_size_than_told_is_refused() -> None:
    content = nifti()
    for length in (200, 351, 360, len(content) - 1):
        assert refusal(content[:length]).reason in {"FILE_UNREADABLE", "UNSUPPORTED_FORMAT"}
    assert refusal(content, CtLimits(max_slices=4)).reason == "TOO_MANY_SLICES"
    assert refusal(content, CtLimits(min_slices=6)).reason == "TOO_FEW_SLICES"


def test_a_nifti_file_beside_others_is_no_slice() -> None:
    assert refusal(zipped([nifti()])).reason == "UNSUPPORTED_FORMAT"
    assert refusal([nifti(), nifti()]).reason == "UNSUPPORTED_FORMAT"
