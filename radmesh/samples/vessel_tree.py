"""Grows the larger retinal vessels of a drawn macula: two arcades, and what branches off them.

Lengths and radii are fractions of the image's side, a field of about 6 mm: x to the right, y down.
The shape follows the textbook macula: arcades enter at the disc's side and bow around the fovea,
branches turn to it and end before the avascular zone.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

STEP = 0.005
LEAST_RADIUS = 0.0030
"""Below this a branch is lost among the capillaries."""

TWIG_RADIUS = 0.0020
TWIG_LEVEL = 4
"""Twigs lead over to the capillaries: seen in an image, but not drawn by those who mark vessels."""

SPACING = (0.058, 0.075, 0.070, 0.035)
"""Mean way along a vessel of a level from one branch to the next; 0 is an arcade, twigs are last."""

FORK = ((0.8, 1.4), (0.5, 1.0), (0.5, 1.0), (0.6, 1.3))
"""Angle between a branch and its parent of a level, radians: steep off an arcade, then ever flatter."""

LENGTH = ((0, 0), (0.18, 0.50), (0.06, 0.20), (0.03, 0.09), (0.03, 0.12))
WIDEST = (0.0125, 0.0060, 0.0044, 0.0036, TWIG_RADIUS)
"""Length and radius of the vessels of a level."""

CELLS = 128
"""Side of the grid that remembers where vessels run, so that none crosses another."""


@dataclass(frozen=True)
class Vessel:
    """One unbranched vessel. points: float (n, 2), x and y. radii: float (n,)."""

    points: np.ndarray
    radii: np.ndarray
    level: int


@dataclass(frozen=True)
class _Sprout:
    """Where a branch starts, and where it is drawn to."""

    start: np.ndarray
    heading: float
    radius: float
    length: float
    goal: np.ndarray
    level: int


class _Ground:
    """Which cells are taken by a vessel."""

    def __init__(self) -> None:
        self.taken = np.zeros((CELLS, CELLS), dtype=bool)

    def take(self, vessel: Vessel) -> None:
        cells = self._cells(vessel.points)
        self.taken[cells[:, 1], cells[:, 0]] = True

    def is_taken(self, point: np.ndarray) -> bool:
        x, y = self._cells(point[np.newaxis])[0]
        return bool(self.taken[max(0, y - 1) : y + 2, max(0, x - 1) : x + 2].any())

    @staticmethod
    def _cells(points: np.ndarray) -> np.ndarray:
        cells: np.ndarray = (points * CELLS).astype(int).clip(0, CELLS - 1)
        return cells


def grow(rng: np.random.Generator, fovea: np.ndarray) -> list[Vessel]:
    """The vessels of one eye, widest first. fovea: x and y. The disc is at the left."""
    ground = _Ground()
    vessels = [_arcade(rng, fovea, side) for side in (-1, 1)]
    for vessel in vessels:
        ground.take(vessel)
    waiting = [*_entering(rng, fovea), *(s for v in vessels for s in _sprouts(rng, v, fovea))]
    while waiting:
        # Wide ones first: a narrow one gives way, as it ends where it would cross.
        waiting.sort(key=lambda sprout: -sprout.radius)
        vessel = _branch(rng, waiting.pop(0), ground, fovea)
        if len(vessel.points) < 8:
            continue
        ground.take(vessel)
        vessels.append(vessel)
        if vessel.level < TWIG_LEVEL - 1:
            waiting += _sprouts(rng, vessel, fovea)
        if vessel.level < TWIG_LEVEL:
            waiting += _twigs(rng, vessel)
    return vessels


def _arcade(rng: np.random.Generator, fovea: np.ndarray, side: int) -> Vessel:
    """side: -1 the upper, 1 the lower. Bows away from the fovea, and comes nearer again beyond it."""
    x = np.arange(-0.02, 1.02, STEP)
    near, bow, tilt = rng.uniform(0.17, 0.25), rng.uniform(0.06, 0.16), rng.uniform(-0.10, 0.16)
    wave = sum(
        rng.normal(0, 0.013 / k) * np.sin(2 * math.pi * (k * x + rng.random())) for k in (1, 2, 3, 5, 9, 14)
    )
    away = near + bow * np.sin(math.pi * np.clip(x * 0.85 + 0.05, 0, 1)) + tilt * (x - 0.3).clip(0)
    points = np.stack([x, fovea[1] + side * away + wave], axis=1)
    radii = np.linspace(rng.uniform(0.0095, 0.0125), rng.uniform(0.006, 0.0085), len(x))
    return Vessel(points, radii, level=0)


def _entering(rng: np.random.Generator, fovea: np.ndarray) -> Iterator[_Sprout]:
    """Small vessels that come into the field from the disc, from the temporal side and from outside."""
    for side in (-1, 1):
        # Artery and vein run side by side: the second one of each arcade leaves for the outer corner.
        outer = np.array([rng.uniform(0.5, 1.1), fovea[1] + side * rng.uniform(0.75, 1.0)])
        start = np.array([0.0, fovea[1] + side * rng.uniform(0.33, 0.42)])
        yield _Sprout(start, side * rng.uniform(-0.2, 0.3), rng.uniform(0.006, 0.009), 1.0, outer, level=1)
    places = [(0.0, fovea[1] + rng.uniform(-0.13, 0.13), 0.0) for _ in range(2)]
    places += [(1.0, y + rng.uniform(-0.05, 0.05), math.pi) for y in (0.3, 0.5, 0.7)]
    places += [
        (rng.uniform(0.1, 0.9), y, heading) for y, heading in ((0.0, math.pi / 2), (1.0, -math.pi / 2))
    ]
    for x, y, heading in places:
        radius = rng.uniform(0.0035, 0.0055)
        start = np.array([x, y])
        yield _Sprout(start, heading + rng.normal(0, 0.3), radius, rng.uniform(0.15, 0.4), fovea, level=1)


def _sprouts(rng: np.random.Generator, parent: Vessel, fovea: np.ndarray) -> Iterator[_Sprout]:
    """Branches of a vessel, now on this side, now on that; towards the fovea or away from it."""
    at, side = SPACING[parent.level] * rng.uniform(0.3, 1.2), float(rng.choice((-1, 1)))
    while at < STEP * (len(parent.points) - 4):
        index = int(at / STEP)
        along = parent.points[index + 2] - parent.points[index]
        heading = math.atan2(along[1], along[0]) + side * rng.uniform(*FORK[parent.level])
        start = parent.points[index]
        radius = min(WIDEST[parent.level + 1], float(parent.radii[index]) * rng.uniform(0.48, 0.85))
        if radius >= LEAST_RADIUS and (np.abs(start - 0.5) < 0.49).all():
            ahead = np.array([math.cos(heading), math.sin(heading)])
            inwards = float(ahead @ (fovea - start)) > 0
            beside = rng.normal(0, 0.10, 2)
            goal = fovea + beside if inwards and parent.level == 0 else start + 2 * ahead
            length = rng.uniform(*LENGTH[parent.level + 1])
            yield _Sprout(start, heading, radius, length, goal, parent.level + 1)
        at += SPACING[parent.level] * rng.uniform(0.4, 1.6)
        side = -side if rng.random() < 0.75 else side


def _twigs(rng: np.random.Generator, parent: Vessel) -> Iterator[_Sprout]:
    """Thin ends on both sides of a vessel, straight on from where they leave."""
    for index in range(2, len(parent.points) - 2):
        if rng.random() < STEP / SPACING[-1]:
            along = parent.points[index + 1] - parent.points[index]
            heading = math.atan2(along[1], along[0]) + rng.choice((-1, 1)) * rng.uniform(*FORK[-1])
            start = parent.points[index]
            goal = start + 2 * np.array([math.cos(heading), math.sin(heading)])
            yield _Sprout(start, heading, TWIG_RADIUS, rng.uniform(*LENGTH[-1]), goal, TWIG_LEVEL)


def _branch(rng: np.random.Generator, sprout: _Sprout, ground: _Ground, fovea: np.ndarray) -> Vessel:
    point, heading, bend = sprout.start.copy(), sprout.heading, 0.0
    margin = rng.uniform(0.055, 0.12)
    points = [point.copy()]
    for number in range(int(sprout.length / STEP)):
        bend = 0.7 * bend + rng.normal(0, 0.030)
        towards = sprout.goal - point
        turn = math.atan2(towards[1], towards[0]) - heading
        heading += bend + 0.030 * math.sin(turn)
        swing = heading + rng.normal(0, 0.16)
        point = point + STEP * np.array([math.cos(swing), math.sin(swing)])
        outside = bool((np.abs(point - 0.5) > 0.52).any())
        past = math.cos(turn) < -0.3
        if outside or past or math.dist(point, fovea) < margin or (number > 6 and ground.is_taken(point)):
            break
        points.append(point)
    radii = np.linspace(sprout.radius, max(0.75 * TWIG_RADIUS, 0.5 * sprout.radius), len(points))
    return Vessel(np.array(points), radii, sprout.level)
