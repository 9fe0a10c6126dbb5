"""A phantom is what it says: the same from the same seed, with the sizes of its numbers."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy import ndimage

from training.phantoms.anatomy import Anatomy, draw_anatomy
from training.phantoms.canvas import Canvas
from training.phantoms.render import Drawn
from training.phantoms.scene import Scene, build_scene
from training.phantoms.second.scene import draw_second_phantom
from training.phantoms.spine import build_spine
from training.phantoms.surroundings import draw_surroundings
from training.phantoms.tissues import Compartment, Level, Tissue, compartments_of


def plain(**numbers: Any) -> Anatomy:
    """A patient of middle size, straight, without anything unusual, but for `numbers`."""
    usual: dict[str, Any] = {
        "lumbar_count": 5,
        "skeleton": 1.0,
        "female": False,
        "scoliosis_mm": 0.0,
        "unevenness": 0.0,
        "wedging": 0.0,
        "osteophytes": 0.0,
        "fractures": 0,
        "metal": 0,
        "lordosis": 1.0,
        "sacral_tilt": 38.0,
        "vertebra_width": 1.0,
        "vertebra_depth": 1.0,
        "vertebra_height": 1.0,
        "disc_height": 1.0,
    }
    return replace(draw_anatomy(1), **(usual | numbers))


def scene_of(anatomy: Anatomy) -> Scene:
    return build_scene(anatomy, draw_surroundings(np.random.default_rng(0)))


def axial(scene: Scene, z: float = 0.0, step: float = 2.0) -> Canvas:
    grid = np.meshgrid(np.arange(-240, 240, step), np.arange(-260, 200, step))
    return scene.sample(np.stack([*(g.ravel() for g in grid), np.full(grid[0].size, z)], 1))


def test_the_same_seed_gives_the_same_patient_and_the_same_pixels() -> None:
    first, second = (axial(scene_of(draw_anatomy(5)), step=4.0) for _ in range(2))
    assert draw_anatomy(5) == draw_anatomy(5)
    assert np.array_equal(first.tissue, second.tissue)
    assert not np.array_equal(first.tissue, axial(scene_of(draw_anatomy(6)), step=4.0).tissue)


def test_points_are_painted_alike_however_they_are_asked_for() -> None:
    scene = scene_of(plain())
    points = np.random.default_rng(0).uniform(-120, 120, (4000, 3)).astype(np.float32)
    whole = scene.sample(points).tissue
    halves = np.concatenate([scene.sample(points[:1500]).tissue, scene.sample(points[1500:]).tissue])
    assert np.array_equal(whole, halves)


def test_the_body_of_l3_has_the_height_and_depth_that_its_vertebra_says() -> None:
    anatomy = plain()
    l3 = next(v for v in build_spine(anatomy) if v.name == "L3")
    y, z = np.meshgrid(np.arange(-30, 30, 0.5), np.arange(-25, 25, 0.5))
    points = np.stack([np.zeros(y.size), y.ravel(), z.ravel()], 1)
    body = (scene_of(anatomy).sample(points).level == Level.L3).reshape(y.shape)
    assert body.any(1).sum() * 0.5 == pytest.approx(l3.height, abs=2.0)
    # The hollow of its back costs an eighth of the half that bears it.
    assert body.any(0).sum() * 0.5 == pytest.approx(l3.depth * (1 - 0.06), abs=2.0)
    assert 0.7 < body.sum() * 0.25 / (l3.height * l3.depth) < 0.95


@pytest.mark.parametrize(("count", "below"), [(4, Level.L4), (5, Level.L5), (6, Level.L5)])
def test_the_count_of_lumbar_vertebrae_is_as_asked(count: int, below: Level) -> None:
    spine = build_spine(plain(lumbar_count=count))
    lumbar = [v for v in spine if v.name[0] == "L"]
    assert len(lumbar) == count
    assert lumbar[-1].level is below
    assert [v.name for v in spine if np.allclose(v.frame.centre, 0)] == ["L3"]


def test_the_last_rib_belongs_to_t12() -> None:
    borne = [v.name for v in build_spine(plain()) if v.rib_mm]
    assert borne[-1] == "T12"


def test_every_compartment_and_level_is_there() -> None:
    scene = scene_of(plain())
    assert set(np.unique(compartments_of(axial(scene).tissue))) == set(Compartment)
    y, z = np.meshgrid(np.arange(-60, 120, 2.0), np.arange(-230, 250, 2.0))
    middle = scene.sample(np.stack([np.zeros(y.size), y.ravel(), z.ravel()], 1))
    assert set(np.unique(middle.level)) == set(Level)


def test_thicker_fat_makes_more_of_it_and_a_larger_muscle_more_muscle() -> None:
    def area(tissue: Tissue, **numbers: float) -> int:
        return int((axial(scene_of(plain(warp_mm=0.0, **numbers))).tissue == tissue).sum())

    assert area(Tissue.SUBCUTANEOUS, subcutaneous_mm=40.0) > 2 * area(
        Tissue.SUBCUTANEOUS, subcutaneous_mm=15.0
    )
    assert area(Tissue.PSOAS, psoas=1.2) > 1.3 * area(Tissue.PSOAS, psoas=0.7)


def test_the_diaphragm_lines_the_wall_above_the_last_ribs_and_is_none_of_its_muscles() -> None:
    def seen(z: float, **numbers: float) -> Canvas:
        anatomy = plain(warp_mm=0.0)
        return axial(scene_of(replace(anatomy, build=replace(anatomy.build, **numbers))), z=z)

    lined, bare = (seen(95.0, lining_mm=thick, crura=0.0) for thick in (4.5, 0.0))
    lining = lined.tissue == Tissue.DIAPHRAGM
    assert lining.sum() > 3 * (bare.tissue == Tissue.DIAPHRAGM).sum()
    assert (compartments_of(lined.tissue)[lining] == Compartment.CAVITY).all()
    assert not (seen(0.0, lining_mm=4.5, crura=0.0).tissue == Tissue.DIAPHRAGM).any()


def test_a_psoas_lies_and_is_shaped_as_its_build_says() -> None:
    def psoas(**numbers: float) -> np.ndarray:
        anatomy = plain(warp_mm=0.0, asymmetry=0.0)
        canvas = axial(scene_of(replace(anatomy, build=replace(anatomy.build, **numbers))), step=1.0)
        found: np.ndarray = canvas.points[(canvas.tissue == Tissue.PSOAS) & (canvas.x > 0)]
        return found

    near, far = psoas(psoas_out_mm=0.0), psoas(psoas_out_mm=8.0)
    assert 5 < far[:, 0].mean() - near[:, 0].mean() < 9
    flat, long = psoas(psoas_long=0.8), psoas(psoas_long=1.25)
    assert np.ptp(long[:, 1]) > np.ptp(flat[:, 1]) + 4


def touching(scene: Drawn) -> np.ndarray:
    """The tissues within a millimetre of the psoas at L3."""
    grid = np.meshgrid(np.arange(-80, 80, 1.0), np.arange(-60, 80, 1.0))
    points = np.stack([*(g.ravel() for g in grid), np.zeros(grid[0].size)], 1).astype(np.float32)
    tissue = scene.sample(points).tissue.reshape(grid[0].shape)
    psoas = np.isin(tissue, (Tissue.PSOAS, Tissue.PSOAS_FAT))
    found: np.ndarray = np.unique(tissue[ndimage.binary_dilation(psoas) & ~psoas])
    return found


def test_a_sheath_parts_the_psoas_from_the_muscles_behind_it() -> None:
    def beside(**numbers: float) -> np.ndarray:
        anatomy = plain(warp_mm=0.0)
        build = replace(anatomy.build, psoas_out_mm=0.0, psoas_back_mm=6.0, **numbers)
        return touching(scene_of(replace(anatomy, build=build)))

    assert Tissue.WALL_MUSCLE in beside(sheath_mm=-1.0)
    assert Tissue.WALL_MUSCLE not in beside(sheath_mm=2.5)


@pytest.mark.parametrize("seed", range(20, 24))
def test_the_second_renderer_shows_the_edge_of_the_psoas_that_its_truth_tells(seed: int) -> None:
    seen = touching(draw_second_phantom(seed).scene)
    assert not set(seen) & {Tissue.WALL_MUSCLE, Tissue.BOWEL, Tissue.CORTEX}


def test_nothing_of_the_patient_lies_outside_the_skin() -> None:
    scene = scene_of(plain(metal=1))
    canvas = axial(scene)
    far = (np.abs(canvas.x) > scene.extent.side + 40) | (canvas.y < scene.extent.front - 40)
    inner = compartments_of(canvas.tissue) != Compartment.BACKGROUND
    assert not (inner & far).any()
