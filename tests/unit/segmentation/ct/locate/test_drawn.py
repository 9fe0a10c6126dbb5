"""What is marked in a PNG, whatever tool saved it."""

import io

import numpy as np
import pytest
from PIL import Image

from radmesh.errors import ImageFormatError
from services.segmentation.ct.locate.drawn import marked

L3 = np.zeros((60, 40), bool)
L3[20:32, 10:30] = True


def read(pixels: np.ndarray) -> np.ndarray:
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "PNG")
    return marked(content.getvalue(), L3.shape, 50)


def as_saved(mask: np.ndarray) -> dict[str, np.ndarray]:
    """L3, bool, as common tools save it."""
    clear = np.zeros((*mask.shape, 4), np.uint8)
    red = clear.copy()
    red[mask] = (255, 0, 0, 255)
    red_everywhere = clear.copy()
    red_everywhere[..., 0], red_everywhere[..., 3] = 255, mask * 255
    faint, black, beside_white = (clear.copy() for _ in range(3))
    faint[mask] = (0, 200, 0, 100)
    black[mask] = (0, 0, 0, 255)
    beside_white[..., :3] = mask[..., None] * 255
    beside_white[:, 1:, 3] = 255
    blue = np.zeros((*mask.shape, 3), np.uint8)
    blue[mask] = (0, 0, 1)
    soft = np.where(mask, 255, 0).astype(np.uint8)
    soft[:, 1:] = np.maximum(soft[:, 1:], mask[:, :-1] * 90)
    return {
        "labels": mask.astype(np.uint8),
        "deep labels": mask.astype(np.uint16),
        "deep white": mask.astype(np.uint16) * 65535,
        "half grey": mask.astype(np.uint8) * 128,
        "one colour": blue,
        "soft edges": soft,
        "red on a transparent layer": red,
        "red that is transparent elsewhere": red_everywhere,
        "a faint layer": faint,
        "black on a transparent layer": black,
        "white on black, a column of it erased": beside_white,
    }


@pytest.mark.parametrize("saved", as_saved(L3))
def test_a_mask_may_be_as_tools_save_it(saved: str) -> None:
    np.testing.assert_array_equal(read(as_saved(L3)[saved]), L3[:50])


def test_the_notice_below_the_picture_is_not_looked_at() -> None:
    labels = L3.astype(np.uint8)
    labels[50:] = 99
    np.testing.assert_array_equal(read(labels), L3[:50])


def several() -> np.ndarray:
    labels = L3.astype(np.uint8)
    labels[0, 0] = 2
    return labels


@pytest.mark.parametrize(
    ("pixels", "found"),
    [
        (several(), "its brightest pixel is 2 of 255"),
        (np.ones(L3.shape, np.uint8), "its brightest pixel is 1 of 255"),
        (several().astype(np.uint16) * 300, "its brightest pixel is 600 of 65535"),
        (np.zeros(L3.shape, np.uint8), "its brightest pixel is 0 of 255"),
        (np.zeros((*L3.shape, 4), np.uint8), "all of it is transparent"),
    ],
)
def test_an_empty_mask_is_refused_with_what_was_found(pixels: np.ndarray, found: str) -> None:
    with pytest.raises(ImageFormatError) as refused:
        read(pixels)
    assert refused.value.reason == "MASK_EMPTY"
    assert found in refused.value.message
