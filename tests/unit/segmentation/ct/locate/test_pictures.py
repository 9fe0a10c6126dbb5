"""The pictures show what was found, and a mask that comes back says the same again."""

import io

import numpy as np
import pytest
from PIL import Image

from services.segmentation.ct.locate.levels import Level
from services.segmentation.ct.locate.locating import Located, locate
from services.segmentation.ct.locate.pictures import mask_png, overlay_png, picture_size, sagittal_png
from services.segmentation.ct.locate.sagittal import PITCH_MM
from services.segmentation.ct.locate.view import enlargement
from services.segmentation.pictures.notice import NOTICE
from tests.support.ct.spines import L3_MM, Study, Torso, oracle


@pytest.fixture(scope="module")
def located() -> Located:
    return locate(Study().of(Torso()), oracle)


def opened(content: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(content))
    assert picture.text["Disclaimer"] == NOTICE  # type: ignore[attr-defined]
    return picture


def test_all_three_pictures_are_of_one_size(located: Located) -> None:
    location = located.location
    assert location.plane is not None
    assert location.mask is not None
    pictures = [
        opened(sagittal_png(located.image, location.plane)),
        opened(mask_png(location.mask, location.plane)),
        opened(overlay_png(located.image, located.labels, location)),
    ]
    rows, columns = picture_size(location.plane)
    assert [picture.size for picture in pictures] == [(columns, rows)] * 3
    assert [picture.mode for picture in pictures] == ["L", "L", "RGB"]


def test_the_mask_is_black_and_white_and_stands_where_l3_is(located: Located) -> None:
    location = located.location
    assert location.plane is not None
    assert location.mask is not None
    pixels = np.asarray(opened(mask_png(location.mask, location.plane)))
    assert set(np.unique(pixels)) == {0, 255}
    rows = np.flatnonzero(pixels.any(1))
    factor = enlargement(location.plane)
    middle = location.plane.top * PITCH_MM - ((rows[0] + rows[-1]) / 2 / factor - 0.5) * PITCH_MM
    assert middle == pytest.approx(L3_MM, abs=1.5)


def test_the_plane_shows_head_above_feet_and_front_at_the_left(located: Located) -> None:
    location = located.location
    assert location.plane is not None
    grey = np.asarray(opened(sagittal_png(located.image, location.plane)))
    factor = enlargement(location.plane)

    def at(height: float, depth: float) -> int:
        row = round((location.plane.top - height / PITCH_MM) * factor)  # type: ignore[union-attr]
        column = round((depth / PITCH_MM - location.plane.front) * factor)  # type: ignore[union-attr]
        return int(grey[row, column])

    assert at(L3_MM, 30) > 200  # the body
    assert at(L3_MM, 56) < 110  # the canal behind it
    assert at(L3_MM, -5) < 110  # muscle and fat in front
    assert at(L3_MM, -125) < 10  # air
    assert at(L3_MM + 17, 30) < 120  # the disc above


def test_the_overlay_tints_l3_and_leaves_air_alone(located: Located) -> None:
    location = located.location
    assert location.plane is not None
    assert location.mask is not None
    pixels = np.asarray(opened(overlay_png(located.image, located.labels, location))).astype(int)
    inside = np.asarray(opened(mask_png(location.mask, location.plane))) > 0
    redness = pixels[..., 0] - pixels[..., 2]
    assert redness[inside].mean() > 40
    assert abs(redness[:, -30:-12]).mean() < 12


def test_the_sacrum_is_named_too(located: Located) -> None:
    nothing = np.where(located.labels == Level.SACRUM, 0, located.labels)
    with_it, without = (
        np.asarray(opened(overlay_png(located.image, labels, located.location))).astype(int)
        for labels in (located.labels, nothing)
    )
    written = np.abs(with_it - (214, 180, 74)).sum(-1) < 90
    assert (written & (with_it != without).any(-1)).sum() > 20


def test_a_notice_is_burnt_into_each_picture(located: Located) -> None:
    location = located.location
    assert location.plane is not None
    grey = np.asarray(opened(sagittal_png(located.image, location.plane)))
    strip = grey[location.plane.rows * enlargement(location.plane) :]
    assert strip.shape[0] >= 14
    assert strip.max() == 255
