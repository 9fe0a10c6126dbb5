"""The second renderer's patient as a thing that can be asked what lies at any point, and as a phantom."""

from dataclasses import dataclass

import numpy as np

from training.phantoms.canvas import Canvas
from training.phantoms.noise import Field
from training.phantoms.render import Phantom
from training.phantoms.scan import ScanRanges, draw_scan
from training.phantoms.second.body import Body, Segment, draw_body, draw_column
from training.phantoms.second.bones import paint_bowl, paint_column, paint_hoops
from training.phantoms.second.texture import fractal
from training.phantoms.second.trunk import measure_rings, paint_inside, paint_rings, wrap_psoas
from training.phantoms.surroundings import Extent
from training.phantoms.tissues import Tissue

HELD_OUT_SCANS = ScanRanges(
    pixel_mm=(0.55, 1.1),
    yaw=(-16, 16),
    blur_mm=(0.25, 1.1),
    sharpening=(0.0, 1.6),
    noise_hu=(2, 40),
    grain_mm=(0.3, 2.2),
    streaks=(0.0, 18.0),
    field_mm=(280, 500),
)


@dataclass(frozen=True)
class SecondScene:
    """As `training.phantoms.scene.Scene`, made otherwise."""

    body: Body
    spine: tuple[Segment, ...]
    extent: Extent
    field: Field
    table_mm: float

    @property
    def skeleton(self) -> float:
        """Size of the skeleton, 1 for the middle."""
        return self.body.skeleton

    def sample(self, points: np.ndarray) -> Canvas:
        """The painted tissues and levels at points (n, 3) of the patient's frame."""
        canvas = Canvas(points)
        rings = measure_rings(self.body, canvas.x, canvas.y, canvas.z)
        skin = rings.skin
        inside = np.flatnonzero(skin < 1.0)
        inner, rings = Canvas(canvas.points[inside]), rings.at(inside)
        centres = np.stack([one.frame.centre for one in self.spine[:-4]])[::-1]
        line = tuple(
            np.interp(inner.z, centres[:, 2], centres[:, axis]).astype(np.float32) for axis in (0, 1)
        )
        paint_rings(inner, self.body, rings, (line[0], line[1]))
        self._chest(inner, rings.cavity, line[0])
        paint_inside(inner, self.body, rings, (line[0], line[1]))
        wrap_psoas(inner, self.body, (line[0], line[1]))
        paint_hoops(inner, self.body, self.spine, rings.cavity)
        paint_bowl(inner, self.body, next(one for one in self.spine if one.name == "S1"))
        paint_column(inner, self.body, self.spine)
        canvas.tissue[inside], canvas.level[inside] = inner.tissue, inner.level
        depth = canvas.y - self.extent.back - self.table_mm - 0.0004 * canvas.x**2
        plate = (skin > 1) & ((np.abs(depth) < 1.5) | (np.abs(depth - 30) < 1.5)) & (np.abs(canvas.x) < 210)
        canvas.paint(plate, Tissue.TABLE)
        return canvas

    def _chest(self, canvas: Canvas, cavity: np.ndarray, middle: np.ndarray) -> None:
        s = self.body.skeleton
        front = np.clip((30 - canvas.y) / (2 * self.body.half_width * self.body.flatness), 0, 1)
        dome = (95 + 125 * np.sin(np.clip(front, 0, 1) * 2.2)) * s + 6 * fractal(
            self.body.seed, canvas.points, 90.0
        )
        lung = (canvas.z > dome) & (cavity < -3)
        canvas.paint(lung, Tissue.LUNG)
        canvas.paint(lung & (np.abs(canvas.x - middle) < 32 * s), Tissue.HEART)


def draw_second_phantom(seed: int) -> Phantom:
    """The phantom of this seed by the second renderer and from its own ranges."""
    body = draw_body(seed)
    rng = np.random.default_rng([seed, 106])
    scene = SecondScene(body, draw_column(body), _extent(body), Field(seed + 77), float(rng.uniform(3, 30)))
    mean, spread = _brightness(body, rng)
    return Phantom(draw_scan(seed, HELD_OUT_SCANS), scene, mean, spread)


def _extent(body: Body) -> Extent:
    steps = np.arange(450).astype(np.float32)
    zero = np.zeros_like(steps)

    def reach(x: np.ndarray, y: np.ndarray) -> float:
        return float(np.argmax(measure_rings(body, x, y, zero).skin > 0))

    return Extent(-reach(zero, -steps), reach(zero, steps), reach(steps, zero - 50))


def _brightness(body: Body, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Mean and deviation of each tissue in HU, by Tissue; soft tissue follows a few numbers."""
    mean = np.full(max(Tissue) + 1, body.organ_hu, np.float32)
    spread = np.full(max(Tissue) + 1, 6.0, np.float32)
    given = {
        Tissue.AIR: -1000.0,
        Tissue.GAS: -980.0,
        Tissue.LUNG: -800.0,
        Tissue.SKIN: -20.0,
        Tissue.SUBCUTANEOUS: body.fat_hu,
        Tissue.VISCERAL_FAT: body.fat_hu + rng.uniform(-4, 12),
        Tissue.WALL_FAT: body.fat_hu + rng.uniform(0, 30),
        Tissue.PSOAS_FAT: body.fat_hu + rng.uniform(10, 50),
        Tissue.CANAL_FAT: body.fat_hu + 30,
        Tissue.WALL_MUSCLE: body.muscle_hu,
        Tissue.PSOAS: body.muscle_hu + rng.uniform(-4, 8),
        Tissue.FLUID: rng.uniform(-5, 20),
        Tissue.STOOL: rng.uniform(-120, 60),
        Tissue.ENTERIC: rng.uniform(60, 420),
        Tissue.BOWEL: rng.uniform(20, 90),
        Tissue.ARTERY: body.vessel_hu,
        Tissue.VEIN: 40 + 0.5 * (body.vessel_hu - 30),
        Tissue.HEART: 40 + 0.6 * (body.vessel_hu - 30),
        Tissue.CORTEX: body.organ_hu + 0.4 * (body.vessel_hu - 30),
        Tissue.VESSEL_FINE: rng.uniform(-60, 90),
        Tissue.DISC: rng.uniform(55, 115),
        Tissue.SAC: rng.uniform(5, 40),
        Tissue.CANCELLOUS: body.bone_hu,
        Tissue.CORTICAL: body.shell_hu,
        Tissue.TABLE: rng.uniform(-400, 50),
    }
    for tissue, value in given.items():
        mean[tissue] = value
    spread[Tissue.STOOL], spread[Tissue.LUNG], spread[Tissue.CORTICAL] = 90.0, 60.0, 0.2 * body.shell_hu
    spread[Tissue.CANCELLOUS] = 0.22 * body.bone_hu + 12
    return mean, spread
