"""The files of octa-vessels: mask and overlay as PNG, each saying that it is not for clinical use."""

import numpy as np
from PIL import Image

from services.segmentation.octa.overlay import overlay
from services.segmentation.pictures.png import png_bytes


def mask_png(mask: np.ndarray) -> bytes:
    """A mask, uint8 (rows, columns), as 8-bit grey PNG."""
    return png_bytes(Image.fromarray(mask), compress_level=1)


def overlay_png(grey: np.ndarray, mask: np.ndarray) -> bytes:
    """The overlay as PNG.

    Stored, not compressed: speckle is noise, and deflate's best is a fifth less for ten times the time.
    """
    return png_bytes(overlay(grey, mask), compress_level=0)
