"""What is marked in a PNG that somebody drew over a picture, whatever the tool saved it as."""

import io

import numpy as np
from PIL import Image, UnidentifiedImageError

from radmesh.errors import ImageFormatError
from services.segmentation.ct.locate.refusals import refused

_UNREADABLE = (
    UnidentifiedImageError,
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    Image.DecompressionBombError,
)
"""What Pillow raises on hostile files."""

_DEEP = ("I", "I;16", "I;16B")
"""How Pillow calls 16-bit grey."""

_ONE_COLOUR = 32
"""The channels of one paint differ by no more: tools round them where its edges are soft."""


def marked(content: bytes, size: tuple[int, int], rows: int) -> np.ndarray:
    """The marked pixels of a PNG of (rows, columns), bool, of its first rows: a notice may stand below.

    That is what is painted in one colour on a transparent layer; of a picture of two colours what is not
    black; of any other what is nearer to white. Raises ImageFormatError NOT_AN_IMAGE, MASK_SIZE_MISMATCH,
    MASK_EMPTY.
    """
    pixels = _pixels(content, size)[:rows]
    most = 65535 if pixels.ndim == 2 else 255
    light = pixels if pixels.ndim == 2 else _light(pixels)
    if pixels.ndim == 3:
        alpha = pixels[..., 3]
        if not alpha.any():
            raise _empty("all of it is transparent")
        painted = alpha > alpha.max() / 2
        if alpha.min() < most and np.ptp(pixels[painted, :3], axis=0).max() <= _ONE_COLOUR:
            return np.asarray(painted)
        light = np.where(painted, light, 0)
    values = (light == 0) | (light == light.max())
    found = light > (0 if values.all() and light.min() == 0 else most // 2)
    if not found.any():
        raise _empty(f"its brightest pixel is {light.max()} of {most}")
    return np.asarray(found)


def _light(pixels: np.ndarray) -> np.ndarray:
    """How bright each colour is, 0 only for black: uint8, by ITU-R 601, as Pillow has it."""
    red, green, blue = (pixels[..., index].astype(np.uint32) for index in range(3))
    light = (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16
    found: np.ndarray = np.maximum(light, pixels[..., :3].any(axis=-1)).astype(np.uint8)
    return found


def _pixels(content: bytes, size: tuple[int, int]) -> np.ndarray:
    """(rows, columns) of 16-bit grey, or (rows, columns, RGBA). The size is judged before the pixels."""
    try:
        with Image.open(io.BytesIO(content), formats=["PNG"]) as picture:
            rows, columns = picture.height, picture.width
            if (rows, columns) == size:
                return np.asarray(picture if picture.mode in _DEEP else picture.convert("RGBA"))
    except _UNREADABLE:
        raise refused(
            "The mask cannot be read as a PNG. Save it as PNG over sagittal.png, and send it again.",
            reason="NOT_AN_IMAGE",
        ) from None
    raise refused(
        f"The mask has {columns} x {rows} pixels, sagittal.png has {size[1]} x {size[0]}. Draw the mask "
        "over sagittal.png without scaling or cropping it, and send it again.",
        reason="MASK_SIZE_MISMATCH",
        size=f"{columns}x{rows}",
        needed=f"{size[1]}x{size[0]}",
    )


def _empty(found: str) -> ImageFormatError:
    return refused(
        f"The mask is empty: {found}. Mark the body of L3 in white and send it again, or name its slices.",
        reason="MASK_EMPTY",
    )
