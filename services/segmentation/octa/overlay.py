"""The picture a person looks at: the image, its vessels tinted and outlined, the notice burnt in."""

import math
from functools import cache

import numpy as np
from PIL import Image

from services.segmentation.pictures.notice import MIN_WIDTH, STRIP, notice_strip

MIN_LONG_SIDE = 640
"""Smaller images are enlarged by a whole factor: in one of 320 pixels most vessels are three pixels
wide, and an outline at that size would leave nothing to see inside."""

MAX_ENLARGEMENT = 4
TINT = (255, 56, 48)
TINT_OPACITY = 0.4
OUTLINE = (255, 56, 48)

_OUTLINE_INDEX = 255
_TINTED = 128
"""Palette: 0 to 127 the greys by twos, 128 to 254 the same tinted, 255 the outline. A palette picture is
encoded several times as fast as a coloured one, and nobody sees the lowest bit of a grey."""


def overlay(grey: np.ndarray, mask: np.ndarray) -> Image.Image:
    """A picture of an image and its vessels, with the notice on a strip below.

    grey: uint8, (rows, columns). mask: uint8 of the same shape, vessel where not 0. Returns a palette image;
    greys are within one of the image's. The image stands at the top, enlarged by the whole factor
    enlargement(grey.shape) and centred where the picture is padded; the strip covers none of it.
    """
    if grey.shape != mask.shape:
        raise ValueError(f"image {grey.shape} and mask {mask.shape} differ in size")
    factor = enlargement(grey.shape)
    rows, columns = (side * factor for side in grey.shape)
    indices = np.asarray(Image.fromarray(grey).resize((columns, rows), Image.Resampling.BICUBIC)) >> 1
    vessels = np.repeat(np.repeat(mask > 0, factor, axis=0), factor, axis=1)
    indices += vessels * np.uint8(_TINTED)
    np.minimum(indices, _OUTLINE_INDEX - 1, out=indices)
    indices[_outline(vessels)] = _OUTLINE_INDEX
    picture = Image.fromarray(_with_notice(indices))
    picture.putpalette(_palette())
    return picture


def enlargement(size: tuple[int, ...]) -> int:
    """The whole factor by which overlay enlarges an image of (rows, columns)."""
    return min(MAX_ENLARGEMENT, max(1, math.ceil(MIN_LONG_SIDE / max(size))))


@cache
def _palette() -> bytes:
    greys = np.repeat(np.arange(0.0, 256.0, 2.0)[:, np.newaxis], 3, axis=1)
    tinted = greys * (1 - TINT_OPACITY) + np.array(TINT) * TINT_OPACITY
    return np.vstack([greys, tinted[:-1], OUTLINE]).round().astype(np.uint8).tobytes()


def _outline(vessels: np.ndarray) -> np.ndarray:
    """The vessels' own border pixels, not where the image cuts them; more of them in a larger picture."""
    inside = vessels
    for _ in range(max(1, max(vessels.shape) // 1000)):
        around = np.pad(inside, 1, mode="edge")
        inside = inside & around[:-2, 1:-1] & around[2:, 1:-1] & around[1:-1, :-2] & around[1:-1, 2:]
    outline: np.ndarray = vessels & ~inside
    return outline


def _with_notice(indices: np.ndarray) -> np.ndarray:
    rows, columns = indices.shape
    notice = notice_strip(max(columns, MIN_WIDTH)) >> 1
    canvas = np.full((rows + notice.shape[0], notice.shape[1]), STRIP[0] >> 1, np.uint8)
    left = (notice.shape[1] - columns) // 2
    canvas[:rows, left : left + columns] = indices
    canvas[rows:] = notice
    return canvas
