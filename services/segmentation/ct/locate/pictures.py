"""The pictures of stage 1: the plane, L3 on it as a mask, and both with the levels named."""

import io

import numpy as np
from PIL import Image

from services.segmentation.ct.locate.location import L3Location
from services.segmentation.ct.locate.marks import Marks
from services.segmentation.ct.locate.sagittal import Plane, SagittalImage
from services.segmentation.ct.locate.view import enlarged, enlargement, foot_rows, shown
from services.segmentation.pictures.notice import notice_strip
from services.segmentation.pictures.png import png_bytes

_LOW_HU, _HIGH_HU = -200.0, 600.0
"""Between soft tissue and bone: endplates stay apart from what is in them."""


def picture_size(view: Plane) -> tuple[int, int]:
    """Rows and columns of every picture of a view: the plane enlarged, below it a low study's foot and the
    notice on a strip."""
    factor = enlargement(view)
    columns = view.columns * factor
    return view.rows * factor + foot_rows(view) + notice_strip(columns).shape[0], columns


def sagittal_png(image: SagittalImage, view: Plane) -> bytes:
    """The plane as 8-bit grey, rows from head to foot, front at the left."""
    grey = _footed(grey_of(image, view), view)
    picture = np.concatenate([grey, notice_strip(grey.shape[1])])
    return png_bytes(Image.fromarray(picture), compress_level=6)


def mask_png(mask: np.ndarray, view: Plane) -> bytes:
    """L3 as 255, all else 0, in the size of sagittal.png. mask: bool on the view."""
    large = enlarged(mask.astype(np.uint8) * 255, view)
    canvas = np.zeros(picture_size(view), np.uint8)
    canvas[: large.shape[0]] = large
    return png_bytes(Image.fromarray(canvas), compress_level=6)


def overlay_png(image: SagittalImage, labels: np.ndarray, location: L3Location, note: str = "") -> bytes:
    """The plane with its bodies tinted and named, the slices of L3, all doubts, and a scale.

    labels: uint8 on the image's plane, a Level each. location: one with a plane and a mask. note: what a
    reviewer has to know of how the study was read.
    """
    view, mask = location.plane, location.mask
    if view is None or mask is None:
        raise ValueError("a location that names slices alone has no picture")
    large = enlarged(shown(labels, image.plane, view), view)
    return marked_png(grey_of(image, view), large, location, note)


def marked_png(grey: np.ndarray, labels: np.ndarray, location: L3Location, note: str = "") -> bytes:
    """The same over grey pixels that are drawn already. grey, labels: uint8, the view enlarged."""
    view, mask = location.plane, location.mask
    assert view is not None
    assert mask is not None
    large = _footed(labels, view)
    marks = Marks(_footed(grey, view), view)
    marks.tint(large, _footed(enlarged(mask, view), view))
    marks.limit(mask)
    marks.say(location, large, note)
    marks.name_sacrum(large)
    marks.name(location)
    marks.scale()
    strip = notice_strip(marks.picture.width)
    canvas = Image.new("RGB", (marks.picture.width, marks.picture.height + strip.shape[0]))
    canvas.paste(marks.picture)
    canvas.paste(Image.fromarray(strip), (0, marks.picture.height))
    return png_bytes(canvas, compress_level=6)


def grey_of(image: SagittalImage, view: Plane) -> np.ndarray:
    """The first channel windowed and enlarged, uint8."""
    hu = shown(image.hu[0], image.plane, view)
    grey = np.clip((hu - _LOW_HU) * (255 / (_HIGH_HU - _LOW_HU)), 0, 255).round().astype(np.uint8)
    factor = enlargement(view)
    size = (view.columns * factor, view.rows * factor)
    return np.asarray(Image.fromarray(grey).resize(size, Image.Resampling.BICUBIC))


def without_strip(sagittal: bytes, view: Plane) -> np.ndarray:
    """The grey pixels of sagittal.png again: uint8, the view enlarged."""
    with Image.open(io.BytesIO(sagittal), formats=["PNG"]) as picture:
        return np.asarray(picture.convert("L"))[: view.rows * enlargement(view)]


def _footed(pixels: np.ndarray, view: Plane) -> np.ndarray:
    return np.pad(pixels, ((0, foot_rows(view)), (0, 0)))
