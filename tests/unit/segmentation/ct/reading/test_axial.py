"""A NIfTI volume is the same CT whatever order its file stores its axes in."""

import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from radmesh.errors import ImageFormatError
from services.segmentation.ct.locate.locating import locate
from services.segmentation.ct.locate.location import L3Location
from services.segmentation.ct.locate.review_volume import from_volume
from services.segmentation.ct.locate.stack import Stack, stack_of
from services.segmentation.ct.measure.masks import nifti_bytes
from services.segmentation.ct.reading import CtImage, CtLimits, Geometry, axial, open_ct
from tests.support.ct.encoding import file_bytes
from tests.support.ct.orders import ORDERS, Order, as_nifti
from tests.support.ct.series import ct_series
from tests.support.ct.spines import Study, Torso, image_of, oracle

LIMITS = CtLimits()
CURVED = Torso(side=lambda z: 14 * np.sin(z / 45), depth=lambda z: 30 + 10 * np.cos(z / 60))
TURNED = [order for order in ORDERS if order[1] == (0, 2)]
"""Each order of the axes, two of them backwards."""

WHOLE = Study(low=-90, high=140, step=6.0, pixel=4.0, half=130)


def small() -> CtImage:
    """5 slices, 4 rows, 3 columns, slightly oblique."""
    hu = np.random.default_rng(5).integers(-1000, 1500, (5, 4, 3)).astype(np.int16)
    sine, cosine = np.sin(np.radians(8)), np.cos(np.radians(8))
    directions = ((0.0, -sine, cosine), (0.0, cosine, sine), (1.0, 0.0, 0.0))
    return image_of(hu, Geometry((5, 4, 3), (3.0, 0.8, 0.7), directions, (-40.0, -30.0, 1200.5)))


def read(image: CtImage, order: Order) -> CtImage:
    return axial(open_ct(as_nifti(image, order), LIMITS))


def assert_same(found: Stack, expected: Stack) -> None:
    assert found.geometry.shape == expected.geometry.shape
    np.testing.assert_allclose(found.geometry.affine, expected.geometry.affine, atol=1e-4)
    for index in range(expected.geometry.shape[0]):
        np.testing.assert_array_equal(found.plane(index), expected.plane(index))


@pytest.mark.parametrize("order", ORDERS, ids=str)
def test_every_order_of_axes_is_the_same_stack_of_slices(order: Order) -> None:
    assert_same(stack_of(read(small(), order)), stack_of(small()))


@pytest.mark.parametrize("order", ORDERS, ids=str)
def test_a_mask_of_its_slices_has_the_voxels_of_the_file(order: Order) -> None:
    content = as_nifti(small(), order)
    stored = open_ct(content, LIMITS)
    image = axial(stored)
    labels = (image.read(1, 3) > 0).astype(np.uint8)
    mask = open_ct(nifti_bytes(labels, 1, image.geometry, stored_axes=image.stored_axes), LIMITS)
    np.testing.assert_allclose(mask.geometry.affine, stored.geometry.affine, atol=1e-4)
    assert mask.geometry.shape == stored.geometry.shape
    found = np.zeros(image.geometry.shape, np.int16)
    found[1:3] = labels
    np.testing.assert_array_equal(axial(mask).read(), found)


@pytest.fixture(scope="module")
def expected() -> L3Location:
    """L3 of the torso as it is drawn."""
    return locate(WHOLE.of(CURVED), oracle).location


@pytest.mark.parametrize("order", TURNED, ids=str)
def test_l3_has_the_same_millimetres(order: Order, expected: L3Location) -> None:
    found = locate(read(WHOLE.of(CURVED), order), oracle).location
    assert found.centre_mm == pytest.approx(expected.centre_mm, abs=1e-3)
    assert (found.low_mm, found.high_mm) == pytest.approx((expected.low_mm, expected.high_mm), abs=1e-3)
    assert found.confidence == expected.confidence


def test_a_mask_in_another_order_than_its_study_is_taken() -> None:
    image = WHOLE.of(CURVED)
    stack, marked = stack_of(image), np.zeros(image.geometry.shape, np.int16)
    heights = stack.heights.first_mm + np.arange(stack.heights.count) * stack.heights.step_mm
    marked[np.abs(heights - 12.5) < 13] = 1
    mask = read(image_of(marked, image.geometry), ((2, 0, 1), (0, 2)))
    location = from_volume(mask, stack, None)
    assert (location.low_mm, location.high_mm) == pytest.approx((-3.0, 27.0))


def test_a_volume_that_is_far_from_any_axis_is_refused() -> None:
    image = small()
    sine, cosine = np.sin(np.radians(35)), np.cos(np.radians(35))
    directions = ((0.0, -sine, cosine), (0.0, cosine, sine), (1.0, 0.0, 0.0))
    turned = image_of(image.read(), Geometry((5, 4, 3), (3.0, 0.8, 0.7), directions, (0.0, 0.0, 0.0)))
    for order in ORDERS[::7]:
        with pytest.raises(ImageFormatError, match="35 degrees") as caught:
            read(turned, order)
        assert caught.value.reason == "NOT_AXIAL"


def test_a_sagittal_series_of_dicom_is_refused() -> None:
    series = ct_series(np.zeros((5, 4, 3), np.int16), orientation=(0, 1, 0, 0, 0, -1))
    with pytest.raises(ImageFormatError) as caught:
        axial(open_ct([file_bytes(one) for one in series], LIMITS))
    assert caught.value.reason == "NOT_AXIAL"


def test_a_volume_of_kilometres_is_refused_before_it_is_searched() -> None:
    """Three slices of some kilobytes would be gone through in cells of 6 mm for minutes."""
    series = ct_series(np.zeros((3, 4, 3), np.int16), step_mm=1e6, origin=(0, 0, 0))
    with pytest.raises(ImageFormatError, match="no scanner reaches that far") as caught:
        axial(open_ct([file_bytes(one) for one in series], LIMITS))
    assert caught.value.reason == "GEOMETRY_IMPLAUSIBLE"
    assert caught.value.metadata == {"length_mm": "3000000", "limit_mm": "3000"}


def test_turned_slices_are_read_in_bounded_memory(tmp_path: Path) -> None:
    hu = np.arange(256, dtype=np.int16)[:, None, None] + np.arange(256, dtype=np.int16)
    hu = np.ascontiguousarray(np.broadcast_to(hu, (256, 256, 256)))
    directions = ((0.0, 0.0, 1.0), (0.0, 1.0, 0.0), (1.0, 0.0, 0.0))
    image = image_of(hu, Geometry(hu.shape, (1.0, 1.0, 1.0), directions, (0.0, 0.0, 0.0)))
    path = tmp_path / "turned.nii"
    path.write_bytes(as_nifti(image, ((2, 1, 0), (0,))))
    tracemalloc.start()
    try:
        for index, plane in enumerate(axial(open_ct(path, LIMITS)).each()):
            assert {int(plane[7, 200]), int(plane[200, 7])} == {455 - index, 262 - index}
        peak = tracemalloc.get_traced_memory()[1] / 1e6
    finally:
        tracemalloc.stop()
    assert peak < 25
