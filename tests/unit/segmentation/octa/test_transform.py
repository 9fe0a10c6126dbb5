"""The way into the network and out of it."""

import numpy as np
import pytest

from services.segmentation.octa.overlay import enlargement
from services.segmentation.octa.transform import overlay, to_mask, to_network_input, vessel_area_fraction
from services.segmentation.pictures.notice import MIN_WIDTH, STRIP


def coloured(grey: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The overlay as RGB, (rows, columns, 3)."""
    return np.asarray(overlay(grey, mask).convert("RGB"))


SIZES = [(1, 1), (2, 700), (700, 2), (64, 48), (256, 256), (320, 320), (1000, 777)]


@pytest.mark.parametrize("size", SIZES)
def test_every_size_goes_in_at_256_and_comes_back_as_it_was(size: tuple[int, int]) -> None:
    grey = np.full(size, 200, np.uint8)
    inputs = to_network_input(grey)
    assert inputs.shape == (1, 1, 256, 256)
    assert inputs.dtype == np.float32
    mask = to_mask(np.full((256, 256), 0.7, np.float32), size)
    assert mask.shape == size
    assert mask.dtype == np.uint8
    assert (mask == 255).all()


def test_black_is_minus_one_and_white_is_one() -> None:
    assert to_network_input(np.zeros((9, 9), np.uint8)).min() == -1.0
    assert to_network_input(np.full((9, 9), 255, np.uint8)).max() == 1.0


def test_rows_and_columns_are_not_exchanged() -> None:
    grey = np.zeros((100, 400), np.uint8)
    grey[:50] = 255
    inputs = to_network_input(grey)[0, 0]
    assert inputs[:120].min() == 1.0
    assert inputs[136:].max() == -1.0
    back = to_mask(inputs, grey.shape)
    assert (back == grey).mean() > 0.98


@pytest.mark.parametrize("shape", [(4, 4, 3), (4,), (0, 4)])
def test_what_is_no_grey_image_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="uint8"):
        to_network_input(np.zeros(shape, np.uint8))


def test_logits_are_brought_to_size_before_sigmoid_and_threshold() -> None:
    """An edge from -1 to 3 crosses 0 a quarter of the way; as probabilities, 0.27 to 0.95, a third of it."""
    logits = np.full((256, 256), -1.0, np.float32)
    logits[:, 128:] = 3.0
    mask = to_mask(logits, (2560, 2560))
    assert int(np.argmax(mask[0] > 0)) == 1277
    assert np.unique(mask).tolist() == [0, 255]


@pytest.mark.parametrize("threshold", [0.1, 0.5, 0.9])
def test_a_threshold_is_one_of_the_probability(threshold: float) -> None:
    logits = np.linspace(-6, 6, 256 * 256, dtype=np.float32).reshape(256, 256)
    expected = 1 / (1 + np.exp(-logits.astype(np.float64))) >= threshold
    assert ((to_mask(logits, (256, 256), threshold) == 255) == expected).all()


def test_a_threshold_of_zero_takes_every_pixel_and_one_of_one_takes_none() -> None:
    logits = np.linspace(-40, 40, 256 * 256, dtype=np.float32).reshape(256, 256)
    assert (to_mask(logits, (320, 320), 0.0) == 255).all()
    assert (to_mask(logits, (320, 320), 1.0) == 0).all()


def test_the_area_fraction_counts_pixels() -> None:
    mask = np.zeros((10, 20), np.uint8)
    mask[0, :10] = 255
    assert vessel_area_fraction(mask) == 0.05


@pytest.mark.parametrize("size", [*SIZES, (3, 3000), (2000, 1500)])
def test_the_notice_is_burnt_in_whole_below_the_image(size: tuple[int, int]) -> None:
    rows, columns = (side * enlargement(size) for side in size)
    picture = coloured(np.zeros(size, np.uint8), np.zeros(size, np.uint8))
    assert picture.dtype == np.uint8
    assert picture.shape[1] == max(columns, MIN_WIDTH)
    strip = picture[rows:]
    letters = (strip != STRIP).any(axis=2)
    assert letters.mean() > 0.03
    assert not letters[:3].any()
    assert not letters[-3:].any()
    assert not letters[:, :3].any()
    assert not letters[:, -3:].any()


def test_the_image_stands_as_it_is_where_there_is_no_vessel() -> None:
    grey = np.arange(900 * 700, dtype=np.uint32).astype(np.uint8).reshape(900, 700)
    picture = coloured(grey, np.zeros_like(grey))
    assert (np.abs(picture[:900].astype(int) - grey[..., np.newaxis]) <= 1).all()


def test_vessels_are_tinted_so_that_the_image_shows_through_and_outlined() -> None:
    grey = np.full((700, 700), 100, np.uint8)
    grey[:, 350:] = 200
    mask = np.zeros_like(grey)
    mask[300:340, 100:600] = 255
    picture = coloured(grey, mask)
    inside_dark, inside_bright, edge = picture[320, 200], picture[320, 500], picture[300, 200]
    assert inside_dark[0] > inside_dark[1]
    assert inside_bright[1] > inside_dark[1]
    assert edge[0] == 255
    assert (picture[299, 200] == 100).all()


def test_a_small_image_is_enlarged_by_a_whole_factor() -> None:
    assert coloured(np.zeros((320, 320), np.uint8), np.zeros((320, 320), np.uint8)).shape[1] == 640


def test_a_mask_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="differ in size"):
        overlay(np.zeros((4, 4), np.uint8), np.zeros((4, 5), np.uint8))


def test_the_resize_is_a_low_pass_against_speckle() -> None:
    """Without Pillow's scaled support, noise of a large image would come through with its full contrast."""
    noise = np.random.default_rng(1).integers(0, 2, (1024, 1024), dtype=np.uint8) * np.uint8(255)
    assert to_network_input(noise).std() < 0.3
