"""Loops of bowel with what they hold, and the small vessels of the mesentery."""

from dataclasses import dataclass

import numpy as np

from training.phantoms.anatomy import Anatomy
from training.phantoms.canvas import Canvas, ellipsoid, rotation
from training.phantoms.noise import Field
from training.phantoms.tissues import Tissue
from training.phantoms.torso import Walls

_PAINTED_OVER = (Tissue.VISCERAL_FAT, Tissue.VESSEL_FINE)


@dataclass(frozen=True)
class Loop:
    """A piece of bowel: an ellipsoid with a wall, and what is in it below `level` where gas stands above."""

    centre: np.ndarray
    size: np.ndarray
    turn: np.ndarray
    filling: float
    level: float
    wall_mm: float
    large: bool


def draw_loops(anatomy: Anatomy) -> tuple[Loop, ...]:
    """Small bowel in the middle, large bowel around it."""
    rng = np.random.default_rng([anatomy.seed, 8])
    s = anatomy.skeleton
    wide = s * 105 * (1 + 0.35 * anatomy.visceral) * anatomy.cavity_width
    deep = 2 * s * (55 + 50 * anatomy.visceral)
    loops = []
    # The fatter the mesentery, the farther the loops lie from each other.
    for _ in range(int(rng.integers(120, 450) * (1 - 0.5 * anatomy.visceral))):
        centre = (rng.uniform(-0.8, 0.8) * wide, -deep * rng.uniform(0.25, 0.92), rng.uniform(-170, 95) * s)
        size = np.array((rng.uniform(9, 16), rng.uniform(9, 16), rng.uniform(12, 34))) * s
        loops.append(_loop(np.array(centre), size, rng, large=False))
    for centre_, size in _colon(anatomy, rng, wide, deep):
        loops.append(_loop(centre_, size, rng, large=True))
    return tuple(loops)


def _loop(centre: np.ndarray, size: np.ndarray, rng: np.random.Generator, large: bool) -> Loop:
    turn = rotation(*rng.uniform(-60, 60, 3)).astype(np.float32)
    return Loop(
        centre,
        size,
        turn,
        float(rng.random()),
        float(rng.normal(-0.2, 0.6)),
        float(rng.uniform(1.2, 3)),
        large,
    )


def _colon(
    anatomy: Anatomy, rng: np.random.Generator, wide: float, deep: float
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Haustra along the frame of the large bowel, the rectum and the sigmoid."""
    s = anatomy.skeleton
    flank, sag = wide * rng.uniform(0.7, 0.85), rng.uniform(0, 70) * s
    right = [(-flank, -0.3 * deep, z * s) for z in range(-110, 80, 26)]
    left = [(flank, -0.2 * deep, z * s) for z in range(-110, 110, 26)]
    over = [
        (x * flank, -deep * 0.86, 70 * s - sag * (1 - x * x) + 30 * x * s) for x in np.linspace(-0.9, 0.9, 9)
    ]
    end = [(rng.uniform(-25, 35) * s, rng.uniform(-30, 15) * s, z * s) for z in range(-215, -120, 24)]
    calibre = rng.uniform(0.7, 1.5)
    found = []
    for place in (*right, *left, *over, *end):
        radius = calibre * rng.uniform(13, 22) * s
        found.append((np.array(place) + rng.normal(0, 7, 3), radius * rng.uniform(0.8, 1.3, 3)))
    return found


def paint_bowel(
    canvas: Canvas, anatomy: Anatomy, loops: tuple[Loop, ...], walls: Walls, *, field: Field, up: np.ndarray
) -> None:
    """Vessels, then each loop where nothing solid lies; up: against gravity, where gas gathers."""
    free = np.isin(canvas.tissue, _PAINTED_OVER)
    fine = field.at(canvas.points, 11.0, 1) + 0.5 * field.at(canvas.points, 40.0)
    canvas.paint(free & (fine > 2.3) & (walls.cavity < -6), Tissue.VESSEL_FINE)
    for loop in loops:
        near = canvas.near(loop.centre, float(loop.size.max()) + 3)
        near = near[np.isin(canvas.tissue[near], _PAINTED_OVER) & (walls.cavity[near] < -2.0)]
        if len(near):
            _paint_loop(canvas, anatomy, loop, near, field=field, up=up)


def _paint_loop(
    canvas: Canvas, anatomy: Anatomy, loop: Loop, near: np.ndarray, *, field: Field, up: np.ndarray
) -> None:
    points = canvas.points[near]
    gap = points - loop.centre.astype(np.float32)
    distance = ellipsoid(gap @ loop.turn.T, loop.size) + 2.0 * field.at(points, 24.0)
    canvas.paint(near[distance < 0], Tissue.BOWEL)
    lumen = distance < -loop.wall_mm
    if loop.filling < (0.5 if loop.large else 0.12) * anatomy.gas:
        height = gap @ up.astype(np.float32) / float(loop.size.mean())
        canvas.paint(near[lumen], Tissue.STOOL if loop.large else Tissue.FLUID)
        canvas.paint(near[lumen & (height > loop.level)], Tissue.GAS)
    elif loop.large:
        canvas.paint(near[lumen], Tissue.STOOL)
        bubbles = field.at(points, 5.0) > 1.6 - 1.2 * anatomy.stool
        canvas.paint(near[lumen & bubbles], Tissue.GAS)
    elif loop.filling > 0.65:
        canvas.paint(near[lumen], Tissue.ENTERIC)
