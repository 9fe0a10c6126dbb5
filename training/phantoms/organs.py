"""What lies within the cavity: solid organs, vessels and lungs."""

import numpy as np

from training.phantoms.anatomy import Anatomy
from training.phantoms.canvas import Canvas, ellipsoid, rotation
from training.phantoms.noise import Field
from training.phantoms.tissues import Tissue
from training.phantoms.torso import Column, Walls


def paint_solid(canvas: Canvas, anatomy: Anatomy, column: Column, walls: Walls, field: Field) -> None:
    """Liver, spleen, stomach, kidneys, bladder and what lies around it."""
    s = anatomy.skeleton
    rng = np.random.default_rng([anatomy.seed, 5])
    wide = (1 + 0.3 * anatomy.visceral) * anatomy.cavity_width
    deep = 45 + 55 * anatomy.visceral

    def organ(centre: tuple[float, float, float], radii: tuple[float, float, float], tissue: Tissue) -> None:
        place = np.array(centre) * s + rng.normal(0, 6, 3)
        size = np.array(radii) * s * np.exp(rng.normal(0, 0.1, 3))
        # Drawn whether points are near or not: what follows must not depend on which points are asked for.
        turn = rotation(*rng.normal(0, 10, 3)).astype(np.float32)
        near = canvas.near(place, float(size.max()) + 5)
        if not len(near):
            return
        local = (canvas.points[near] - place.astype(np.float32)) @ turn.T
        bumpy = ellipsoid(local, size) + 5 * field.at(canvas.points[near], 60.0)
        inside = near[(bumpy < 0) & (walls.cavity[near] < -1.0)]
        canvas.paint(inside, tissue)

    organ((-72 * wide, -deep, 125), (88, 82, 88 + rng.normal(0, 12)), Tissue.LIVER)
    organ((-10, -deep - 35, 150), (80, 45, 45), Tissue.LIVER)
    organ((98 * wide, 5, rng.uniform(85, 140)), (32, 48, 52), Tissue.SPLEEN)
    organ((48, -deep - 12, 110), (55, 42, 50), Tissue.FLUID if rng.random() < 0.6 else Tissue.ENTERIC)
    organ((0, -60, -165), (38 + rng.normal(0, 8), 35, 34 + rng.normal(0, 10)), Tissue.FLUID)
    organ((0, -20, -165), (28, 24, 40), Tissue.ORGAN)
    organ((-10, -28, 62), (55, 12, 14), Tissue.ORGAN)
    for side in (-1.0, 1.0):
        _kidney(canvas, anatomy, column, walls, field=field, side=side, rng=rng)


def _kidney(
    canvas: Canvas,
    anatomy: Anatomy,
    column: Column,
    walls: Walls,
    *,
    field: Field,
    side: float,
    rng: np.random.Generator,
) -> None:
    s = anatomy.skeleton
    z = (42.0 if side < 0 else 52.0) * s + rng.normal(0, 16)
    cx, cy, _ = column.at(np.array([z]))
    place = np.array((cx[0] + side * (63 + 14 * anatomy.visceral) * s, cy[0] + 2 * s, z)) + rng.normal(
        0, 4, 3
    )
    # Drawn first, as above.
    missing, tilt, size = rng.random() < 0.02, rng.normal(0, 6), float(np.exp(rng.normal(0, 0.08)) * s)
    near = canvas.near(place, 66 * s)
    if missing or not len(near):
        return
    turn = rotation(side * 14 + tilt, -8, side * -30).astype(np.float32)
    local = (canvas.points[near] - place.astype(np.float32)) @ turn.T
    bumps = field.at(canvas.points[near], 30.0)
    body = ellipsoid(local, (24 * size, 27 * size, 53 * size)) + bumps
    sinus = ellipsoid(local + np.array((side * 10, 6, 0), np.float32), (15 * size, 12 * size, 26 * size))
    inside = (body < 0) & (walls.cavity[near] < 2)
    canvas.paint(near[inside], Tissue.CORTEX)
    canvas.paint(near[inside & (body < -7) & (bumps > -0.4)], Tissue.MEDULLA)
    canvas.paint(near[inside & (sinus < 0)], Tissue.VISCERAL_FAT)
    canvas.paint(near[inside & (sinus < -5) & (bumps > 0.3)], Tissue.FLUID)


def paint_vessels(canvas: Canvas, anatomy: Anatomy, column: Column) -> None:
    """Aorta and vena cava in front of the spine down to L4, then their iliac branches; plaques."""
    s = anatomy.skeleton
    rng = np.random.default_rng([anatomy.seed, 6])
    cx, cy, _ = column.at(canvas.z)
    depth = np.interp(canvas.z, column.z, column.depth).astype(np.float32)
    fork = -42 * s + float(rng.normal(0, 8))
    below = np.clip(fork - canvas.z, 0, None)
    for tissue, offset, size in ((Tissue.VEIN, -17.0, 11.5), (Tissue.ARTERY, 9.0, 10.0)):
        radius = size * s * float(np.exp(rng.normal(0, 0.15)))
        branch = np.where(below > 0, 0.62, 1.0) * radius
        shift = offset * s + float(rng.normal(0, 4)) + 4 * np.sin(canvas.z / 45 + rng.uniform(0, 6))
        u = np.where(below > 0, np.abs(canvas.x - cx - shift) - 0.55 * below - 3, canvas.x - cx - shift)
        v = canvas.y - cy + depth / 2 + radius + 1 - 0.25 * below
        distance = np.hypot(u, v * (1.25 if tissue is Tissue.VEIN else 1.0)) - branch
        inside = (distance < 0) & (canvas.z > -150 * s) & (canvas.tissue != Tissue.AIR)
        canvas.paint(inside, tissue)
        if tissue is Tissue.ARTERY and rng.random() < 0.5:
            turn = np.sin(3 * np.arctan2(v, u) + canvas.z / 9) + np.sin(canvas.z / 5)
            canvas.paint(inside & (distance > -1.5) & (turn > 1.1), Tissue.CALCIFIED)


def paint_chest(canvas: Canvas, anatomy: Anatomy, column: Column, walls: Walls) -> None:
    """Lungs above two domes, the middle between them with the heart."""
    s = anatomy.skeleton
    if canvas.z.max(initial=-999) < 60 * s:
        return
    rng = np.random.default_rng([anatomy.seed, 7])
    breath = rng.normal(0, 14)
    cx, cy, _ = column.at(canvas.z)
    front = np.clip((cy + 20 - canvas.y) / (150 * s), 0, 1)
    side = np.clip(np.abs(canvas.x) / (130 * s), 0, 1)
    dome = (85 + breath + 130 * np.sqrt(np.clip(front * (1.2 - front) * 2, 0, 1)) * (1 - side**2.5)) * s
    above = (canvas.z > dome) & (walls.cavity < -2)
    middle = np.abs(canvas.x - cx) < (24 + 14 * front) * s
    canvas.paint(above, Tissue.LUNG)
    canvas.paint(above & middle, Tissue.VISCERAL_FAT)
    heart = ellipsoid(
        canvas.points - np.array((22 * s, -95 * s, 225 * s + breath), np.float32), (62 * s, 45 * s, 48 * s)
    )
    canvas.paint(above & (heart < 0), Tissue.HEART)
    thin = (canvas.z < dome + 3) & (canvas.z > dome - 3) & (walls.cavity < -2) & (canvas.z > 75 * s)
    canvas.paint(thin, Tissue.DIAPHRAGM)
