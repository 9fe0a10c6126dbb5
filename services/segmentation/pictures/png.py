"""Writes a picture as PNG that says, in its metadata too, that it is not for clinical use."""

import io

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from services.segmentation.pictures.notice import NOTICE


def png_bytes(image: Image.Image, *, compress_level: int) -> bytes:
    """The picture as a PNG file. compress_level: 0 stores, 9 takes long."""
    notice = PngInfo()
    notice.add_text("Disclaimer", NOTICE)
    content = io.BytesIO()
    image.save(content, "PNG", compress_level=compress_level, pnginfo=notice)
    return content.getvalue()
