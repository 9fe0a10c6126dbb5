"""The pictures show what was found, and a mask that comes back says the same again."""

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from services.segmentation.ct.locate.levels import Level
from services.segmentation.ct.locate.locating import Located, locate
from services.segmentation.ct.locate.location import Doubt, DoubtKind
from services.segmentation.ct.locate.pictures import mask_png, overlay_png, picture_size, sagittal_png
from services.segmentation.ct.locate.review import from_png
from services.segmentation.ct.locate.sagittal import PITCH_MM
from services.segmentation.ct.locate.stack import stack_of
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


LOW = Study(low=-12, high=37)
LONG = "Neither the sacrum nor the last rib is in view: the level cannot be counted."
DOUBTS = tuple(Doubt(DoubtKind.LEVEL_UNANCHORED, f"{number}. {LONG}", 0.5) for number in range(6))


@pytest.fixture(scope="module")
def low() -> Located:
    return locate(LOW.of(Torso()), oracle)


def overlay(one: Located, doubts: int = 0, note: str = "") -> np.ndarray:
    """With so many doubts."""
    location = replace(one.location, doubts=DOUBTS[:doubts])
    return np.asarray(opened(overlay_png(one.image, one.labels, location, note)))


@pytest.mark.parametrize("study", ["located", "low"])
def test_every_doubt_is_written_and_covers_neither_the_spine_nor_the_numbers_of_its_slices(
    study: str, request: pytest.FixtureRequest
) -> None:
    one: Located = request.getfixturevalue(study)
    assert one.location.plane is not None
    assert one.location.mask is not None
    factor, rows = enlargement(one.location.plane), np.flatnonzero(one.location.mask.any(1))
    middle, front = (
        (rows[0] + rows[-1] + 1) / 2 * factor,
        np.flatnonzero(one.location.mask.any(0))[0] * factor,
    )
    before = overlay(one)
    for number in range(1, len(DOUBTS) + 1):
        after = overlay(one, number)
        assert after.shape[:2] == picture_size(one.location.plane)
        changed = (after != before).any(2)
        assert changed.any(), DOUBTS[number - 1].message
        assert not changed[:, front:].any()
        assert not changed[round(middle) - 9 : round(middle) + 9].any()
        before = after


@pytest.mark.parametrize("words", [1, 20, 4000])
def test_a_note_of_any_length_leaves_room_for_the_doubts(low: Located, words: int) -> None:
    plain = overlay(low, 5)
    assert (plain != overlay(low, 5, "series " * words)).any()
    assert (overlay(low, 4, "series " * words) != overlay(low, 5, "series " * words)).any()
    assert (plain[-20:] == overlay(low, 5, "series " * words)[-20:]).all()


def test_a_level_at_zero_has_no_sign(located: Located) -> None:
    pictures = []
    for z in (0.0, -0.04):
        x, y, _ = located.location.centre_mm
        there = replace(located.location, centre_mm=(x, y, z))
        pictures.append(np.asarray(opened(overlay_png(located.image, located.labels, there))))
    assert np.array_equal(pictures[0], pictures[1])


def test_the_mask_of_a_low_study_comes_back_as_the_same_location(low: Located) -> None:
    before = low.location
    assert before.plane is not None
    assert before.mask is not None
    assert before.curve is not None
    content = mask_png(before.mask, before.plane)
    assert opened(content).size == opened(sagittal_png(low.image, before.plane)).size
    after = from_png(content, before.plane, before.curve, stack_of(LOW.of(Torso())))
    assert (after.low_mm, after.high_mm) == pytest.approx((before.low_mm, before.high_mm), abs=1e-6)
    assert after.covered == before.covered
