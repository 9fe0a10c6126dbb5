"""What a reviewer says becomes the same kind of location, or is refused in words that help."""

import io
from collections.abc import Sequence

import numpy as np
import pytest
from PIL import Image

from radmesh.errors import ImageFormatError, InvalidRequestError
from services.segmentation.ct.locate.locating import Located, locate
from services.segmentation.ct.locate.location import L3Location, Source
from services.segmentation.ct.locate.pictures import mask_png, overlay_png, picture_size, sagittal_png
from services.segmentation.ct.locate.review import corrected, from_png, from_slices
from services.segmentation.ct.locate.review_volume import from_volume
from services.segmentation.ct.locate.stack import Stack, stack_of
from services.segmentation.ct.reading import CtImage
from tests.support.ct.reading import opened
from tests.support.ct.series import ct_series, hu_volume
from tests.support.ct.spines import L3_MM, Study, Torso, flipped, image_of, oracle

IMAGE = Study().of(Torso())


@pytest.fixture(scope="module")
def stack() -> Stack:
    return stack_of(IMAGE)


@pytest.fixture(scope="module")
def located() -> Located:
    return locate(IMAGE, oracle)


def png(pixels: np.ndarray, mode: str | None = None) -> bytes:
    content = io.BytesIO()
    picture = Image.fromarray(pixels)
    (picture.convert(mode) if mode else picture).save(content, "PNG")
    return content.getvalue()


def drawn(located: Located, *boxes: tuple[slice, slice]) -> np.ndarray:
    assert located.location.plane is not None
    canvas = np.zeros(picture_size(located.location.plane), np.uint8)
    for box in boxes:
        canvas[box] = 255
    return canvas


def said(content: bytes, located: Located, stack: Stack) -> L3Location:
    location = located.location
    assert location.plane is not None
    assert location.curve is not None
    return from_png(content, location.plane, location.curve, stack)


def refusal(content: bytes, located: Located, stack: Stack) -> ImageFormatError:
    with pytest.raises(ImageFormatError) as caught:
        said(content, located, stack)
    return caught.value


@pytest.mark.parametrize("mode", [None, "1", "RGB", "RGBA", "P"])
def test_the_mask_that_was_found_comes_back_as_the_same_location(
    located: Located, stack: Stack, mode: str | None
) -> None:
    location = located.location
    assert location.mask is not None
    assert location.plane is not None
    pixels = np.asarray(Image.open(io.BytesIO(mask_png(location.mask, location.plane))))
    again = said(png(pixels, mode), located, stack)
    assert again.source is Source.MASK
    assert (again.centre_mm, again.low_mm, again.high_mm) == (
        location.centre_mm,
        location.low_mm,
        location.high_mm,
    )
    assert again.covered == location.covered
    assert again.confidence == 1
    assert corrected(again, location).levels == location.levels


def test_a_transparent_layer_counts_only_where_it_is_painted(located: Located, stack: Stack) -> None:
    location = located.location
    assert location.mask is not None
    assert location.plane is not None
    pixels = np.asarray(Image.open(io.BytesIO(mask_png(location.mask, location.plane))))
    layer = np.full((*pixels.shape, 4), 255, np.uint8)
    layer[..., 3] = pixels
    assert said(png(layer), located, stack).level_mm == location.level_mm


def test_what_is_smaller_than_a_body_is_refused_in_other_words(located: Located, stack: Stack) -> None:
    error = refusal(png(drawn(located, (slice(200, 204), slice(330, 334)))), located, stack)
    assert (error.reason, "smaller than 20 mm²" in error.message) == ("MASK_EMPTY", True)


def test_the_pictures_of_the_review_are_no_masks(located: Located, stack: Stack) -> None:
    location = located.location
    assert location.plane is not None
    photograph = sagittal_png(located.image, location.plane)
    overlay = overlay_png(located.image, located.labels, location)
    for content in (photograph, overlay):
        assert refusal(content, located, stack).reason.startswith(("MASK_", "L3_EXTENT"))


def test_a_mask_of_another_size_is_refused_with_both_sizes(located: Located, stack: Stack) -> None:
    error = refusal(png(np.zeros((100, 200), np.uint8)), located, stack)
    assert error.reason == "MASK_SIZE_MISMATCH"
    rows, columns = picture_size(located.location.plane)  # type: ignore[arg-type]
    assert "200 x 100" in error.message
    assert f"{columns} x {rows}" in error.message


def test_an_empty_mask_is_refused(located: Located, stack: Stack) -> None:
    assert refusal(png(drawn(located)), located, stack).reason == "MASK_EMPTY"


def test_two_pieces_are_refused(located: Located, stack: Stack) -> None:
    boxes = (slice(200, 260), slice(330, 390)), (slice(300, 360), slice(330, 390))
    assert refusal(png(drawn(located, *boxes)), located, stack).reason == "MASK_IN_PIECES"


def test_a_mask_beside_the_spine_is_refused(located: Located, stack: Stack) -> None:
    error = refusal(png(drawn(located, (slice(200, 260), slice(60, 120)))), located, stack)
    assert error.reason == "MASK_OFF_SPINE"
    assert "in front of" in error.message


def test_a_picture_all_white_is_refused(located: Located, stack: Stack) -> None:
    assert refusal(png(drawn(located, (slice(None), slice(None)))), located, stack).reason in (
        "L3_EXTENT_IMPLAUSIBLE",
        "MASK_OFF_SPINE",
    )


@pytest.mark.parametrize(
    "content", [b"", b"GIF89a", b"\x89PNG\r\n\x1a\n" + bytes(40)], ids=["empty", "gif", "torn"]
)
def test_what_is_no_png_is_refused(located: Located, stack: Stack, content: bytes) -> None:
    assert refusal(content, located, stack).reason == "NOT_AN_IMAGE"


def test_a_png_that_ends_early_is_refused(located: Located, stack: Stack) -> None:
    noise = np.random.default_rng(1).integers(0, 255, drawn(located).shape).astype(np.uint8)
    assert refusal(png(noise)[:5000], located, stack).reason == "NOT_AN_IMAGE"


def test_slices_without_instance_numbers_are_counted_from_one_as_they_are_stored(stack: Stack) -> None:
    location = from_slices(46, 55, stack)
    assert (location.covered.first, location.covered.last) == (45, 54)
    assert location.low_mm == pytest.approx(-110 + 45 * 2.5 - 1.25)
    assert location.high_mm == pytest.approx(-110 + 54 * 2.5 + 1.25)
    turned = stack_of(flipped(IMAGE, (0, 2)))
    number = turned.heights.count
    same = from_slices(number - 54, number - 45, turned)
    assert (same.low_mm, same.high_mm) == pytest.approx((location.low_mm, location.high_mm))
    assert same.covered.middle == number - 1 - location.covered.middle


@pytest.mark.parametrize("slices", [(0, 4), (9, 0), (100, 106), (3, 2000)])
def test_slices_that_are_not_there_are_refused(stack: Stack, slices: tuple[int, int]) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        from_slices(*slices, stack)
    assert "1 to 105" in str(caught.value.violations)


def numbered(numbers: Sequence[int]) -> Stack:
    """A stack of DICOM files with these instance numbers, from foot to head, 2.5 mm apart."""
    series = ct_series(hu_volume(len(numbers)))
    for one, number in zip(series, numbers, strict=True):
        one.InstanceNumber = number
    return stack_of(opened(series))


def test_slices_of_dicom_are_named_by_their_instance_numbers() -> None:
    """As a viewer and the pictures do; a scan from the head numbers them against the order of positions."""
    stack = numbered(range(60, 0, -1))
    location = from_slices(33, 39, stack)
    covered = location.covered
    assert (covered.first, covered.last) == (60 - 39, 60 - 33)
    assert (covered.first_instance, covered.last_instance, covered.middle_instance) == (39, 33, 36)
    assert location.high_mm - location.low_mm == pytest.approx(7 * 2.5)


def test_the_ends_may_be_named_in_either_order() -> None:
    # Results list the first slice as stored, which often has the higher number.
    stack = numbered([60 - index for index in range(60)])
    assert from_slices(39, 33, stack).covered == from_slices(33, 39, stack).covered


def test_instance_numbers_may_begin_anywhere_and_leave_some_out() -> None:
    covered = from_slices(0, 30, numbered(range(0, 400, 10))).covered
    assert (covered.first, covered.last) == (0, 3)


def test_an_instance_that_is_not_there_is_refused() -> None:
    with pytest.raises(InvalidRequestError) as caught:
        from_slices(0, 31, numbered(range(0, 400, 10)))
    assert "instances 0 to 390" in str(caught.value.violations)


def test_where_instances_share_a_number_slices_are_counted() -> None:
    covered = from_slices(3, 9, numbered([1] * 40)).covered
    assert (covered.first, covered.last, covered.first_instance) == (2, 8, None)


def test_too_many_slices_are_no_vertebra(stack: Stack) -> None:
    with pytest.raises(ImageFormatError) as caught:
        from_slices(1, 105, stack)
    assert caught.value.reason == "L3_EXTENT_IMPLAUSIBLE"


def body() -> np.ndarray:
    """L3 with arch and processes, which reach lower than its body."""
    mask = np.zeros(IMAGE.geometry.shape, np.int16)
    z = np.array([IMAGE.geometry.position_mm((index, 0, 0))[2] for index in range(len(mask))])
    row, column = (round(one) for one in IMAGE.geometry.index_of((0.0, 30.0, 0.0))[1:])
    mask[np.abs(z - L3_MM) < 12, row - 8 : row + 8, column - 11 : column + 11] = 1
    mask[np.abs(z - L3_MM + 12) < 12, row + 15 : row + 28, column - 3 : column + 3] = 1
    return mask


def volume_refusal(mask: CtImage, located: Located, stack: Stack) -> str:
    with pytest.raises(ImageFormatError) as caught:
        from_volume(mask, stack, located.location.curve)
    return caught.value.reason


@pytest.mark.parametrize("axes", [(), (0, 1), (1, 2)], ids=str)
def test_a_volume_counts_by_its_body_on_the_middle_plane_however_it_is_stored(
    located: Located, stack: Stack, axes: tuple[int, ...]
) -> None:
    location = from_volume(flipped(image_of(body(), IMAGE.geometry), axes), stack, located.location.curve)
    assert location.level_mm == pytest.approx(L3_MM, abs=1.3)
    assert location.high_mm - location.low_mm == pytest.approx(24, abs=2.6)
    assert location.covered.middle == located.location.covered.middle


def test_a_volume_on_another_grid_is_refused(located: Located, stack: Stack) -> None:
    cut = image_of(body()[:-3], IMAGE.geometry.slab(0, IMAGE.geometry.shape[0] - 3))
    assert volume_refusal(cut, located, stack) == "MASK_SIZE_MISMATCH"
    moved = image_of(body(), Study(low=-100, high=160).of(Torso()).geometry)
    assert volume_refusal(moved, located, stack) == "MASK_SIZE_MISMATCH"


def test_an_empty_volume_two_bodies_and_one_beside_the_spine_are_refused(
    located: Located, stack: Stack
) -> None:
    mask = body()
    assert volume_refusal(image_of(mask * 0, IMAGE.geometry), located, stack) == "MASK_EMPTY"
    assert volume_refusal(image_of(np.roll(mask, 40, 2), IMAGE.geometry), located, stack) == "MASK_OFF_SPINE"
    both = mask | np.roll(mask, 16, 0)
    assert volume_refusal(image_of(both, IMAGE.geometry), located, stack) == "MASK_IN_PIECES"
