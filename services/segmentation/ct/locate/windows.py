"""Shows the network the sagittal image in windows that are pinned to millimetres, and joins its answers."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from services.segmentation.ct.locate.curve import SpineCurve
from services.segmentation.ct.locate.levels import Level
from services.segmentation.ct.locate.sagittal import PITCH_MM, Plane, SagittalImage
from services.segmentation.ct.locate.stack import AIR_HU

Network = Callable[[np.ndarray], np.ndarray]
"""From float32 (2, 320, 192) in HU to probabilities, float32 (9, 320, 192); classes are those of Level."""

Report = Callable[[int, int], None]
"""Told, before each window, how many are done and how many there are at least; may raise to stop."""

ROWS, COLUMNS = 320, 192
"""A patch of training: most of a trunk."""

_ALIGNED_ROWS = 64
"""The network halves six times: windows that start at multiples of this see the same pixels the same way."""

_ALIGNED_COLUMNS = 32
_STRIDE = 128
_FRONT_MM = 185.0
"""From the front of a window to the spine, the middle of training's range of 160 to 210."""

_MISSING_HU = 325.0
"""Rows that the study has not: the middle of the network's window of intensities, which is what its training
pads with."""


@dataclass(frozen=True)
class Answer:
    """What the network says: float32 (classes, rows, columns) on the plane of the image."""

    plane: Plane
    probabilities: np.ndarray = field(repr=False)


def overview(image: SagittalImage, curve: SpineCurve, network: Network, report: Report) -> Answer:
    """The whole image, in overlapping windows."""
    tops = _tops(image.plane)
    total = np.zeros((len(Level), image.plane.rows, image.plane.columns), np.float32)
    weight = np.full((image.plane.rows, image.plane.columns), 1e-6, np.float32)
    for done, top in enumerate(tops):
        report(done, len(tops) + 1)
        window = _window(top, curve, image.plane)
        _add(total, weight, image.plane, window, network(_cut(image, window)))
    total[0] += 1e-6
    return Answer(image.plane, total / weight)


def closer(
    image: SagittalImage, curve: SpineCurve, height_mm: float, network: Network, before: Answer
) -> Answer:
    """The answer again, around one height, where the window no longer depends on where the study ends."""
    middle = round(height_mm / PITCH_MM) + ROWS // 2
    top = round(middle / _ALIGNED_ROWS) * _ALIGNED_ROWS
    depth = float(curve.depth_at(np.array(height_mm)))
    window = Plane(top, _front(depth), ROWS, COLUMNS)
    answer = network(_cut(image, window))
    probabilities = np.zeros_like(before.probabilities)
    probabilities[0] = 1.0
    here, there = _overlap(image.plane, window)
    outside = np.ones(image.plane.rows, bool)
    outside[here[0]] = False
    probabilities[:, outside] = before.probabilities[:, outside]
    probabilities[:, here[0], here[1]] = answer[:, there[0], there[1]]
    return Answer(image.plane, probabilities)


def _tops(plane: Plane) -> list[int]:
    """Multiples of the stride whose windows cover all rows and begin within half a window of them."""
    first = -(-plane.top // _STRIDE) * _STRIDE
    bottom = plane.top - plane.rows + 1
    tops = [first]
    while tops[-1] - ROWS + 1 > bottom:
        tops.append(tops[-1] - _STRIDE)
    return tops


def _window(top: int, curve: SpineCurve, plane: Plane) -> Plane:
    heights = (top - np.arange(ROWS)) * PITCH_MM
    low, high = plane.heights_mm[-1], plane.heights_mm[0]
    heights = heights[(heights >= low) & (heights <= high)]
    return Plane(top, _front(float(np.median(curve.depth_at(heights)))), ROWS, COLUMNS)


def _front(depth_mm: float) -> int:
    return round((depth_mm - _FRONT_MM) / PITCH_MM / _ALIGNED_COLUMNS) * _ALIGNED_COLUMNS


def _overlap(plane: Plane, window: Plane) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """The rows and columns of both where they meet: of the image, of the window."""
    # Heights fall with the rows, depths grow with the columns.
    first_row, first_column = max(0, plane.top - window.top), max(0, window.front - plane.front)
    here_row, here_column = max(0, window.top - plane.top), max(0, plane.front - window.front)
    rows = max(0, min(plane.rows - first_row, window.rows - here_row))
    columns = max(0, min(plane.columns - first_column, window.columns - here_column))
    return (
        (slice(first_row, first_row + rows), slice(first_column, first_column + columns)),
        (slice(here_row, here_row + rows), slice(here_column, here_column + columns)),
    )


def _cut(image: SagittalImage, window: Plane) -> np.ndarray:
    here, there = _overlap(image.plane, window)
    cut = np.full((2, window.rows, window.columns), _MISSING_HU, np.float32)
    cut[:, there[0]] = AIR_HU
    cut[:, there[0], there[1]] = image.hu[:, here[0], here[1]]
    return cut


def _add(total: np.ndarray, weight: np.ndarray, plane: Plane, window: Plane, answer: np.ndarray) -> None:
    """Adds a window, whose middle knows better than its ends."""
    here, there = _overlap(plane, window)
    away = np.abs(np.arange(window.rows) - (window.rows - 1) / 2) / (window.rows / 2)
    share = np.clip(1.05 - away, 0.02, 1)[there[0], None].astype(np.float32)
    total[:, here[0], here[1]] += share * answer[:, there[0], there[1]]
    weight[here[0], here[1]] += share[:, :1]
