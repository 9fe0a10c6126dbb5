"""What is drawn onto the sagittal picture: tints, names, the slices of L3, a scale."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from services.segmentation.ct.locate.levels import Level
from services.segmentation.ct.locate.location import Covered, L3Location, Source
from services.segmentation.ct.locate.sagittal import PITCH_MM, Plane
from services.segmentation.ct.locate.view import enlargement

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
_SHADE = (0, 0, 0)
_SCALE_MM = 50
_TEXT_PIXELS = 17


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

    def name_sacrum(self, labels: np.ndarray) -> None:
        """Names it behind its middle. labels: as of `tint`."""
        rows, columns = np.nonzero(labels == Level.SACRUM)
        if len(rows):
            place = float(columns.max()) + 8, float(rows.mean())
            draw = ImageDraw.Draw(self.picture)
            self._text(draw, place, Level.SACRUM.label, _COLOURS[Level.SACRUM])

    def name(self, location: L3Location) -> None:
        """Names the bodies behind them, draws the limits of L3's slices, and says the level above."""
        draw = ImageDraw.Draw(self.picture)
        for found in location.levels:
            place = (self._column(found.depth_mm + 30), self._row(found.height_mm))
            self._text(draw, place, found.level.label, _COLOURS[found.level])
        mask = location.mask
        assert mask is not None
        rows = np.flatnonzero(mask.any(1))
        for row in (rows[0], rows[-1] + 1):
            draw.line([(0, row * self._factor), (self.picture.width, row * self._factor)], L3_COLOUR, 1)
        middle = (rows[0] + rows[-1] + 1) / 2 * self._factor
        self._text(draw, (8, middle), _slices(location.covered), L3_COLOUR)
        self._text(draw, (8, 6), _title(location), _TEXT, anchor="la")
        for number, doubt in enumerate(location.doubts[:3]):
            self._text(
                draw,
                (8, 8 + (number + 1) * 1.3 * _TEXT_PIXELS),
                doubt.message,
                (255, 214, 102),
                anchor="la",
                size=13,
            )

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
        size: int = _TEXT_PIXELS,
    ) -> None:
        font = self._font if size == _TEXT_PIXELS else ImageFont.load_default(size=size)
        draw.text(place, text, fill=colour, font=font, anchor=anchor, stroke_width=2, stroke_fill=_SHADE)


def _title(location: L3Location) -> str:
    """Who says so, and where it is."""
    place = f"L3 at z {location.level_mm:.1f} mm"
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
