"""Reads an uploaded file as an 8-bit grey image, or says in a typed error why that would lose something."""

import io
import warnings
from dataclasses import dataclass

import numpy as np
from PIL import Image

from radmesh.errors import ImageFormatError, ImageTooLargeError
from services.segmentation.hostile import PARSER_FAULTS
from services.segmentation.octa.grey import refuse_deep_colour, to_grey

_FORMATS = ("PNG", "JPEG", "BMP", "TIFF")

_UNREADABLE = (*PARSER_FAULTS, OSError)
"""What Pillow's readers raise on hostile bytes."""


@dataclass(frozen=True)
class ImageLimits:
    """Limits of a pipeline: bytes of the file; pixels (rows times columns); pixels of the shorter side."""

    max_bytes: int
    max_pixels: int
    min_side: int


def read_grey(content: bytes, limits: ImageLimits) -> np.ndarray:
    """The image in a file: uint8, (rows, columns), 0 black.

    Raises ImageTooLargeError, and ImageFormatError with reason EMPTY_FILE, NOT_AN_IMAGE, IMAGE_TRUNCATED,
    IMAGE_ANIMATED, IMAGE_TOO_SMALL, IMAGE_TOO_MANY_PIXELS or IMAGE_MODE_UNSUPPORTED. What the file declares
    is checked before any memory for its pixels is taken.
    """
    if not content:
        raise ImageFormatError("The file is empty. Export the image again.", reason="EMPTY_FILE")
    if len(content) > limits.max_bytes:
        raise ImageTooLargeError(
            f"The file has {len(content)} bytes; at most {limits.max_bytes} are allowed. Export it smaller.",
            metadata={"limit_bytes": str(limits.max_bytes)},
        )
    with warnings.catch_warnings():
        # Pillow warns of damaged metadata and of sizes over its own limit; ours is checked below.
        warnings.simplefilter("ignore")
        with _open(content, limits) as image:
            _check_size(image, limits)
            _check_single(image)
            refuse_deep_colour(image)
            _load(content, image)
            return to_grey(image)


def _open(content: bytes, limits: ImageLimits) -> Image.Image:
    try:
        return Image.open(io.BytesIO(content), formats=_FORMATS)
    except Image.DecompressionBombError:
        # Pillow's own limit, which ends the reading of a header before its size is known.
        most = min(limits.max_pixels, 2 * (Image.MAX_IMAGE_PIXELS or limits.max_pixels))
        raise ImageFormatError(
            f"The image declares more than the {most} pixels that are allowed. Export it smaller.",
            reason="IMAGE_TOO_MANY_PIXELS",
            metadata={"limit_pixels": str(most)},
        ) from None
    except _UNREADABLE:
        raise ImageFormatError(
            "The file is no PNG, JPEG, BMP or TIFF image, or its beginning is damaged. Export it again.",
            reason="NOT_AN_IMAGE",
        ) from None


def _check_size(image: Image.Image, limits: ImageLimits) -> None:
    columns, rows = image.size
    size = {"rows": str(rows), "columns": str(columns)}
    if rows * columns > limits.max_pixels:
        raise ImageFormatError(
            f"The image has {columns} x {rows} pixels; at most {limits.max_pixels} in all are allowed. "
            "Export it smaller.",
            reason="IMAGE_TOO_MANY_PIXELS",
            metadata={**size, "limit_pixels": str(limits.max_pixels)},
        )
    if min(rows, columns) < limits.min_side:
        raise ImageFormatError(
            f"The image has {columns} x {rows} pixels; its shorter side needs at least {limits.min_side}. "
            "Export it larger.",
            reason="IMAGE_TOO_SMALL",
            metadata={**size, "limit_side": str(limits.min_side)},
        )


def _check_single(image: Image.Image) -> None:
    try:
        frames = getattr(image, "n_frames", 1)
    except _UNREADABLE:
        raise _damaged() from None
    if frames > 1:
        raise ImageFormatError(
            f"The file holds {frames} frames or pages. Export the one to be analysed alone.",
            reason="IMAGE_ANIMATED",
            metadata={"frames": str(frames)},
        )


def _load(content: bytes, image: Image.Image) -> None:
    """Decodes every pixel. PNG is checked to its last chunk: Pillow alone accepts one cut off before that."""
    try:
        if image.format == "PNG":
            with Image.open(io.BytesIO(content), formats=("PNG",)) as again:
                again.verify()
        image.load()
    except _UNREADABLE:
        raise _damaged() from None


def _damaged() -> ImageFormatError:
    return ImageFormatError(
        "The file ends early or is damaged. Export the image again.", reason="IMAGE_TRUNCATED"
    )
