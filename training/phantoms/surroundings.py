"""What a scanner sees beside the trunk: arms, the table, cloth, and metal in the patient."""

import itertools
from dataclasses import dataclass

import numpy as np

from training.phantoms.anatomy import Anatomy
from training.phantoms.canvas import Canvas, rod
from training.phantoms.spine import Vertebra
from training.phantoms.tissues import Tissue


@dataclass(frozen=True)
class Surroundings:
    """How the patient lies. arms: 0 overhead, 1 beside the trunk. gap_mm: from the back to the table.

    table: 0 none, 1 a curved shell, 2 a flat top with a mattress. prone: on the belly.
    """

    arms: int
    arm_out_mm: float
    table: int
    gap_mm: float
    curve: float
    cloth: bool
    prone: bool


def draw_surroundings(rng: np.random.Generator) -> Surroundings:
    """Mostly arms overhead, supine on a curved table."""
    return Surroundings(
        arms=int(rng.random() < 0.2),
        arm_out_mm=float(rng.uniform(0, 30)),
        table=int(rng.choice((0, 1, 2), p=(0.1, 0.65, 0.25))),
        gap_mm=float(rng.uniform(2, 25)),
        curve=float(rng.uniform(0.4, 1.6)),
        cloth=bool(rng.random() < 0.4),
        prone=bool(rng.random() < 0.05),
    )


def paint_surroundings(canvas: Canvas, around: Surroundings, skin: np.ndarray, extent: "Extent") -> None:
    """Outside of the skin only; skin: distance of each point to it."""
    free = skin > 1.0
    if around.arms:
        _arms(canvas, around, free, extent)
    if around.cloth:
        ripple = 4 + 3 * np.sin(canvas.x / 17) * np.sin(canvas.z / 29 + canvas.y / 31)
        canvas.paint(free & (np.abs(skin - ripple) < 0.5) & (canvas.tissue == 0), Tissue.CLOTH)
    if not around.table:
        return
    side = -1.0 if around.prone else 1.0
    bottom = (extent.front if around.prone else extent.back) + side * around.gap_mm
    depth: np.ndarray
    if around.table == 1:
        rise = 25 * around.curve - canvas.x**2 * (around.curve / 4200) - 20
        depth = side * (canvas.y - bottom) - rise
        lining = (np.abs(depth - 1) < 0.9) | (np.abs(depth - 24) < 0.9)
        within = np.abs(canvas.x) < 220
    else:
        depth = side * (canvas.y - bottom - side * 12)
        lining = (np.abs(depth) < 1.2) | (np.abs(depth - 40) < 1.2)
        within = np.abs(canvas.x) < 250
    canvas.paint(free & lining & within & (canvas.tissue == 0), Tissue.TABLE)


@dataclass(frozen=True)
class Extent:
    """Where the trunk at L3 ends: front and back as y, side as half its width, millimetres."""

    front: float
    back: float
    side: float


def _arms(canvas: Canvas, around: Surroundings, free: np.ndarray, extent: Extent) -> None:
    out = np.abs(canvas.x) - extent.side - 38 - around.arm_out_mm - 0.12 * (canvas.z - 100)
    back = canvas.y - (extent.back - 70) + 0.1 * canvas.z
    thick = 40 + 0.05 * canvas.z
    rho = np.hypot(out, back * 0.85) / thick
    for limit, tissue in ((1.0, Tissue.LIMB_FAT), (0.8, Tissue.LIMB_MUSCLE)):
        canvas.paint(free & (rho < limit), tissue)
    low = canvas.z < 10
    for shift in (-11.0, 11.0):
        bone = np.hypot(out - np.where(low, shift, 0), back - np.where(low, shift * 0.5, 0))
        canvas.paint(free & (bone < np.where(low, 7.0, 11.0)), Tissue.LIMB_BONE)
        canvas.paint(free & (bone < np.where(low, 3.0, 6.0)), Tissue.LIMB_FAT)


def paint_metal(canvas: Canvas, anatomy: Anatomy, spine: tuple[Vertebra, ...]) -> None:
    """Screws and rods through the pedicles of some lumbar vertebrae."""
    if not anatomy.metal:
        return
    rng = np.random.default_rng([anatomy.seed, 9])
    lumbar = [v for v in spine if v.name[0] in "LS" and v.name not in ("S2", "S3", "S4", "S5")]
    first = int(rng.integers(0, len(lumbar) - 1))
    chosen = lumbar[first : first + int(rng.integers(2, 4))]
    for side in (-1.0, 1.0):
        heads = []
        for vertebra in chosen:
            near = canvas.near(vertebra.frame.centre, 70)
            local = vertebra.frame.local(canvas.points[near])
            half, back = 14.0 * anatomy.skeleton, vertebra.depth / 2
            head = np.array((side * (half + 7), back + 24, 0.25 * vertebra.height))
            screw = rod(
                local, np.array((side * half * 0.75, 0.0, 0.15 * vertebra.height)), head, (3.0, 3.0, 3.0)
            )
            canvas.paint(near[screw < 0], Tissue.METAL)
            heads.append(vertebra.frame.world(head))
        for above, below in itertools.pairwise(heads):
            canvas.paint(rod(canvas.points, above, below, (3.2, 3.2, 3.2)) < 0, Tissue.METAL)
