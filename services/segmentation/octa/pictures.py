"""The files of octa-vessels: mask and overlay as PNG, each saying that it is not for clinical use."""

import io

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from services.segmentation.octa.overlay import NOTICE, overlay


def mask_png(mask: np.ndarray) -> bytes:
    """A mask, uint8 (rows, columns), as 8-bit grey PNG."""
    return _encode(Image.fromarray(mask), compress_level=1)


def overlay_png(grey: np.ndarray, mask: np.ndarray) -> bytes:
    """The overlay as PNG.

    Stored, not compressed: speckle is noise, and deflate's best is a fifth less for ten times the time.
    """
    return _encode(overlay(grey, mask), compress_level=0)


def _encode(image: Image.Image, *, compress_level: int) -> bytes:
    notice = PngInfo()
    notice.add_text("Disclaimer", NOTICE)
    content = io.BytesIO()
    image.save(content, "PNG", compress_level=compress_level, pnginfo=notice)
    return content.getvalue()
