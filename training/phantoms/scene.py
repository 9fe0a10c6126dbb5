"""A patient as a thing that can be asked, at any points, what lies there."""

from dataclasses import dataclass

import numpy as np

from training.phantoms.anatomy import Anatomy
from training.phantoms.bones import paint_disc, paint_vertebra
from training.phantoms.bowel import Loop, draw_loops, paint_bowel
from training.phantoms.canvas import Canvas
from training.phantoms.diaphragm import paint_diaphragm
from training.phantoms.girdle import paint_pelvis, paint_ribs
from training.phantoms.noise import Field
from training.phantoms.organs import paint_chest, paint_solid, paint_vessels
from training.phantoms.psoas import paint_psoas
from training.phantoms.spine import Vertebra, build_spine
from training.phantoms.surroundings import Extent, Surroundings, paint_metal, paint_surroundings
from training.phantoms.torso import Column, measure_walls, paint_walls


@dataclass(frozen=True)
class Scene:
    """Built once a patient; `sample` may be called for as many points as memory allows."""

    anatomy: Anatomy
    around: Surroundings
    spine: tuple[Vertebra, ...]
    column: Column
    extent: Extent
    loops: tuple[Loop, ...]
    warp: Field
    field: Field

    @property
    def skeleton(self) -> float:
        """Size of the skeleton, 1 for the middle."""
        return self.anatomy.skeleton

    def sample(self, points: np.ndarray) -> Canvas:
        """The painted tissues and levels at points (n, 3) of the patient's frame."""
        # Bones stay as they are; soft tissue is bent by a smooth field, which fades at the spine.
        anatomy = self.anatomy
        canvas = Canvas(points)
        bent = self._bent(canvas)
        soft = Canvas(bent)
        walls = measure_walls(anatomy, self.column, soft.x, soft.y, soft.z)
        skin = walls.skin
        # What is outside of the patient needs none of the rest.
        body = np.flatnonzero(skin < 1.0)
        soft, walls = Canvas(bent[body]), walls.at(body)
        inner = Canvas(canvas.points[body])
        paint_walls(soft, anatomy, walls, self.field)
        paint_chest(soft, anatomy, self.column, walls)
        paint_solid(soft, anatomy, self.column, walls, self.field)
        up = np.array((0.0, 1.0 if self.around.prone else -1.0, 0.0))
        paint_bowel(soft, anatomy, self.loops, walls, field=self.field, up=up)
        paint_diaphragm(soft, anatomy, self.column, walls)
        paint_vessels(soft, anatomy, self.column)
        paint_psoas(soft, anatomy, self.column, self.field)
        paint_ribs(soft, anatomy, self.spine, walls.cavity)
        inner.tissue = soft.tissue
        paint_pelvis(inner, anatomy, next(v for v in self.spine if v.name == "S1"))
        rng = np.random.default_rng([anatomy.seed, 10])
        for above, below in zip(self.spine[:-1], self.spine[1:], strict=True):
            paint_disc(inner, above, below, gas=bool(rng.random() < 0.04))
        for vertebra in self.spine:
            paint_vertebra(inner, vertebra, anatomy, self.field)
        paint_metal(inner, anatomy, self.spine)
        canvas.tissue[body], canvas.level[body] = inner.tissue, inner.level
        paint_surroundings(canvas, self.around, skin, self.extent)
        return canvas

    def _bent(self, canvas: Canvas) -> np.ndarray:
        cx, cy, _ = self.column.at(canvas.z)
        far = np.clip(np.hypot(canvas.x - cx, canvas.y - cy) / 90.0 - 0.3, 0, 1)
        shift = np.stack([self.warp.at(canvas.points, 110.0, axis) for axis in range(3)], 1)
        bent: np.ndarray = canvas.points + shift * (self.anatomy.warp_mm * far)[:, None]
        return bent


def build_scene(anatomy: Anatomy, around: Surroundings) -> Scene:
    """The scene of this patient; deterministic."""
    spine = build_spine(anatomy)
    column = Column.of(spine)
    return Scene(
        anatomy,
        around,
        spine,
        column,
        _extent(anatomy, column),
        draw_loops(anatomy),
        Field(anatomy.seed * 2 + 1, 3),
        Field(anatomy.seed * 2 + 2, 2),
    )


def _extent(anatomy: Anatomy, column: Column) -> Extent:
    """Found by walking out from the middle of L3."""
    steps = np.arange(420).astype(np.float32)
    zero = np.zeros_like(steps)

    def reach(x: np.ndarray, y: np.ndarray) -> float:
        outside = measure_walls(anatomy, column, x, y, zero).skin > 0
        return float(steps[np.argmax(outside)]) if outside.any() else float(steps[-1])

    middle = np.full_like(steps, -40.0)
    return Extent(-reach(zero, -steps), reach(zero, steps), reach(steps, middle))
