"""The notice that no picture goes without, drawn on a strip of its own."""

from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

NOTICE = "RADMESH DEMONSTRATOR - NOT FOR CLINICAL USE"

MIN_WIDTH = 160
"""Pixels; narrower pictures are padded, so that every word of the notice fits at its least size."""

MIN_TEXT = 14
MAX_TEXT = 64
"""Height of the notice's letters with their line, pixels."""

STRIP = (16, 16, 16)

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@lru_cache(maxsize=8)
def notice_strip(width: int) -> np.ndarray:
    """The strip with the notice, grey, uint8 (rows, width); to be read only. width: at least MIN_WIDTH."""
    height = min(MAX_TEXT, max(MIN_TEXT, width // 32))
    font = ImageFont.load_default(size=height)
    lines = wrapped(NOTICE, font, width - height)
    margin, pitch = height // 2, round(height * 1.25)
    canvas = Image.new("L", (width, 2 * margin + pitch * len(lines)), STRIP[0])
    draw = ImageDraw.Draw(canvas)
    for number, line in enumerate(lines):
        centre = margin + pitch * number + pitch / 2
        draw.text((width / 2, centre), line, fill=255, font=font, anchor="mm")
    strip: np.ndarray = np.asarray(canvas)
    return strip


def wrapped(text: str, font: Font, width: float) -> list[str]:
    """The text in lines of at most this width, broken between words."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and font.getlength(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
