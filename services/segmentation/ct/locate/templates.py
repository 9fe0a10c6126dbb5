"""What a vertebra and a sacrum look like from above: where there is bone, and where there is none.

Sizes are those of an adult of middle size; the search allows for the rest. Maps are (depths, sides) in cells
of the survey, the middle of the body at their middle; bone weighs 1 in all and what is no bone −1, so that a
bright region without this shape counts for nothing.
"""

from functools import cache

import numpy as np

from services.segmentation.ct.locate.survey import CELL_MM

TURNS_DEG = (-24.0, -12.0, 0.0, 12.0, 24.0)
"""How far patients and single vertebrae are turned about the long axis."""

_REACH = round(90 / CELL_MM)


@cache
def templates() -> tuple[np.ndarray, ...]:
    """Those of a vertebra for each of TURNS_DEG, then those of a sacrum; float32, all of one shape."""
    axes = np.arange(-_REACH, _REACH + 1) * CELL_MM
    depth, side = np.meshgrid(axes, axes, indexing="ij")
    found = []
    for shape in (_vertebra, _sacrum):
        for degrees in TURNS_DEG:
            cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
            found.append(shape(side * cos - depth * sin, side * sin + depth * cos))
    return tuple(found)


def _vertebra(side: np.ndarray, depth: np.ndarray) -> np.ndarray:
    """In front lies the aorta, which contrast makes as bright as bone; only a vertebra has the canal."""
    far = np.abs(side)
    body = _ellipse(side, depth, 23, 17)
    canal = _ellipse(side, depth - 26, 9, 7)
    arch = _ellipse(side, depth - 27, 21, 17) & ~body & ~canal
    spine = (far < 6) & (depth >= 42) & (depth < 60)
    flanks = (far > 31) & (far < 44) & (depth > -24) & (depth < 8)
    front = (far < 24) & (depth < -24) & (depth > -42)
    behind = (far > 22) & (far < 45) & (depth > 40) & (depth < 60)
    return _weighed(body + 0.9 * arch + 0.5 * spine, canal, 0.35, flanks + 1.2 * front + 0.6 * behind)


def _sacrum(side: np.ndarray, depth: np.ndarray) -> np.ndarray:
    """A body with wings, whose canal is narrow; behind it muscle, in front of it the pelvis."""
    far = np.abs(side)
    body = _ellipse(side, depth, 26, 15)
    canal = _ellipse(side, depth - 20, 10, 5)
    wings = _ellipse(far - 38, depth - 8, 22, 14) & ~body
    roof = _ellipse(side, depth - 28, 18, 9) & ~canal & ~body & ~wings
    front = (far < 50) & (depth < -22) & (depth > -40)
    behind = (far > 12) & (far < 45) & (depth > 38) & (depth < 62)
    return _weighed(1.0 * body + wings + 0.7 * roof, canal, 0.2, 1.0 * front + behind)


def _ellipse(side: np.ndarray, depth: np.ndarray, wide: float, deep: float) -> np.ndarray:
    inside: np.ndarray = (side / wide) ** 2 + (depth / deep) ** 2 < 1
    return inside


def _weighed(bone: np.ndarray, canal: np.ndarray, canal_share: float, soft: np.ndarray) -> np.ndarray:
    balanced: np.ndarray = (
        bone / bone.sum() - canal_share * canal / canal.sum() - (1 - canal_share) * soft / soft.sum()
    )
    return balanced.astype(np.float32)
