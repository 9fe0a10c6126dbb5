"""Vertebral bodies as the network's answer shows them: pieces of the plane that hang together."""

from dataclasses import dataclass, field

import numpy as np
from scipy import ndimage

from services.segmentation.ct.locate.levels import Level
from services.segmentation.ct.locate.sagittal import PITCH_MM, Plane
from services.segmentation.ct.locate.windows import Answer

_LEAST_PIECE_MM2 = 60.0
_LEAST_BODY_MM2 = 150.0
"""A body of the chest has 400 mm², one that a study cuts may have less."""

_SAME_MM = 13.0
"""Centres of two pieces of one body are no further apart in height; those of two bodies are."""


@dataclass(frozen=True)
class Body:
    """One vertebral body. mask: bool on the plane. votes: float64 (classes,), mean probability of each.

    height_mm, depth_mm: of its centre. low_mm, high_mm: heights of its ends. area_mm2: on the plane.
    """

    mask: np.ndarray = field(repr=False)
    votes: np.ndarray = field(repr=False)
    height_mm: float
    depth_mm: float
    low_mm: float
    high_mm: float
    area_mm2: float


def bodies_of(answer: Answer) -> list[Body]:
    """The bodies above the sacrum, from foot to head.

    A body that the network saw as half one level and half the next is one body with divided votes.
    """
    labels = answer.probabilities.argmax(0)
    pieces = [
        piece
        for level in Level
        if level > Level.SACRUM
        for piece in _pieces(labels == level, _LEAST_PIECE_MM2)
    ]
    joined = _joined([_measured(piece, answer) for piece in pieces], answer)
    return sorted(
        (body for body in joined if body.area_mm2 >= _LEAST_BODY_MM2), key=lambda body: body.height_mm
    )


def sacrum_of(answer: Answer) -> Body | None:
    """The largest piece that was taken for the sacrum."""
    pieces = _pieces(answer.probabilities.argmax(0) == Level.SACRUM, _LEAST_BODY_MM2)
    return _measured(max(pieces, key=np.count_nonzero), answer) if pieces else None


def measured_mask(mask: np.ndarray, plane: Plane) -> tuple[float, float, float, float]:
    """Height and depth of a mask's centre, and the heights of its lower and its upper end, in mm."""
    rows, columns = np.nonzero(mask)
    heights, depths = plane.heights_mm[rows], plane.depths_mm[columns]
    return (
        float(heights.mean()),
        float(depths.mean()),
        float(heights.min()) - PITCH_MM / 2,
        float(heights.max()) + PITCH_MM / 2,
    )


def _pieces(mask: np.ndarray, least_mm2: float) -> list[np.ndarray]:
    parts, number = ndimage.label(mask)
    sizes = np.bincount(parts.ravel(), minlength=number + 1) * PITCH_MM**2
    return [parts == part for part in range(1, number + 1) if sizes[part] >= least_mm2]


def _measured(mask: np.ndarray, answer: Answer) -> Body:
    height, depth, low, high = measured_mask(mask, answer.plane)
    votes = answer.probabilities[:, mask].mean(1, dtype=np.float64)
    return Body(mask, votes, height, depth, low, high, float(mask.sum()) * PITCH_MM**2)


def _joined(pieces: list[Body], answer: Answer) -> list[Body]:
    """Pieces whose centres are at one height made one, the largest first."""
    bodies: list[Body] = []
    for piece in sorted(pieces, key=lambda one: -one.area_mm2):
        for place, body in enumerate(bodies):
            if abs(body.height_mm - piece.height_mm) < _SAME_MM:
                bodies[place] = _measured(body.mask | piece.mask, answer)
                break
        else:
            bodies.append(piece)
    return bodies
