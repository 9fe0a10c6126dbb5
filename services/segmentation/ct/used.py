"""L3 as a person said it, drawn: what was measured where that is not what the model had found."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from services.chassis.runner import OutputFile, WorkFile
from services.segmentation.ct import files
from services.segmentation.ct.locate.location import L3Location
from services.segmentation.ct.locate.pictures import grey_of, marked_png, mask_png, without_strip
from services.segmentation.ct.locate.sagittal import Plane, SagittalImage
from services.segmentation.ct.locate.stack import stack_of
from services.segmentation.ct.locate.view import view_of
from services.segmentation.ct.reading import CtImage


@dataclass(frozen=True)
class Backdrop:
    """What is drawn on. grey: uint8, the view enlarged."""

    view: Plane
    grey: np.ndarray = field(repr=False)


@dataclass(frozen=True)
class Said:
    """L3, and what it can be drawn on: None where the model says so, or no spine was found."""

    location: L3Location
    backdrop: Backdrop | None = None


def backdrop_shown(view: Plane, shown: Mapping[str, WorkFile]) -> Backdrop:
    """The picture that the reviewer saw: the study need not be read for it again. shown: files of stage 1."""
    return Backdrop(view, without_strip(shown[files.SAGITTAL].content, view))


def backdrop_of(sagittal: SagittalImage, location: L3Location) -> Backdrop | None:
    """The same of the plane itself. None without the location's curve."""
    if location.curve is None:
        return None
    view = location.plane or view_of(sagittal.plane, location.curve)
    return Backdrop(view, grey_of(sagittal, view))


def used_files(said: Said, image: CtImage) -> tuple[OutputFile, ...]:
    """What is described as `files.USED`, as far as it can be drawn. image: of which no pixel is read.

    Of slices, and of a mask in the study's geometry, the whole band is tinted: no outline on this plane is
    known.
    """
    if said.backdrop is None:
        return ()
    view, location = said.backdrop.view, said.location
    drawn = location.mask
    marked = replace(location, plane=view, mask=_band(location, image, view) if drawn is None else drawn)
    nothing = np.zeros_like(said.backdrop.grey)
    overlay = marked_png(said.backdrop.grey, nothing, marked, image.other_series)
    written = [OutputFile(files.USED_OVERLAY.file_name, files.PNG, overlay)]
    if drawn is not None:
        written.append(OutputFile(files.USED_MASK.file_name, files.PNG, mask_png(drawn, view)))
    return tuple(written)


def _band(location: L3Location, image: CtImage, view: Plane) -> np.ndarray:
    """The rows between both ends of L3, at least one: bool on the view."""
    along = np.array(stack_of(image).geometry.directions[0])
    x, y, _ = location.centre_mm
    low, high = (float(along @ np.array((x, y, z))) for z in (location.low_mm, location.high_mm))
    heights = view.heights_mm
    rows = (heights >= low) & (heights <= high)
    rows[np.abs(heights - (low + high) / 2).argmin()] = True
    return np.repeat(rows[:, np.newaxis], view.columns, 1)
