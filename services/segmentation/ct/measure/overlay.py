"""Pictures of the headline slice: each tissue and all together, with title, scale, legend and notice."""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from services.segmentation.ct.measure.result import L3Measurement, MeasuredSlices
from services.segmentation.ct.measure.tissues import LABELS, Tissue, TissueLabel
from services.segmentation.ct.reading import upright
from services.segmentation.pictures.notice import STRIP, notice_strip, wrapped

COLOURS: dict[TissueLabel, tuple[int, int, int]] = {
    TissueLabel.WALL_MUSCLE: (213, 72, 30),
    TissueLabel.PSOAS: (240, 160, 30),
    TissueLabel.SUBCUTANEOUS_FAT: (70, 160, 235),
    TissueLabel.VISCERAL_FAT: (235, 225, 70),
    TissueLabel.INTERMUSCULAR_FAT: (60, 200, 130),
}
"""Told apart with the usual colour blindnesses, too: they differ in lightness."""

NAMES: dict[Tissue, str] = {
    Tissue.SKELETAL_MUSCLE: "Skeletal muscle",
    Tissue.PSOAS: "of it psoas",
    Tissue.SUBCUTANEOUS_FAT: "Subcutaneous fat",
    Tissue.VISCERAL_FAT: "Visceral fat",
    Tissue.INTERMUSCULAR_FAT: "Intermuscular fat",
}

SHOWN_HU = (-160, 240)
"""The window of grey: soft tissue, as radiologists look at an abdomen."""

WIDTH = 900
"""Pixels, of each picture."""

OPACITY = 0.55
SCALE_MM = 50
_AIR_AROUND_MM = 12.0
_TEXT, _SMALL, _LINE, _MARGIN = 22, 18, 30, 14


@dataclass(frozen=True)
class _View:
    """The headline slice as it is drawn: grey and labels uint8 (rows, columns), pitch_mm of a pixel."""

    grey: np.ndarray
    labels: np.ndarray
    pitch_mm: float


def overlay_picture(
    measurement: L3Measurement, pixels: MeasuredSlices, tissue: Tissue | None = None
) -> Image.Image:
    """One tissue, or all of them: RGB, the patient's right on the left, the front above."""
    view = _view(pixels)
    shown = tuple(TissueLabel)[1:] if tissue is None else LABELS[tissue]
    body = _tinted(view, shown)
    draw = ImageDraw.Draw(body)
    _scale_bar(draw, view, body.size)
    _sides(draw, body.size)
    title = _strip([(_title(measurement, tissue), None)])
    legend = _strip(_legend(measurement, _named(tissue)))
    notice = Image.fromarray(notice_strip(WIDTH)).convert("RGB")
    return _stacked([title, body, legend, notice])


def _view(pixels: MeasuredSlices) -> _View:
    place = pixels.first + pixels.headline
    one = pixels.geometry.slab(place, place + 1)
    hu, turned = upright(pixels.headline_hu[np.newaxis], one)
    labels = upright(pixels.tissues[pixels.headline][np.newaxis], one)[0][0]
    outlined = upright(pixels.compartments[pixels.headline][np.newaxis], one)[0][0] > 0
    rows_mm, columns_mm = turned.spacing_mm[1:]
    window = _box(outlined, rows_mm, columns_mm)
    low, high = SHOWN_HU
    grey = ((np.clip(hu[0][window].astype(np.float32), low, high) - low) * (255 / (high - low))).astype(
        np.uint8
    )
    pitch = grey.shape[1] * columns_mm / WIDTH
    size = WIDTH, max(1, round(grey.shape[0] * rows_mm / pitch))
    larger = Image.fromarray(grey).resize(size, Image.Resampling.BICUBIC)
    labelled = Image.fromarray(np.ascontiguousarray(labels[window])).resize(size, Image.Resampling.NEAREST)
    return _View(np.asarray(larger), np.asarray(labelled), pitch)


def _box(outlined: np.ndarray, rows_mm: float, columns_mm: float) -> tuple[slice, slice]:
    found = []
    for axis, step in ((1, rows_mm), (0, columns_mm)):
        inside = np.flatnonzero(outlined.any(axis))
        margin = round(_AIR_AROUND_MM / step)
        found.append(slice(max(0, int(inside[0]) - margin), int(inside[-1]) + margin + 1))
    return found[0], found[1]


def _tinted(view: _View, shown: tuple[TissueLabel, ...]) -> Image.Image:
    picture = np.repeat(view.grey[..., np.newaxis], 3, 2).astype(np.float32)
    for label in shown:
        here = view.labels == label
        picture[here] = picture[here] * (1 - OPACITY) + np.array(COLOURS[label]) * OPACITY
    return Image.fromarray(picture.round().astype(np.uint8))


def _scale_bar(draw: ImageDraw.ImageDraw, view: _View, size: tuple[int, int]) -> None:
    length = SCALE_MM / view.pitch_mm
    right, below = size[0] - _MARGIN, size[1] - _MARGIN
    draw.rectangle((right - length - 1, below - 7, right + 1, below + 1), fill=STRIP)
    draw.rectangle((right - length, below - 6, right, below), fill=(255, 255, 255))
    _text(draw, (right - length / 2, below - 10), f"{SCALE_MM // 10} cm", "mb")


def _sides(draw: ImageDraw.ImageDraw, size: tuple[int, int]) -> None:
    """The patient's right and left, as they lie in the picture."""
    _text(draw, (_MARGIN, size[1] / 2), "R", "lm")
    _text(draw, (size[0] - _MARGIN, size[1] / 2), "L", "rm")


def _text(draw: ImageDraw.ImageDraw, place: tuple[float, float], text: str, anchor: str) -> None:
    font = ImageFont.load_default(size=_SMALL)
    draw.text(place, text, (255, 255, 255), font, anchor, stroke_width=2, stroke_fill=STRIP)


def _title(measurement: L3Measurement, tissue: Tissue | None) -> str:
    one = measurement.headline
    where = f"slice {one.place.index + 1}" if one.instance is None else f"instance {one.instance}"
    what = "Body composition" if tissue is None else NAMES[tissue].removeprefix("of it ").capitalize()
    return f"{what} at L3: {where}, z {one.place.z_mm:.1f} mm"


def _named(tissue: Tissue | None) -> tuple[Tissue, ...]:
    """The tissues whose colours a picture shows: psoas has its own within skeletal muscle."""
    if tissue is None:
        return tuple(Tissue)
    return (tissue, Tissue.PSOAS) if tissue is Tissue.SKELETAL_MUSCLE else (tissue,)


def _legend(
    measurement: L3Measurement, tissues: tuple[Tissue, ...]
) -> list[tuple[str, tuple[int, int, int] | None]]:
    lines: list[tuple[str, tuple[int, int, int] | None]] = []
    for tissue in tissues:
        figures = measurement.headline.tissues[tissue]
        text = f"{NAMES[tissue] if len(tissues) > 1 else NAMES[tissue].removeprefix('of it ').capitalize()}: "
        text += "at least " if measurement.headline.is_lower_bound(tissue) else ""
        text += f"{figures.area_mm2 / 100:.1f} cm2"
        if figures.mean_hu is not None:
            text += f", mean {figures.mean_hu:.0f} HU"
        lines.append((f"{text} ({measurement.options.windows.of(tissue)})", COLOURS[LABELS[tissue][0]]))
    return lines


def _strip(lines: list[tuple[str, tuple[int, int, int] | None]]) -> Image.Image:
    """Lines of text on a dark strip, each with a swatch of its colour where it has one."""
    font = ImageFont.load_default(size=_TEXT)
    rows = [
        (part, colour if number == 0 else None)
        for text, colour in lines
        for number, part in enumerate(wrapped(text, font, WIDTH - 2 * _MARGIN - _LINE))
    ]
    swatches = any(colour for _, colour in lines)
    strip = Image.new("RGB", (WIDTH, len(rows) * _LINE + _MARGIN), STRIP)
    draw = ImageDraw.Draw(strip)
    for number, (text, colour) in enumerate(rows):
        middle = number * _LINE + (_LINE + _MARGIN) / 2
        if colour:
            draw.rectangle((_MARGIN, middle - 8, _MARGIN + 16, middle + 8), fill=colour)
        draw.text((_MARGIN + swatches * _LINE, middle), text, (255, 255, 255), font, "lm")
    return strip


def _stacked(parts: list[Image.Image]) -> Image.Image:
    canvas = Image.new("RGB", (WIDTH, sum(part.height for part in parts)), STRIP)
    top = 0
    for part in parts:
        canvas.paste(part, (0, top))
        top += part.height
    return canvas
