"""What is drawn onto the sagittal picture: tints, names, the slices of L3, a scale."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from services.segmentation.ct.locate.levels import Level
from services.segmentation.ct.locate.location import Covered, L3Location, Source
from services.segmentation.ct.locate.sagittal import PITCH_MM, Plane
from services.segmentation.ct.locate.view import enlargement
from services.segmentation.ct.locate.writing import written

L3_COLOUR = (255, 72, 60)
_COLOURS = {
    Level.SACRUM: (214, 180, 74),
    Level.L5: (110, 160, 255),
    Level.L4: (96, 200, 170),
    Level.L3: L3_COLOUR,
    Level.L2: (96, 200, 170),
    Level.L1: (110, 160, 255),
    Level.T12: (190, 140, 255),
    Level.THORACIC: (140, 140, 150),
}
_OPACITY, _L3_OPACITY = 0.28, 0.42
_TEXT = (255, 255, 255)
_DOUBT = (255, 214, 102)
_SHADE = (0, 0, 0)
_SCALE_MM = 50
_TEXT_PIXELS = 17
_LONGEST_NOTE = 280
_LEAST_WIDTH = 0.4
"""Of the picture: what is in front of the spine, should a body be seen further in front."""


class Marks:
    """A picture that is being drawn on. picture: RGB, the view enlarged."""

    def __init__(self, grey: np.ndarray, view: Plane) -> None:
        self._view, self._factor = view, enlargement(view)
        self._font = ImageFont.load_default(size=_TEXT_PIXELS)
        self.picture = Image.fromarray(np.stack([grey] * 3, 2))

    def tint(self, labels: np.ndarray, l3: np.ndarray) -> None:
        """Colours bodies by level and outlines L3; both are of the picture's size."""
        pixels = np.asarray(self.picture).astype(np.float32)
        for level, colour in _COLOURS.items():
            if level is not Level.L3:
                there = (labels == level) & ~l3
                pixels[there] += (np.array(colour) - pixels[there]) * _OPACITY
        pixels[l3] += (np.array(L3_COLOUR) - pixels[l3]) * _L3_OPACITY
        pixels[l3 & ~ndimage.binary_erosion(l3, iterations=2)] = L3_COLOUR
        self.picture = Image.fromarray(pixels.round().astype(np.uint8))

    def limit(self, mask: np.ndarray) -> None:
        """Draws the ends of L3's slices. mask: of L3 on the view."""
        draw, rows = ImageDraw.Draw(self.picture), np.flatnonzero(mask.any(1))
        for row in (rows[0], rows[-1] + 1):
            draw.line([(0, row * self._factor), (self.picture.width, row * self._factor)], L3_COLOUR, 1)

    def name_sacrum(self, labels: np.ndarray) -> None:
        """Names it behind its middle. labels: as of `tint`."""
        rows, columns = np.nonzero(labels == Level.SACRUM)
        if len(rows):
            place = float(columns.max()) + 8, float(rows.mean())
            draw = ImageDraw.Draw(self.picture)
            self._text(draw, place, Level.SACRUM.label, _COLOURS[Level.SACRUM])

    def name(self, location: L3Location) -> None:
        """Names the bodies behind them, and the slices of L3 in front of it."""
        draw = ImageDraw.Draw(self.picture)
        for found in location.levels:
            place = (self._column(found.depth_mm + 30), self._row(found.height_mm))
            self._text(draw, place, found.level.label, _COLOURS[found.level])
        mask = location.mask
        assert mask is not None
        self._text(draw, (8, self._middle(mask)), _slices(location.covered), L3_COLOUR)

    def say(self, location: L3Location, labels: np.ndarray, note: str) -> None:
        """Says the level, every doubt and the note in front of the spine, above and below L3's numbers.

        labels: as of `tint`.
        """
        mask = location.mask
        assert mask is not None
        columns = np.flatnonzero(labels.any(0))
        width = max(self.picture.width * _LEAST_WIDTH, float(columns.min() if len(columns) else 0) - 16)
        if len(note) > _LONGEST_NOTE:
            note = note[: _LONGEST_NOTE - 4] + " ..."
        said = [
            (_title(location), _TEXT),
            *((one.message, _DOUBT) for one in location.doubts),
            (note, _DOUBT),
        ]
        middle = self._middle(mask)
        above, below = (4, middle - _TEXT_PIXELS), (middle + _TEXT_PIXELS, self.picture.height - 4)
        self.picture = written(self.picture, said, (above, below), width)

    def _middle(self, mask: np.ndarray) -> float:
        """The row of L3's numbers, which are whole in the picture."""
        rows = np.flatnonzero(mask.any(1))
        middle = float(rows[0] + rows[-1] + 1) / 2 * self._factor
        return min(max(middle, _TEXT_PIXELS), self.picture.height - _TEXT_PIXELS)

    def scale(self) -> None:
        """A bar of 50 mm, and which side is the front."""
        draw = ImageDraw.Draw(self.picture)
        width, height = self.picture.size
        right, bottom = width - 10, height - 12
        draw.line([(right - _SCALE_MM / PITCH_MM * self._factor, bottom), (right, bottom)], _TEXT, 3)
        self._text(draw, (right, bottom - 6), f"{_SCALE_MM} mm", _TEXT, anchor="rb")
        if height > 400:
            self._text(draw, (6, height * 0.75), "A", _TEXT)
            self._text(draw, (width - 6, height * 0.75), "P", _TEXT, anchor="rm")

    def _row(self, height_mm: float) -> float:
        return (self._view.top - height_mm / PITCH_MM + 0.5) * self._factor

    def _column(self, depth_mm: float) -> float:
        return (depth_mm / PITCH_MM - self._view.front + 0.5) * self._factor

    def _text(
        self,
        draw: ImageDraw.ImageDraw,
        place: tuple[float, float],
        text: str,
        colour: tuple[int, int, int],
        *,
        anchor: str = "lm",
    ) -> None:
        draw.text(
            place, text, fill=colour, font=self._font, anchor=anchor, stroke_width=2, stroke_fill=_SHADE
        )


def _title(location: L3Location) -> str:
    """Who says so, and where it is."""
    # Without + 0 a level at zero would read -0.0.
    place = f"L3 at z {round(location.level_mm, 1) + 0:.1f} mm"
    if location.source is Source.MODEL:
        return f"Model: {place}, confidence {location.confidence:.2f}"
    return f"By a person's {'mask' if location.source is Source.MASK else 'slices'}: {place}"


def _slices(covered: Covered) -> str:
    """By instance number, which is what a viewer shows; else counted from 1."""
    if covered.first_instance is not None and covered.last_instance is not None:
        first, last = sorted((covered.first_instance, covered.last_instance))
        return f"instances {first}-{last}" if first != last else f"instance {first}"
    first, last = covered.first + 1, covered.last + 1
    return f"slices {first}-{last}" if first != last else f"slice {first}"
