"""What a reviewer has to know of how the study was read, written onto a picture of stage 1."""

import io

from PIL import Image, ImageDraw, ImageFont

from services.segmentation.pictures.notice import notice_strip, wrapped
from services.segmentation.pictures.png import png_bytes

_TEXT_PIXELS, _PITCH = 13, 16
_COLOUR, _SHADE = (255, 214, 102), (0, 0, 0)
_WIDTH = 0.5
"""Of the picture: in front of the spine, which is counted from the sacrum at the same height."""

_MOST_LINES = 6


def noted(picture: bytes, text: str) -> bytes:
    """The PNG with the text at the lower left, above the notice; of the same size. "" leaves it as it is."""
    if not text:
        return picture
    with Image.open(io.BytesIO(picture)) as opened:
        canvas = opened.convert("RGB")
    font = ImageFont.load_default(size=_TEXT_PIXELS)
    lines = wrapped(text, font, canvas.width * _WIDTH)
    if len(lines) > _MOST_LINES:
        lines = [*lines[: _MOST_LINES - 1], "..."]
    top = canvas.height - notice_strip(canvas.width).shape[0] - _PITCH * len(lines) - 4
    draw = ImageDraw.Draw(canvas)
    for number, line in enumerate(lines):
        place = (8, top + number * _PITCH)
        draw.text(place, line, fill=_COLOUR, font=font, stroke_width=2, stroke_fill=_SHADE)
    return png_bytes(canvas, compress_level=6)
