"""A picture of a mask over its image: the planes with most of it, side by side, the labels tinted."""

import colorsys

import numpy as np
from PIL import Image

from services.segmentation.ct.reading import Geometry, upright
from services.segmentation.pictures.notice import MIN_WIDTH, notice_strip
from services.segmentation.pictures.png import png_bytes

_SIDE = 384
"""Pixels of the longer side of each plane."""
_TINT = 0.45
_GOLDEN = 0.618034
_GAP = 8


def overview_png(image: np.ndarray, mask: np.ndarray, geometry: Geometry, *, notice: bool) -> bytes:
    """An axial, a coronal and a sagittal plane as a radiologist looks at them.

    image: float32 (slices, rows, columns). mask: whole numbers of that shape. notice: burnt in.
    """
    voxels, standing = upright(image, geometry)
    labels, _ = upright(mask, geometry)
    window = np.percentile(voxels[:: max(1, len(voxels) // 32)], (1, 99))
    parts = [_plane(voxels, labels, standing, axis, (window[0], window[1])) for axis in range(3)]
    width = max(MIN_WIDTH, sum(part.width for part in parts) + _GAP * 2)
    canvas = Image.new("RGB", (width, max(part.height for part in parts)))
    left = 0
    for part in parts:
        canvas.paste(part, (left, 0))
        left += part.width + _GAP
    if notice:
        strip = Image.fromarray(notice_strip(width)).convert("RGB")
        whole = Image.new("RGB", (width, canvas.height + strip.height))
        whole.paste(canvas, (0, 0))
        whole.paste(strip, (0, canvas.height))
        canvas = whole
    return png_bytes(canvas, compress_level=3)


def colour(value: int) -> tuple[int, int, int]:
    """The colour of a label; neighbours in number are far apart in hue."""
    red, green, blue = colorsys.hsv_to_rgb((value * _GOLDEN) % 1, 0.85, 1.0)
    return round(red * 255), round(green * 255), round(blue * 255)


def _plane(
    voxels: np.ndarray, labels: np.ndarray, geometry: Geometry, axis: int, window: tuple[float, float]
) -> Image.Image:
    others = tuple(one for one in range(3) if one != axis)
    filled = np.count_nonzero(labels, axis=others)
    index = int(filled.argmax()) if filled.any() else labels.shape[axis] // 2
    plane = np.take(voxels, index, axis).astype(np.float32)
    found = np.take(labels, index, axis)
    low, high = window
    grey = np.clip((plane - low) / max(high - low, 1e-6), 0, 1) * 255
    shown = np.repeat(grey[..., np.newaxis], 3, axis=2)
    for value in np.unique(found):
        if value:
            where = found == value
            shown[where] = (1 - _TINT) * shown[where] + _TINT * np.array(colour(int(value)))
    if axis != 0:
        shown = shown[::-1]  # the head is up
    return _scaled(Image.fromarray(shown.round().astype(np.uint8)), geometry, others)


def _scaled(picture: Image.Image, geometry: Geometry, axes: tuple[int, ...]) -> Image.Image:
    height, width = (geometry.shape[axis] * geometry.spacing_mm[axis] for axis in axes)
    scale = _SIDE / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return picture.resize(size, Image.Resampling.BILINEAR)
