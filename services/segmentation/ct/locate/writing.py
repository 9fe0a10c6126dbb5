"""Sentences on a picture, wrapped, in what room there is."""

from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

from services.segmentation.pictures.notice import wrapped

Colour = tuple[int, int, int]
Rows = tuple[float, float]

_LEFT = 8
_SIZES = (14, 13, 12, 11, 10, 9)
_SHADE, _OPACITY = (0, 0, 0), 0.55


def written(
    picture: Image.Image, sentences: Sequence[tuple[str, Colour]], rooms: Sequence[Rows], width: float
) -> Image.Image:
    """The picture with all sentences at its left, on a half-transparent ground, in the largest fitting type.

    rooms: from top to bottom, first row and end of each. width: of a line, in pixels.
    """
    for size in _SIZES:
        font = ImageFont.load_default(size=size)
        lines = [(line, colour) for text, colour in sentences for line in wrapped(text, font, width)]
        tops = _tops(rooms, round(size * 1.25))
        if len(tops) >= len(lines):
            break
    else:
        lines = [*lines[: len(tops) - 1], ("...", lines[-1][1])]
    ground = picture.copy()
    draw = ImageDraw.Draw(ground)
    for (line, _), top in zip(lines, tops, strict=False):
        right = _LEFT + font.getlength(line) + 4
        draw.rectangle([(_LEFT - 4, top), (right, top + round(size * 1.25) - 1)], _SHADE)
    shaded = Image.blend(picture, ground, _OPACITY)
    draw = ImageDraw.Draw(shaded)
    for (line, colour), top in zip(lines, tops, strict=False):
        draw.text((_LEFT, top), line, fill=colour, font=font, stroke_width=1, stroke_fill=_SHADE)
    return shaded


def _tops(rooms: Sequence[Rows], pitch: int) -> list[int]:
    """Where lines can begin."""
    return [round(top) + pitch * n for top, end in rooms for n in range(max(0, int((end - top) // pitch)))]
