"""The walls of the trunk: skin, subcutaneous fat, muscles and the cavity that they enclose."""

from dataclasses import dataclass, fields

import numpy as np

from training.phantoms.anatomy import Anatomy
from training.phantoms.canvas import Canvas
from training.phantoms.noise import Field
from training.phantoms.spine import Vertebra
from training.phantoms.tissues import Tissue

# Heights against L3, mm at skeleton 1, and what changes with them: half width and half depth of the cavity,
# thickness of the lateral wall, and of the fat under the skin, as factors of their values at L3.
_HEIGHTS = (-330, -230, -170, -110, -55, 0, 60, 120, 200, 320)
_WIDTH = (0.95, 1.0, 1.0, 1.0, 1.0, 1.0, 1.04, 1.1, 1.12, 1.0)
_DEPTH = (0.9, 0.95, 1.0, 1.02, 1.0, 1.0, 1.04, 1.1, 1.12, 0.95)
_WALL = (2.2, 2.2, 1.9, 1.5, 1.15, 1.0, 0.85, 0.7, 0.75, 1.1)
_FAT = (1.5, 1.5, 1.4, 1.25, 1.1, 1.0, 0.9, 0.75, 0.65, 0.6)


@dataclass(frozen=True)
class Column:
    """The spine's centre line and the size of its bodies by height; arrays from foot to head."""

    z: np.ndarray
    x: np.ndarray
    y: np.ndarray
    width: np.ndarray
    depth: np.ndarray

    @classmethod
    def of(cls, spine: tuple[Vertebra, ...]) -> "Column":
        """The line through the bodies, with the sacrum's bend cut off where it leaves the trunk's back."""
        rows = [
            (*v.frame.centre[[2, 0, 1]], v.width, v.depth) for v in spine if v.name not in ("S4", "S5", "C1")
        ]
        z, x, y, width, depth = np.asarray(sorted(rows)).T
        return cls(z, x, y, width, depth)

    def at(self, z: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Centre x, centre y and width at these heights, float32."""
        found = (np.interp(z, self.z, values).astype(np.float32) for values in (self.x, self.y, self.width))
        x, y, width = found
        return x, y, width


@dataclass(frozen=True)
class Walls:
    """Distances of points, in millimetres, negative inside: to the skin, the outer fascia and the cavity."""

    skin: np.ndarray
    fascia: np.ndarray
    cavity: np.ndarray
    back: np.ndarray
    lumbar_square: np.ndarray
    ring: np.ndarray
    side: np.ndarray

    def at(self, where: np.ndarray) -> "Walls":
        """The same for some of the points."""
        return Walls(*(getattr(self, field.name)[where] for field in fields(self)))


def _smooth_min(a: np.ndarray, b: np.ndarray, width: float) -> np.ndarray:
    h = np.clip(0.5 + 0.5 * (b - a) / width, 0, 1)
    joined: np.ndarray = b + (a - b) * h - width * h * (1 - h)
    return joined


def _ellipse(
    x: np.ndarray, y: np.ndarray, a: np.ndarray | float, b: np.ndarray | float, power: float = 2.0
) -> np.ndarray:
    rho = ((np.abs(x) / a) ** power + (np.abs(y) / b) ** power) ** (1 / power) + 1e-6
    distance: np.ndarray = np.hypot(x, y) * (1 - 1 / rho)
    return distance


def _at(z: np.ndarray, values: tuple[float, ...], scale: float) -> np.ndarray:
    profile: np.ndarray = np.interp(z, np.asarray(_HEIGHTS) * scale, values).astype(np.float32)
    return profile


def measure_walls(anatomy: Anatomy, column: Column, x: np.ndarray, y: np.ndarray, z: np.ndarray) -> Walls:
    """Where the points lie between skin and cavity."""
    s = anatomy.skeleton
    sex = 0.95 if anatomy.female else 1.0
    cx, cy, _ = column.at(z)
    grown = 1 + 0.35 * anatomy.visceral
    a = s * sex * 108 * grown * anatomy.cavity_width * _at(z, _WIDTH, s)
    b = s * sex * (55 + 50 * anatomy.visceral) * _at(z, _DEPTH, s)
    chest = np.clip((z - 70 * s) / (90 * s), 0, 1)
    hollow = np.clip((-z - 90 * s) / (60 * s), 0, 1)
    u = x - 0.5 * cx - anatomy.asymmetry * 0.4
    # The cavity's back keeps to the spine's front; in the chest the lungs reach back beside it.
    floor = 0.6 * cy + 12 * s + 28 * s * chest - 10 * hollow
    v = y - (floor - b)
    main = _ellipse(u, v, a, b, anatomy.squareness)
    gutter = _ellipse(np.abs(u) - 0.58 * a, y - floor - 2 * s, 0.45 * a, 30 * s)
    cavity = _smooth_min(main, gutter, 45.0)

    lateral = s * 17 * anatomy.muscle * anatomy.build.wall * _at(z, _WALL, s)
    front = np.clip(-v / np.maximum(b, 1), 0, 1)
    narrow = np.clip((85 * s - np.abs(u)) / 20, 0, 1) * front
    wall = lateral * (1 - narrow) + (4 + 6.5 * anatomy.muscle) * s * anatomy.build.wall * narrow
    line = np.abs(u) - 9 * (1 + anatomy.visceral * 0.8)
    semilunar = np.abs(np.abs(u) - 78 * s)
    gap = np.maximum(np.exp(-np.clip(line, 0, None) / 3.0), 0.75 * np.exp(-((semilunar / 7) ** 2)))
    wall = wall * (1 - 0.7 * gap * (front > 0.35))
    ring = cavity - wall

    back, square = _back(anatomy, x - cx, y - cy, z, chest)
    fascia = _smooth_min(_smooth_min(ring, back, 12.0), square, 10.0)
    fat = anatomy.subcutaneous_mm * _at(z, _FAT, s)
    behind = np.clip(v / np.maximum(b, 1), -1, 1)
    fat = fat * (1 + 0.5 * (anatomy.subcutaneous_back - 1) * (behind + 1) * (1 - chest))
    fat = fat * (0.85 + 0.3 * behind**2) + 2.0
    skin = _smooth_min(_smooth_min(ring, back, 45.0), square, 30.0) - fat
    # The ring of muscle is open in front of the spine.
    share = np.where((np.abs(u) < 58 * s) & (v > 0), 9.0, cavity / np.maximum(wall, 1.0))
    side = (np.abs(u) > 78 * s) & (cavity > 0)
    return Walls(skin, fascia, cavity, back, square, share, side)


def _back(
    anatomy: Anatomy, u: np.ndarray, v: np.ndarray, z: np.ndarray, chest: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Distances to the erectors of the spine and to the square muscles of the loin."""
    s, m = anatomy.skeleton, anatomy.muscle**0.5
    low = np.clip((-z - 40 * s) / (70 * s), 0, 1)
    out = np.abs(u)
    a = s * m * (36 - 10 * chest + 2 * low)
    b = s * m * (27 - 8 * chest - 8 * low)
    # Below the sacrum's top the erectors give way to the gluteal muscles, with a cleft between them.
    seat = np.clip((-z - 90 * s) / (60 * s), 0, 1)
    a, b = a * (1 + 0.8 * seat), b * (1 + 0.5 * seat)
    back = _ellipse(
        out - (34 * m - 5 * chest + 48 * seat) * s, v - (40 + 4 * chest - 12 * seat) * s, a, b, 2.3
    )
    middle = _ellipse(u, v - 34 * s, (13 - 9 * seat) * s, (24 - 10 * seat) * s)
    back = _smooth_min(back, middle, 9.0)
    # The square muscle hangs between the last rib and the crest of the ilium.
    full = np.clip(1.2 - np.abs(z + 5 * s) / (75 * s), 0.02, 1) ** 0.5
    tilt_u = (out - 64 * s) * 0.94 - (v - 21 * s) * 0.34
    tilt_v = (out - 64 * s) * 0.34 + (v - 21 * s) * 0.94
    square = _ellipse(tilt_u, tilt_v, 20 * s * m * full, 8.5 * s * m * full)
    return back, square


def paint_walls(canvas: Canvas, anatomy: Anatomy, walls: Walls, field: Field) -> None:
    """Skin, fat, muscle with its planes and streaks of fat, and the cavity full of fat."""
    inside = walls.skin < 0
    canvas.paint(inside, Tissue.SUBCUTANEOUS)
    canvas.paint(inside & (walls.skin > -1.8), Tissue.SKIN)
    compartment = inside & (walls.fascia < 0) & (walls.skin < -2.5)
    canvas.paint(compartment, Tissue.WALL_FAT)
    where = np.flatnonzero(compartment)
    points = canvas.points[where]
    # Three flat muscles with fat between them; bundles of the erectors, more of both in the old and the fat.
    planes = 0.1 * anatomy.planes**2
    share = walls.ring[where]
    plane = np.minimum(np.abs(share - 0.36), np.abs(share - 0.7)) < planes
    plane &= walls.side[where]
    streaks = field.at(points, (9.0, 9.0, 40.0))
    clumps = field.at(points, 28.0, 1)
    infiltrated = streaks + 0.8 * clumps > 3.4 - 2.2 * anatomy.infiltration
    edge = np.minimum(np.minimum(walls.back, walls.lumbar_square)[where], (np.abs(share - 0.5) - 0.52) * 15)
    muscle = (edge < 0) & ~plane & ~infiltrated
    canvas.paint(where[muscle], Tissue.WALL_MUSCLE)
    hollow = inside & (walls.cavity < 0) & (walls.back > 0) & (walls.lumbar_square > 0.5)
    canvas.paint(hollow, Tissue.VISCERAL_FAT)
