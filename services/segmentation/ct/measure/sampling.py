"""Brings a slice to the network's pixels and its answer back. Pure.

The network saw axial images of 1.5 mm pixels, rows from front to back, columns from the patient's right to
left, air around (training/ct/inputs.py, training/ct/phantom_cases.py).
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

PITCH_MM = 1.5
MARGIN_MM = 15.0
"""Air that the network sees around the body; training had 8 mm and more."""

AIR_HU = -1024
_TAKES = 4
"""Points within a pixel of the network, per axis, whose mean it is: as its training images were drawn."""


@dataclass(frozen=True)
class Axis:
    """Pixel centres along one axis of the patient: start_mm, then each pitch_mm further."""

    start_mm: float
    pitch_mm: float
    count: int

    def places(self) -> np.ndarray:
        """The centres, mm."""
        places: np.ndarray = self.start_mm + np.arange(self.count) * self.pitch_mm
        return places


def network_axis(axis: Axis, first: int, last: int) -> Axis:
    """The network's pixels over pixels first to last of an axis, with a margin.

    Their centres are whole multiples of the pitch in the patient's frame, wherever the image begins: cropping
    a study or padding it with air moves nothing.
    """
    low = axis.start_mm + first * axis.pitch_mm - MARGIN_MM
    high = axis.start_mm + last * axis.pitch_mm + MARGIN_MM
    begin, end = math.floor(low / PITCH_MM), math.ceil(high / PITCH_MM)
    return Axis(begin * PITCH_MM, PITCH_MM, end - begin + 1)


def to_network(plane: np.ndarray, rows: Axis, columns: Axis, to_rows: Axis, to_columns: Axis) -> np.ndarray:
    """The mean of a slice over each of the network's pixels, air beyond its edges: float32 (rows, columns).

    plane: int16 HU (rows, columns). What is below air is padding and taken for air.
    """
    above_air = np.maximum(plane, AIR_HU).astype(np.float32) - AIR_HU
    down, across = _means(rows, to_rows), _means(columns, to_columns)
    seen: np.ndarray = _along_both(down, above_air, across) + np.float32(AIR_HU)
    return seen


def labels_from_scores(
    scores: np.ndarray, rows: Axis, columns: Axis, to_rows: Axis, to_columns: Axis
) -> np.ndarray:
    """The class with the largest score at each pixel of the slice, uint8; 0 where the network saw nothing.

    scores: float32 (classes, rows, columns) of the network's pixels, interpolated linearly.
    """
    labels = np.zeros((rows.count, columns.count), np.uint8)
    seen_rows, down = _between(to_rows, rows)
    seen_columns, across = _between(to_columns, columns)
    best = np.full((down.shape[0], across.shape[0]), -np.inf, np.float32)
    inside = np.zeros(best.shape, np.uint8)
    for label, score in enumerate(scores):
        fine = _along_both(down, score.astype(np.float32), across)
        better = fine > best
        best[better], inside[better] = fine[better], label
    labels[seen_rows, seen_columns] = inside
    return labels


def _means(source: Axis, target: Axis) -> csr_array:
    """Weights (target, source): the mean over each pixel of the straight lines between source pixels.

    Beyond the outer centres, half a source pixel keeps its value; further out is nothing.
    """
    offsets = ((np.arange(_TAKES) + 0.5) / _TAKES - 0.5) * target.pitch_mm
    index = (target.places()[:, np.newaxis] + offsets - source.start_mm) / source.pitch_mm
    inside = (index >= -0.5) & (index <= source.count - 0.5)
    return _lines(index.clip(0, source.count - 1), inside / _TAKES, source.count)


def _between(source: Axis, target: Axis) -> tuple[slice, csr_array]:
    """The target pixels within the source's, and weights (those, source) of linear interpolation."""
    index = (target.places() - source.start_mm) / source.pitch_mm
    within = np.flatnonzero((index >= 0) & (index <= source.count - 1))
    first, last = (int(within[0]), int(within[-1]) + 1) if len(within) else (0, 0)
    inside = index[first:last, np.newaxis]
    return slice(first, last), _lines(inside, np.ones(inside.shape), source.count)


def _lines(index: np.ndarray, share: np.ndarray, count: int) -> csr_array:
    """Weights (rows, count): each index of a row, (rows, takes), between its two neighbours, by its share."""
    below = np.minimum(np.floor(index).astype(int), count - 1)
    above = np.minimum(below + 1, count - 1)
    part = index - below
    rows = np.broadcast_to(np.arange(len(index))[:, np.newaxis], index.shape)
    values = np.concatenate([(share * (1 - part)).ravel(), (share * part).ravel()])
    places = np.tile(rows.ravel(), 2), np.concatenate([below.ravel(), above.ravel()])
    return csr_array((values.astype(np.float32), places), (len(index), count))


def _along_both(down: csr_array, plane: np.ndarray, across: csr_array) -> np.ndarray:
    """Sparse, as each row has a few weights: no BLAS, whose threads wait for each other on a busy machine."""
    both: np.ndarray = (across @ np.ascontiguousarray((down @ plane).T)).T
    return both
