"""Soft tissue of the second renderer: polar outlines, muscles as groups of ellipses, bowel as worms."""

from dataclasses import dataclass

import numpy as np

from training.phantoms.canvas import Canvas
from training.phantoms.psoas import paint_sheath
from training.phantoms.second.body import Body
from training.phantoms.second.texture import fractal
from training.phantoms.tissues import Tissue

_INNER = (Tissue.VISCERAL_FAT, Tissue.VESSEL_FINE)


@dataclass(frozen=True)
class Rings:
    """Distances in mm, negative inside: skin, outside of the wall, cavity."""

    skin: np.ndarray
    wall: np.ndarray
    cavity: np.ndarray

    def at(self, where: np.ndarray) -> "Rings":
        """The same for some of the points."""
        return Rings(self.skin[where], self.wall[where], self.cavity[where])


def measure_rings(body: Body, x: np.ndarray, y: np.ndarray, z: np.ndarray) -> Rings:
    """Polar outlines around a point in front of the spine, with a few harmonics of their own."""
    rng = np.random.default_rng([body.seed, 104])
    s = body.skeleton
    deep = body.half_width * body.flatness
    v = y + deep - 26 * s
    turn, far = np.arctan2(x, v), np.hypot(x, v)
    power = 2.0 + 0.9 * body.round
    grow = 1 + 0.09 * np.clip(z / (150 * s), -1, 1) + 0.05 * np.cos(z / 70)
    limit = grow * (
        (np.abs(np.sin(turn)) / body.half_width) ** power + (np.abs(np.cos(turn)) / deep) ** power
    ) ** (-1 / power)
    for k in range(2, 6):
        wave = rng.normal(0, 1.6 / k) * np.cos(k * turn + rng.uniform(0, 6.3) + z / rng.uniform(60, 160))
        limit = limit + wave * 2
    # The spine and its muscles press the cavity in from behind.
    behind = np.exp(-((turn / 0.5) ** 2))
    inner = limit - behind * 34 * s
    front = np.clip(-np.cos(turn), 0, 1)
    wall = (
        body.wall * (1.1 - 0.5 * front) * (1 - 0.65 * np.exp(-(((np.abs(x) - 4) / 7) ** 2)) * (front > 0.5))
    )
    outer = limit + wall + behind * (26 * body.back - 6)
    fat = body.fat_front * front + body.fat_back * (1 - front) * (1 + 0.3 * behind)
    fat = np.maximum(fat * (1 - 0.25 * np.clip(z / (150 * s), -1, 1)), 3.0) * (
        1 + 0.08 * np.cos(3 * turn + z / 50)
    )
    return Rings(far - outer - fat - 12 * (1 - behind) * behind, far - outer, far - inner)


def paint_rings(canvas: Canvas, body: Body, rings: Rings, spine: tuple[np.ndarray, np.ndarray]) -> None:
    """Fat, wall and cavity; then the muscles of back and psoas along the spine (x, y at each point)."""
    canvas.paint(rings.skin < 0, Tissue.SUBCUTANEOUS)
    canvas.paint((rings.skin < 0) & (rings.skin > -2.2), Tissue.SKIN)
    wall = (rings.wall < 0) & (rings.skin < -2.5)
    canvas.paint(wall, Tissue.WALL_MUSCLE)
    marble = fractal(body.seed + 1, canvas.points, 16.0) + 0.5 * fractal(body.seed + 2, canvas.points, 45.0)
    canvas.paint(wall & (marble > 2.6 - 1.6 * body.marbling), Tissue.WALL_FAT)
    sheet = np.abs(rings.cavity - 0.5 * body.wall) < 0.9 * body.marbling
    canvas.paint(wall & sheet & (rings.cavity > 0), Tissue.WALL_FAT)
    x, y = canvas.x - spine[0], canvas.y - spine[1]
    s, u = body.skeleton, np.abs(canvas.x - spine[0])
    groups = ((17, 46, 15, 20), (38, 44, 20, 22), (60, 36, 15, 17), (66, 18, 19, 8))
    bundle = np.min(
        [
            ((u - cu * s) / (a * s * body.back)) ** 2 + ((y - cv * s) / (b * s * body.back)) ** 2
            for cu, cv, a, b in groups
        ],
        axis=0,
    )
    trunk = canvas.z > -95 * s
    back = (bundle < 1) & trunk & (rings.wall < 2)
    hollow = wall & (rings.cavity < 0) & ~back
    # What lies between the bundles and the cavity's floor belongs to the wall.
    hollow &= ~((y > 24 * s) & (u < 74 * s) & (bundle < 1.5))
    canvas.paint(hollow, Tissue.VISCERAL_FAT)
    canvas.paint(back & (rings.cavity < 0), Tissue.WALL_MUSCLE)
    canvas.paint(back & (marble > 2.4 - 1.9 * body.marbling), Tissue.WALL_FAT)
    canvas.paint((bundle >= 0.93) & (bundle < 1.1) & back & (marble > -0.4), Tissue.WALL_FAT)
    _psoas(canvas, body, x, y, marble)


def _psoas(canvas: Canvas, body: Body, x: np.ndarray, y: np.ndarray, marble: np.ndarray) -> None:
    inside = (_psoas_distance(canvas, body, x, y) < 0) & (canvas.tissue != Tissue.AIR)
    inside &= canvas.tissue != Tissue.SUBCUTANEOUS
    canvas.paint(inside, Tissue.PSOAS)
    canvas.paint(inside & (marble > 3.1 - 1.5 * body.marbling), Tissue.PSOAS_FAT)


def wrap_psoas(canvas: Canvas, body: Body, spine: tuple[np.ndarray, np.ndarray]) -> None:
    """A line of fat around it, when all beside it is painted: what the truth tells apart, the image shows."""
    rng = np.random.default_rng([body.seed, 107])
    distance = _psoas_distance(canvas, body, canvas.x - spine[0], canvas.y - spine[1])
    paint_sheath(
        canvas, (distance > 0) & (distance < rng.uniform(0.8, 3.0)) & (canvas.tissue != Tissue.PSOAS)
    )


def _psoas_distance(canvas: Canvas, body: Body, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """To a drop: a disc with a smaller one before it, growing to L5 and then drifting apart and forward."""
    s = body.skeleton
    full = np.interp(canvas.z, np.array((-150, -70, 0, 50, 90)) * s, (1.0, 1.15, 0.95, 0.6, 0.0))
    apart = np.interp(canvas.z, np.array((-150, -70, -20, 90)) * s, (34, 16, 2, -4)) * s
    forward = np.interp(canvas.z, np.array((-150, -70, -20, 90)) * s, (-70, -20, -1, 2)) * s
    radius = 17.5 * s * body.psoas**0.5 * full + 1e-3
    u = np.abs(x) - 36 * s - apart
    big = np.hypot(u, (y - 4 * s - forward) * 0.9) - radius
    small = np.hypot(u + 6 * s, y + 9 * s - forward) - 0.66 * radius
    return np.where(full > 0.15, np.minimum(big, small), 99.0)


def paint_inside(canvas: Canvas, body: Body, rings: Rings, spine: tuple[np.ndarray, np.ndarray]) -> None:
    """Liver, kidneys, spleen and stomach from balls, vessels, and worms of bowel."""
    rng = np.random.default_rng([body.seed, 105])
    s, w, d = body.skeleton, body.half_width, body.half_width * body.flatness
    free = np.isin(canvas.tissue, _INNER)
    mesh = fractal(body.seed + 3, canvas.points, 22.0)
    canvas.paint(free & (mesh > 1.9), Tissue.VESSEL_FINE)
    organs = (
        (Tissue.LIVER, (-0.52 * w, -d, 135 * s), 62 * s, 7, 36),
        (Tissue.SPLEEN, (0.75 * w, -0.4 * d, 125 * s), 30 * s, 3, 22),
        (Tissue.FLUID, (0.35 * w, -1.2 * d, 105 * s), 32 * s, 4, 22),
        (Tissue.CORTEX, (-68 * s, -2 * s, 40 * s), 25 * s, 3, 18),
        (Tissue.CORTEX, (68 * s, -4 * s, 52 * s), 25 * s, 3, 18),
        (Tissue.FLUID, (0, -0.9 * d, -160 * s), 34 * s, 3, 14),
    )
    for tissue, centre, radius, count, spread in organs:
        for _ in range(count):
            place = np.array(centre) + rng.normal(0, 1, 3) * spread * np.array((0.5, 0.4, 1.0))
            _ball(canvas, rings, place, radius * float(rng.uniform(0.75, 1.1)), tissue=tissue, mesh=mesh)
    for tissue, usual, size in ((Tissue.ARTERY, 10.0, 9.5), (Tissue.VEIN, -15.0, 11.0)):
        shift = usual + rng.normal(0, 3)
        apart = np.clip(-45 * s - canvas.z, 0, None) * 0.5
        gap = np.where(apart > 0, np.abs(canvas.x - spine[0] - shift) - apart, canvas.x - spine[0] - shift)
        tube = np.hypot(gap, canvas.y - spine[1] + 29 * s - 0.4 * apart) - size * s
        canvas.paint((tube < 0) & (canvas.tissue != Tissue.AIR), tissue)
    for _ in range(int(body.loops)):
        _worm(canvas, rings, rng, np.array((w, d, s)), mesh)


def _ball(
    canvas: Canvas, rings: Rings, centre: np.ndarray, radius: float, *, tissue: Tissue, mesh: np.ndarray
) -> None:
    near = canvas.near(centre, radius + 8)
    gap = np.linalg.norm(canvas.points[near] - centre.astype(np.float32), axis=1) - radius - 3 * mesh[near]
    canvas.paint(
        near[(gap < 0) & (rings.cavity[near] < -2) & np.isin(canvas.tissue[near], (*_INNER, tissue))], tissue
    )


def _worm(canvas: Canvas, rings: Rings, rng: np.random.Generator, size: np.ndarray, mesh: np.ndarray) -> None:
    """A random walk of balls of one calibre; gas rises in some of them."""
    w, d, s = size
    place = np.array((rng.uniform(-0.8, 0.8) * w, -d * rng.uniform(0.5, 1.7), rng.uniform(-150, 90) * s))
    way, calibre = rng.normal(size=3), rng.uniform(9, 21) * s
    content = Tissue(
        int(rng.choice((Tissue.BOWEL, Tissue.ENTERIC, Tissue.STOOL, Tissue.GAS), p=(0.5, 0.15, 0.2, 0.15)))
    )
    for _ in range(int(rng.integers(5, 16))):
        way = way + rng.normal(0, 0.6, 3)
        place = place + way / np.linalg.norm(way) * calibre * 0.9
        near = canvas.near(place, calibre + 4)
        if not len(near):
            continue
        local = canvas.points[near] - place.astype(np.float32)
        gap = np.linalg.norm(local, axis=1) - calibre - 1.5 * mesh[near]
        inside = (rings.cavity[near] < -2) & np.isin(canvas.tissue[near], (*_INNER, Tissue.BOWEL, content))
        canvas.paint(near[inside & (gap < 0)], Tissue.BOWEL)
        lumen = near[inside & (gap < -2.2)]
        if content is Tissue.GAS:
            canvas.paint(lumen, Tissue.FLUID)
            lumen = near[inside & (gap < -2.2) & (local[:, 1] < 0.2 * calibre)]
        canvas.paint(lumen, content)
