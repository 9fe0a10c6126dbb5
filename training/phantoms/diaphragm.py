"""The diaphragm below its domes: what lines the wall behind the ribs, and the crura beside the spine.

It is as bright as the muscles of the wall and hangs together with them, yet is none of those that are
measured at L3 (psoas, erectors, square muscle of the loin, oblique, transverse and straight ones): a network
has to be shown where it ends.
"""

import numpy as np

from training.phantoms.anatomy import Anatomy
from training.phantoms.canvas import Canvas
from training.phantoms.tissues import Tissue
from training.phantoms.torso import Column, Walls

_NOT_LINED = (Tissue.WALL_MUSCLE, Tissue.WALL_FAT, Tissue.LUNG, Tissue.CORTICAL, Tissue.CANCELLOUS)


def paint_diaphragm(canvas: Canvas, anatomy: Anatomy, column: Column, walls: Walls) -> None:
    """From the last ribs upward on the inside of the wall, and from L3 and L2 upward before the spine."""
    s, build = anatomy.skeleton, anatomy.build
    if canvas.z.max(initial=-999) < -10 * s:
        return
    rng = np.random.default_rng([anatomy.seed, 15])
    edge = rng.uniform(20, 60) * s
    thick = build.lining_mm * np.clip((canvas.z - edge) / (25 * s), 0, 1)
    lining = (walls.cavity < 0) & (walls.cavity > -thick) & ~np.isin(canvas.tissue, _NOT_LINED)
    canvas.paint(lining, Tissue.DIAPHRAGM)
    cx, cy, width = column.at(canvas.z)
    depth = np.interp(canvas.z, column.z, column.depth).astype(np.float32)
    for side, lowest in ((-1.0, rng.uniform(-5, 25)), (1.0, rng.uniform(20, 45))):
        grown = np.clip((canvas.z - lowest * s) / (70 * s), 0, 1) * build.crura
        u = side * (canvas.x - cx) - width * rng.uniform(0.22, 0.4) - 3
        v = canvas.y - cy + depth * rng.uniform(0.3, 0.5) + 2
        rho = (u / (1 + 7 * s * grown)) ** 2 + (v / (1 + 13 * s * grown)) ** 2
        free = (canvas.z < 170 * s) & (canvas.tissue != Tissue.LUNG) & (canvas.tissue != Tissue.AIR)
        canvas.paint((rho < 1) & (grown > 0.05) & free, Tissue.DIAPHRAGM)
