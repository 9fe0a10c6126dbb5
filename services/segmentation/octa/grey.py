"""Brings a decoded image to 8-bit grey where every pixel keeps its value, and refuses every other."""

import numpy as np
from PIL import Image

from radmesh.errors import ImageFormatError

_OPAQUE = 255
_WHITE_IS_ZERO = 0
_PHOTOMETRIC = 262
"""TIFF tag PhotometricInterpretation, TIFF 6.0 section 8; 0 is WhiteIsZero."""


def refuse_deep_colour(image: Image.Image) -> None:
    """Refuses 16-bit colour or alpha, before the image is loaded; after that nothing shows it any more.

    Pillow has no mode for them and drops their low bytes. Only the tiles name the raw mode, until the load.
    Raises ImageFormatError IMAGE_MODE_UNSUPPORTED.
    """
    deep = any(";16" in str(tile.args) for tile in getattr(image, "tile", ()))
    if deep and not image.mode.startswith("I"):
        raise _refused("its colour or alpha channels have 16 bits; export it as 8-bit grey")


def to_grey(image: Image.Image) -> np.ndarray:
    """The grey values of a loaded image: uint8, (rows, columns).

    Raises ImageFormatError IMAGE_MODE_UNSUPPORTED with what to do instead.
    """
    if image.mode == "L" and "transparency" not in image.info:
        return np.asarray(image)
    if image.mode == "1":
        return np.asarray(image.convert("L"))
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return _from_numbers(image)
    if image.mode == "CMYK":
        return _from_cmyk(np.asarray(image))
    if image.mode in ("YCbCr", "RGBX"):
        return _from_rgba(np.asarray(image.convert("RGB").convert("RGBA")))
    if image.mode in ("L", "LA", "RGB", "RGBA", "P", "PA"):
        # One shape for all of them; Pillow applies palette and transparency exactly.
        return _from_rgba(np.asarray(image.convert("RGBA")))
    raise _refused(f"its colour mode {image.mode} cannot be read as grey; export it as 8-bit grey")


def _from_numbers(image: Image.Image) -> np.ndarray:
    """16-bit, 32-bit and floating point: exact when whole and in 0..255, or 16-bit made from 8 bits.

    8 bits become 16 by doubling the byte (PNG's rule, times 257) or by shifting it (times 256).
    """
    if _photometric(image) == _WHITE_IS_ZERO:
        raise _refused("it is 16-bit with white as zero; export it with black as zero")
    if "transparency" in image.info:
        raise _refused("one of its grey levels is transparent; export it without transparency")
    values = np.asarray(image)
    low, high = values.min(), values.max()
    if low >= 0 and high <= 255 and np.array_equal(values, values.astype(np.uint8)):
        return values.astype(np.uint8)
    if low >= 0 and high <= 65535 and not np.issubdtype(values.dtype, np.floating):
        top = (values >> 8).astype(np.uint8)
        for factor in (257, 256):
            if np.array_equal(values, top.astype(np.int32) * factor):
                return top
    raise _refused("it has more than 256 grey levels; choose window and level, and export it as 8-bit grey")


def _from_cmyk(channels: np.ndarray) -> np.ndarray:
    """Grey printed with black ink alone, or with equal cyan, magenta and yellow and no black."""
    cyan, magenta, yellow, black = (channels[..., index] for index in range(4))
    single = (cyan == 0) | (black == 0)
    if not (np.array_equal(cyan, magenta) and np.array_equal(cyan, yellow) and single.all()):
        raise _refused("it is in CMYK colours; export it as 8-bit grey")
    grey: np.ndarray = _OPAQUE - cyan - black
    return grey


def _from_rgba(channels: np.ndarray) -> np.ndarray:
    red, green, blue, alpha = (channels[..., index] for index in range(4))
    if not (alpha == _OPAQUE).all():
        raise _refused("parts of it are transparent; export it without transparency")
    if not (np.array_equal(red, green) and np.array_equal(red, blue)):
        raise _refused("it is a colour picture; export the grey angiogram without annotations or colour map")
    return np.ascontiguousarray(red)


def _photometric(image: Image.Image) -> int | None:
    tags = getattr(image, "tag_v2", None)
    return None if tags is None else tags.get(_PHOTOMETRIC)


def _refused(why: str) -> ImageFormatError:
    return ImageFormatError(f"The image is not usable as it is: {why}.", reason="IMAGE_MODE_UNSUPPORTED")
