"""Where the vertebrae of a patient are, and how large."""

from dataclasses import dataclass

import numpy as np

from training.phantoms.anatomy import Anatomy
from training.phantoms.canvas import Frame
from training.phantoms.tissues import Level

# Width, depth, height of a body and the disc below it, mm, and its usual tilt against the floor, degrees.
# Sizes are about those of Panjabi et al., Spine 1991 and 1992; discs and tilts those of a supine CT.
_TABLE: dict[str, tuple[float, float, float, float, float]] = {
    "T4": (27, 21, 18.5, 4.0, 16),
    "T5": (28, 23, 19.0, 4.0, 12),
    "T6": (29, 25, 19.5, 4.0, 8),
    "T7": (30, 26, 20.0, 4.5, 4),
    "T8": (31, 28, 20.5, 4.5, 0),
    "T9": (33, 30, 21.0, 5.0, -4),
    "T10": (36, 31, 22.0, 5.5, -7),
    "T11": (39, 32, 23.0, 6.0, -9),
    "T12": (42, 33, 25.0, 7.0, -10),
    "L1": (44, 33, 26.5, 8.0, -10),
    "L2": (46, 34, 27.5, 9.5, -7),
    "L3": (48, 34, 28.0, 10.5, -1),
    "L4": (50, 35, 27.5, 11.0, 7),
    "L5": (52, 35, 27.0, 10.0, 18),
    "S1": (52, 32, 27.0, 2.5, 40),
    "S2": (40, 23, 24.0, 1.5, 46),
    "S3": (32, 18, 21.0, 1.0, 38),
    "S4": (27, 14, 18.0, 1.0, 20),
    "S5": (21, 11, 16.0, 2.0, -2),
    "C1": (14, 8, 24.0, 0.0, -30),
}
_LEVELS = {"T12": Level.T12, "L1": Level.L1, "L2": Level.L2, "L3": Level.L3, "L4": Level.L4, "L5": Level.L5}


@dataclass(frozen=True)
class Vertebra:
    """A body: its frame (left, back, head), its sizes in millimetres and how its shape departs from a box.

    name: T4 to L6, S1 to S5, C1 for the coccyx. rib_mm: length of its ribs, 0 where it bears none.
    """

    name: str
    level: Level
    frame: Frame
    width: float
    depth: float
    height: float
    wedge: float
    waist: float
    dent: float
    rib_mm: float

    @property
    def sacral(self) -> bool:
        """Whether it is part of the sacrum or the coccyx."""
        return self.level is Level.SACRUM


def build_spine(anatomy: Anatomy) -> tuple[Vertebra, ...]:
    """The vertebrae from head to coccyx; L3 is at the origin."""
    rng = np.random.default_rng([anatomy.seed, 2])
    names = _names(anatomy.lumbar_count)
    rows = [_TABLE["L5" if name == "L6" else name] for name in names]
    fractured = set(rng.choice(np.arange(5, 12), anatomy.fractures, replace=False).tolist())
    sizes = [_sized(anatomy, row, rng, index in fractured) for index, row in enumerate(rows)]
    tilts = _tilts(anatomy, names, rng)
    centres = _centres(sizes, tilts)
    centres -= centres[names.index("L3")]
    sway = anatomy.scoliosis_mm * np.sin(
        2 * np.pi * centres[:, 2] / anatomy.scoliosis_wave_mm + np.radians(anatomy.scoliosis_phase)
    )
    centres[:, 0] = sway - sway[names.index("L3")]
    slope = np.gradient(centres[:, 0], centres[:, 2])
    spine = []
    for index, name in enumerate(names):
        width, depth, height, _disc, wedge = sizes[index]
        # Where the column bends to a side, it also turns: the spinous processes point to the hollow side.
        yaw = 0.6 * centres[index, 0] + rng.normal(0, 1.5)
        axes = _axes(np.degrees(np.arctan(slope[index])), tilts[index], yaw)
        spine.append(
            Vertebra(
                name,
                _level(name),
                Frame(centres[index], axes),
                width,
                depth,
                height,
                wedge,
                waist=float(rng.uniform(0.03, 0.14)),
                dent=float(rng.uniform(0.3, 2.2)),
                rib_mm=_rib(anatomy, name),
            )
        )
    return tuple(spine)


def _names(lumbar_count: int) -> list[str]:
    lumbar = [f"L{i}" for i in range(1, lumbar_count + 1)]
    return [*(f"T{i}" for i in range(4, 13)), *lumbar, "S1", "S2", "S3", "S4", "S5", "C1"]


def _level(name: str) -> Level:
    if name[0] in "SC":
        return Level.SACRUM
    return _LEVELS.get(name, Level.L5 if name == "L6" else Level.THORACIC)


def _rib(anatomy: Anatomy, name: str) -> float:
    if name[0] != "T":
        return 0.0
    return {"T12": anatomy.last_rib_mm, "T11": 150.0 + 0.4 * anatomy.last_rib_mm}.get(name, 400.0)


def _sized(
    anatomy: Anatomy, row: tuple[float, float, float, float, float], rng: np.random.Generator, fractured: bool
) -> tuple[float, float, float, float, float]:
    """Width, depth, height, disc and wedge of one vertebra of this patient."""
    width, depth, height, disc, _tilt = row
    sex = 0.93 if anatomy.female else 1.02
    own = np.exp(rng.normal(0, anatomy.unevenness, 4))
    height *= anatomy.vertebra_height * own[2] * (rng.uniform(0.55, 0.85) if fractured else 1.0)
    wedge = rng.normal(0.0, anatomy.wedging) - (rng.uniform(0, 0.12) if fractured else 0.0)
    # A disc ages for itself: one of them is often much lower than its neighbours.
    worn = rng.uniform(0.3, 0.8) if rng.random() < 0.15 else 1.0
    scale = anatomy.skeleton * sex
    return (
        width * anatomy.vertebra_width * own[0] * scale,
        depth * anatomy.vertebra_depth * own[1] * scale,
        height * scale,
        disc * anatomy.disc_height * own[3] * worn * scale,
        float(np.clip(wedge, -0.25, 0.2)),
    )


def _tilts(anatomy: Anatomy, names: list[str], rng: np.random.Generator) -> np.ndarray:
    """Tilt of each vertebra in degrees, positive when its front end points to the feet."""
    tilts = []
    for name in names:
        usual = _TABLE["L5" if name == "L6" else name][4]
        if name[0] == "T":
            tilt = -10 + (usual + 10) * anatomy.kyphosis
        elif name[0] == "L":
            tilt = usual * anatomy.lordosis * (0.5 + anatomy.sacral_tilt / 76)
        else:
            tilt = usual + (anatomy.sacral_tilt - 40)
        tilts.append(tilt + rng.normal(0, 25 * anatomy.unevenness))
    return np.asarray(tilts) + rng.normal(0, 2.5)


def _centres(sizes: list[tuple[float, float, float, float, float]], tilts: np.ndarray) -> np.ndarray:
    """Centres from head to foot, each hung below the one before along both normals."""
    place, centres = np.zeros(3), []
    for index, (_w, _d, height, _disc, _wedge) in enumerate(sizes):
        down = -_normal(tilts[index])
        if index:
            above = sizes[index - 1]
            bend = -_normal((tilts[index - 1] + tilts[index]) / 2)
            place = place - _normal(tilts[index - 1]) * above[2] / 2 + bend * above[3] + down * height / 2
        centres.append(place)
    return np.asarray(centres)


def _normal(tilt: float) -> np.ndarray:
    """The direction to the head of a vertebra tilted forward by degrees."""
    angle = np.radians(tilt)
    return np.array([0.0, -np.sin(angle), np.cos(angle)])


def _axes(roll: float, tilt: float, yaw: float) -> np.ndarray:
    """Rows: left, back, head."""
    head = _normal(tilt) + np.array([np.tan(np.radians(roll)), 0, 0])
    head /= np.linalg.norm(head)
    turn = np.radians(yaw)
    back = np.array([np.sin(turn), np.cos(turn), 0.0])
    back -= head * (back @ head)
    back /= np.linalg.norm(back)
    return np.stack([np.cross(back, head), back, head])
