"""The psoas along the spine, in its sheath of fat."""

import numpy as np

from training.phantoms.anatomy import Anatomy
from training.phantoms.canvas import Canvas
from training.phantoms.noise import Field
from training.phantoms.tissues import Tissue
from training.phantoms.torso import Column

# Heights against L3, mm at skeleton 1, and what changes with them: size of the section, how far its middle
# lies forward and outward of its place beside the bodies, and how much it keeps to the spine's curve.
_HEIGHTS = (-175, -120, -80, -45, 0, 35, 65, 95)
_SIZE = (1.05, 1.15, 1.15, 1.05, 0.92, 0.7, 0.45, 0.0)
_FORWARD = (-95, -45, -22, -5, 2, 4, 5, 6)
_OUTWARD = (62, 50, 26, 8, 1, 0, -1, -2)
_HOLD = (0, 0, 0.4, 1, 1, 1, 1, 1)
_PARTING = (1, 1, 0, 0, 1, 1, 1, 1)
"""0 where `Build.psoas_apart` tells how far it leaves the spine."""

_WALL = (Tissue.WALL_MUSCLE, Tissue.WALL_FAT)
_BESIDE = (Tissue.BOWEL, Tissue.ENTERIC, Tissue.STOOL, Tissue.GAS, Tissue.FLUID, Tissue.CORTEX, Tissue.LIVER)


def paint_psoas(canvas: Canvas, anatomy: Anatomy, column: Column, field: Field) -> None:
    """From T12 along the lumbar bodies, growing to L5, then forward and outward to the groin."""
    s, build = anatomy.skeleton, anatomy.build
    apart = np.where(np.asarray(_PARTING) == 0, build.psoas_apart, 1.0)

    def along(values: np.ndarray | tuple[float, ...]) -> np.ndarray:
        found: np.ndarray = np.interp(canvas.z, np.array(_HEIGHTS) * s, values).astype(np.float32)
        return found

    size, hold = along(_SIZE), along(_HOLD)
    forward = along(apart * _FORWARD) * s + build.psoas_back_mm * hold * size
    outward = along(apart * _OUTWARD) * s + build.psoas_out_mm * hold * size
    cx, cy, width = column.at(canvas.z)
    sex = 0.85 if anatomy.female else 1.0
    size = size * s * sex * build.psoas_size * anatomy.psoas**0.5 * anatomy.muscle**0.25
    a, b = 19.0 * size / build.psoas_long**0.5, 23.0 * size * build.psoas_long**0.5
    for side in (-1.0, 1.0):
        own = 1 + 0.004 * anatomy.asymmetry * side
        u = side * (canvas.x - cx * (0.4 + 0.6 * hold)) - width * 0.4 - a * 0.72 - outward
        v = canvas.y - np.where(hold > 0.5, cy, cy * hold) - forward
        turned = np.abs(u * 0.94 + v * 0.34), np.abs(v * 0.94 - u * 0.34)
        there = (size > 0.12) & (canvas.tissue != Tissue.AIR)
        power, sheath = build.psoas_square, max(0.0, build.sheath_mm)
        rho, wrapped = (
            (turned[0] / (a * own + more)) ** power + (turned[1] / (b * own + more)) ** power
            for more in (1e-3, sheath + 1e-3)
        )
        paint_sheath(canvas, there & (wrapped < 1) & (rho >= 1))
        inside = np.flatnonzero(there & (rho < 1))
        canvas.paint(inside, Tissue.PSOAS)
        points = canvas.points[inside]
        fat = (
            field.at(points, (10, 10, 40)) + 0.8 * field.at(points, 28.0, 1)
            > 4.2 - 1.6 * anatomy.infiltration
        )
        canvas.paint(inside[fat], Tissue.PSOAS_FAT)


def paint_sheath(canvas: Canvas, around: np.ndarray) -> None:
    """Fat where muscle, bowel or an organ would touch the psoas; around: bool, one a point of the canvas."""
    canvas.paint(around & np.isin(canvas.tissue, _WALL), Tissue.WALL_FAT)
    canvas.paint(around & np.isin(canvas.tissue, _BESIDE), Tissue.VISCERAL_FAT)
