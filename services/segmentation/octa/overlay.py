"""The picture a person looks at: the image, its vessels tinted and outlined, the notice burnt in."""

import math

import numpy as np
from PIL import Image, ImageDraw, ImageFont

NOTICE = "RADMESH DEMONSTRATOR - NOT FOR CLINICAL USE"

MIN_LONG_SIDE = 640
"""Smaller images are enlarged by a whole factor: in one of 320 pixels most vessels are three pixels
wide, and an outline at that size would leave nothing to see inside."""

MAX_ENLARGEMENT = 4
MIN_WIDTH = 160
"""Pixels; narrower pictures are padded, so that every word of the notice fits at its least size."""

MIN_TEXT = 14
MAX_TEXT = 64
"""Height of the notice's letters with their line, pixels."""

TINT = (255, 56, 48)
TINT_OPACITY = 0.4
OUTLINE = (255, 56, 48)
STRIP = (16, 18, 22)
TEXT = (255, 255, 255)


def overlay(grey: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """An RGB picture of an image and its vessels, with the notice on a strip below.

    grey: uint8, (rows, columns). mask: uint8 of the same shape, vessel where not 0. Returns uint8,
    (picture rows, picture columns, 3). The image stands at the top, enlarged by the whole factor
    enlargement(grey.shape) and centred where the picture is padded; the strip covers none of it.
    """
    if grey.shape != mask.shape:
        raise ValueError(f"image {grey.shape} and mask {mask.shape} differ in size")
    factor = enlargement(grey.shape)
    rows, columns = (side * factor for side in grey.shape)
    enlarged = np.asarray(Image.fromarray(grey).resize((columns, rows), Image.Resampling.BICUBIC))
    vessels = np.repeat(np.repeat(mask > 0, factor, axis=0), factor, axis=1)
    kind = vessels.astype(np.uint8) + _outline(vessels)
    return _with_notice(Image.fromarray(_colours()[kind, enlarged]))


def enlargement(size: tuple[int, ...]) -> int:
    """The whole factor by which overlay enlarges an image of (rows, columns)."""
    return min(MAX_ENLARGEMENT, max(1, math.ceil(MIN_LONG_SIDE / max(size))))


def _colours() -> np.ndarray:
    """The colour of each grey: outside (0), in a vessel (1), on its outline (2). uint8, (3, 256, 3)."""
    grey = np.repeat(np.arange(256.0)[:, np.newaxis], 3, axis=1)
    tinted = grey * (1 - TINT_OPACITY) + np.array(TINT) * TINT_OPACITY
    colours: np.ndarray = np.stack([grey, tinted, np.full_like(grey, OUTLINE)]).round().astype(np.uint8)
    return colours


def _outline(vessels: np.ndarray) -> np.ndarray:
    """The vessels' own border pixels, not where the image cuts them; more of them in a larger picture."""
    inside = vessels
    for _ in range(max(1, max(vessels.shape) // 1000)):
        around = np.pad(inside, 1, mode="edge")
        inside = inside & around[:-2, 1:-1] & around[2:, 1:-1] & around[1:-1, :-2] & around[1:-1, 2:]
    outline: np.ndarray = vessels & ~inside
    return outline


def _with_notice(picture: Image.Image) -> np.ndarray:
    width = max(picture.width, MIN_WIDTH)
    height = min(MAX_TEXT, max(MIN_TEXT, width // 32))
    font = ImageFont.load_default(size=height)
    lines = _wrapped(NOTICE, font, width - height)
    margin, pitch = height // 2, round(height * 1.25)
    strip = 2 * margin + pitch * len(lines)
    canvas = Image.new("RGB", (width, picture.height + strip), STRIP)
    canvas.paste(picture, ((width - picture.width) // 2, 0))
    draw = ImageDraw.Draw(canvas)
    for number, line in enumerate(lines):
        centre = picture.height + margin + pitch * number + pitch / 2
        draw.text((width / 2, centre), line, fill=TEXT, font=font, anchor="mm")
    return np.asarray(canvas)


def _wrapped(text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: float) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and font.getlength(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
