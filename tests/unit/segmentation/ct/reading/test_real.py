"""Real CTs, where they lie beside the checkout."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as untyped_itk

from services.segmentation.ct.reading import CtImage, open_ct, upright
from tests.support.ct.archives import zipped
from tests.support.ct.reading import LIMITS, refusal
from tests.support.ct.real import CT_DATA, needs_ct_data

itk: Any = untyped_itk

pytestmark = needs_ct_data


def series() -> list[Path]:
    return sorted((CT_DATA / "example_ct_dicom").iterdir())


def itk_volume(paths: list[Path]) -> Any:
    """The same files, in the order of their positions, by another decoder."""
    reader = itk.ImageSeriesReader()
    reader.SetFileNames([str(path) for path in paths])
    return reader.Execute()


@pytest.fixture(scope="module")
def image() -> CtImage:
    return open_ct(series()[::-1], LIMITS)


def test_the_jpeg_2000_series_has_the_values_and_the_geometry_that_itk_finds(image: CtImage) -> None:
    # By name it goes from the head down, by position up.
    expected = itk_volume(series()[:-4:-1])
    np.testing.assert_array_equal(image.read(0, 3), itk.GetArrayFromImage(expected))
    assert image.geometry.shape == (20, 512, 512)
    assert image.geometry.spacing_mm == pytest.approx((2.0, 0.9765625, 0.9765625))
    assert image.geometry.origin_mm == pytest.approx(expected.GetOrigin())
    assert image.making.thickness_mm == 3


def test_its_uids_are_empty_and_no_more_is_known_of_the_patient_than_stands_there(image: CtImage) -> None:
    assert {one.sop_instance_uid for one in image.slices} == {""}
    assert (image.patient.height_m, image.patient.weight_kg, image.patient.sex) == (None, 79, None)
    assert (image.making.kvp, image.making.kernel, image.making.contrast) == (120, "Br38f\\3", "APPLIED")


def test_two_lost_slices_of_it_are_named() -> None:
    files = [path.read_bytes() for path in series()]
    error = refusal(zipped([*files[:7], *files[9:]]))
    assert error.reason == "SLICES_MISSING"
    assert error.message.startswith("18 of 20 slices arrived; instances 274 and 275 are missing.")


def test_the_nifti_volume_has_the_values_and_the_geometry_that_itk_finds() -> None:
    path = CT_DATA / "example_ct.nii.gz"
    image, expected = open_ct(path, LIMITS), itk.ReadImage(str(path))
    np.testing.assert_array_equal(image.read(), itk.GetArrayFromImage(expected))
    assert image.geometry.origin_mm == pytest.approx(expected.GetOrigin())
    hu, geometry = upright(image.read(), image.geometry)
    np.testing.assert_allclose(geometry.directions, np.eye(3)[::-1], atol=1e-6)
    assert hu.shape == (112, 101, 122)
    # Bone lies in the back half of a torso, and the pelvis, at the feet, is wider than the spine.
    bone = hu > 300
    assert bone[:, 50:].sum() > 5 * bone[:, :50].sum()
    assert np.ptp(np.nonzero(bone[:10])[2]) > np.ptp(np.nonzero(bone[40:50])[2])
