"""The patient of the second renderer in numbers, and the curve that the spine follows."""

from dataclasses import dataclass, fields

import numpy as np

from training.phantoms.anatomy import Range
from training.phantoms.canvas import Frame
from training.phantoms.tissues import Level


@dataclass(frozen=True)
class Body:
    """Lengths in mm. bow: of the loin forward; sway: of the spine to a side; round: 0 oval, 1 boxy."""

    seed: int
    lumbar: int
    skeleton: float
    bow: float
    sway: float
    pelvic_tilt: float
    taper: float
    gap_share: float
    half_width: float
    flatness: float
    round: float
    fat_front: float
    fat_back: float
    wall: float
    back: float
    psoas: float
    marbling: float
    loops: float
    bone_hu: float
    shell_hu: float
    muscle_hu: float
    fat_hu: float
    vessel_hu: float
    organ_hu: float


@dataclass(frozen=True)
class BodyRanges:
    """Partly outside of what training draws: taller and smaller people, flatter trunks, denser fat."""

    skeleton: Range = (0.83, 1.17)
    bow: Range = (4, 26)
    sway: Range = (-14, 14)
    pelvic_tilt: Range = (25, 58)
    taper: Range = (0.945, 0.985)
    gap_share: Range = (0.16, 0.38)
    half_width: Range = (104, 152)
    flatness: Range = (0.5, 0.74)
    round: Range = (0.0, 1.0)
    fat_front: Range = (5, 48)
    fat_back: Range = (5, 58)
    wall: Range = (9, 25)
    back: Range = (0.75, 1.3)
    psoas: Range = (0.7, 1.3)
    marbling: Range = (0.0, 1.0)
    loops: Range = (8, 30)
    bone_hu: Range = (60, 320)
    shell_hu: Range = (300, 1100)
    muscle_hu: Range = (18, 75)
    fat_hu: Range = (-118, -82)
    vessel_hu: Range = (30, 330)
    organ_hu: Range = (25, 130)


@dataclass(frozen=True)
class Segment:
    """One vertebra: half sizes of its body in its own frame, left, back and head."""

    name: str
    level: Level
    frame: Frame
    half: tuple[float, float, float]


def draw_body(seed: int) -> Body:
    """The patient of this seed."""
    rng = np.random.default_rng([seed, 101])
    drawn = {f.name: float(rng.uniform(*getattr(BodyRanges(), f.name))) for f in fields(BodyRanges)}
    lumbar = int(rng.choice((4, 5, 6), p=(0.025, 0.95, 0.025)))
    return Body(seed=seed, lumbar=lumbar, **drawn)


def draw_column(body: Body) -> tuple[Segment, ...]:
    """From head to foot; L3 is at the origin. The column is cut from one smooth curve."""
    rng = np.random.default_rng([body.seed, 102])
    lumbar = [f"L{i}" for i in range(1, body.lumbar + 1)]
    names = [*(f"T{i}" for i in range(3, 13)), *lumbar]
    # Pitch from one vertebra to the next shrinks towards the head by a constant factor.
    pitch = 38.5 * body.skeleton * body.taper ** np.arange(len(names))[::-1]
    pitch = pitch * np.exp(rng.normal(0, 0.025, len(names)))
    along = np.cumsum(pitch[::-1])[::-1] - pitch / 2
    z = along - along[names.index("L3")]
    curve = _Curve(body)
    segments = []
    for name, height, size in zip(names, z, pitch, strict=True):
        centre, axes = curve.at(float(height), rng)
        half_h = size * (1 - body.gap_share * (0.75 if name[0] == "T" else 1.0)) / 2
        half_w = size * 0.63 * float(np.exp(rng.normal(0, 0.04)))
        half = (half_w, half_w * float(rng.uniform(0.66, 0.8)), half_h)
        segments.append(Segment(name, _level(name), Frame(centre, axes), half))
    segments.extend(_sacrum(body, segments[-1]))
    shift = segments[names.index("L3")].frame.centre
    return tuple(
        Segment(s.name, s.level, Frame(s.frame.centre - shift, s.frame.axes), s.half) for s in segments
    )


class _Curve:
    """The line through the centres as a function of height: forward in the loin, backward in the chest."""

    def __init__(self, body: Body) -> None:
        self._body = body

    def point(self, z: float) -> np.ndarray:
        s = self._body.skeleton
        loin = -self._body.bow * np.exp(-(((z + 10) / (95 * s)) ** 2))
        chest = 0.9 * self._body.bow * np.exp(-(((z - 230 * s) / (110 * s)) ** 2))
        return np.array((self._body.sway * np.sin(z / (120 * s)), loin + chest, z))

    def at(self, z: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        head = self.point(z + 4) - self.point(z - 4)
        head = head / np.linalg.norm(head) + np.array((0, rng.normal(0, 0.03), 0))
        head /= np.linalg.norm(head)
        left = np.cross((0.0, 1.0, 0.0), head)
        left /= np.linalg.norm(left)
        return self.point(z), np.stack([left, np.cross(head, left), head])


def _sacrum(body: Body, last: Segment) -> list[Segment]:
    """Five pieces of a wedge that starts at the last disc and curls forward."""
    tilt, place = np.radians(body.pelvic_tilt), last.frame.centre.copy()
    head = last.frame.axes[2]
    place = place - head * last.half[2] * (1 + 1.2 * body.gap_share)
    found = []
    for index in range(5):
        half_h = (15 - 1.6 * index) * body.skeleton
        head = np.array((0.0, -np.sin(tilt), np.cos(tilt)))
        place = place - head * half_h
        axes = np.stack([(1.0, 0.0, 0.0), np.cross(head, (1.0, 0.0, 0.0)), head])
        half = (last.half[0] * (1 - 0.15 * index), last.half[1] * (0.92 - 0.17 * index), half_h)
        found.append(Segment(f"S{index + 1}", Level.SACRUM, Frame(place, axes), half))
        place = place - head * half_h
        tilt -= np.radians(4 + 6 * index)
    return found


def _level(name: str) -> Level:
    if name[0] == "T":
        return Level.T12 if name == "T12" else Level.THORACIC
    return Level.L5 if name == "L6" else Level[name]
