"""Images for both networks from the open real CT: strongly warped, its tissues refilled or half refilled."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy import ndimage

from training.ct.inputs import BESIDE_MM, BLOCK_MM, PITCH_MM, SLAB_MM, Case
from training.ct.phantom_cases import covered, mirrored, spine_error, stretched
from training.ct.real_patient import FINE_MM, VOXEL_MM, RealPatient, load_patient
from training.phantoms.anatomy import draw_anatomy
from training.phantoms.canvas import rotation
from training.phantoms.intensities import draw_intensities
from training.phantoms.noise import Field
from training.phantoms.scan import Scan, degrade, draw_scan
from training.phantoms.tissues import compartments_of


@dataclass(frozen=True)
class Warp:
    """From where in the real patient a point of the warped one is taken; both in mm, the centre of L3 at 0.

    scale and turn first, then a bend of the whole spine, then a smooth random shift.
    """

    scale: np.ndarray
    turn: np.ndarray
    bend_mm: np.ndarray
    wave_mm: float
    phase: float
    shift_mm: float
    field: Field

    def source(self, points: np.ndarray) -> np.ndarray:
        """Where these points, float32 (n, 3), come from."""
        shift = np.stack([self.field.at(points, 130.0, axis) for axis in range(3)], 1) * self.shift_mm
        wave = np.sin(points[:, 2] / self.wave_mm * 6.2832 + self.phase) - np.sin(self.phase)
        bent = points + shift + wave[:, None] * self.bend_mm
        there: np.ndarray = (bent @ self.turn.T / self.scale).astype(np.float32)
        return there

    def target(self, places: np.ndarray) -> np.ndarray:
        """The inverse for some places, by repetition."""
        found: np.ndarray = (places * self.scale) @ self.turn
        for _ in range(12):
            found += ((places - self.source(found.astype(np.float32))) * self.scale) @ self.turn * 0.7
        return found


def draw_warp(rng: np.random.Generator) -> Warp:
    """Sizes change by up to a quarter, each axis for itself."""
    return Warp(
        scale=np.exp(rng.uniform(-0.2, 0.2) * 0.6 + rng.uniform(-0.16, 0.16, 3)),
        turn=rotation(*rng.uniform(-7, 7, 3)),
        bend_mm=np.array((rng.normal(0, 6), rng.normal(0, 9), 0)),
        wave_mm=float(rng.uniform(180, 450)),
        phase=float(rng.uniform(0, 6.3)),
        shift_mm=float(rng.uniform(1, 7)),
        field=Field(int(rng.integers(1 << 30)), 3),
    )


@dataclass(frozen=True)
class Warped:
    """A warped patient with intensities of his own; share: of the real intensities in the mix."""

    patient: RealPatient
    warp: Warp
    mean: np.ndarray
    spread: np.ndarray
    share: float
    texture: Field

    def look(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """HU, tissue and level at points (n, 3)."""
        there = self.warp.source(points) + self.patient.centre.astype(np.float32)
        index = np.floor(there / FINE_MM).astype(np.int32)
        size = np.array(self.patient.tissue.shape, np.int32)
        inside = ((index >= 0) & (index < size)).all(1)
        flat = np.ravel_multi_index(tuple(np.clip(index, 0, size - 1).T), self.patient.tissue.shape)
        tissue, level = self.patient.tissue.ravel()[flat], self.patient.level.ravel()[flat]
        tissue, level = np.where(inside, tissue, 0), np.where(inside, level, 0)
        grain = self.texture.at(points, 7.0) + 0.5 * self.texture.at(points, 20.0)
        filled = self.mean[tissue] + self.spread[tissue] * grain
        if not self.share:
            return filled, tissue, level
        places = (there / VOXEL_MM - 0.5).T
        real = ndimage.map_coordinates(self.patient.hu, places, order=1, mode="constant", cval=-1024)
        real = np.where(inside & ((tissue > 0) | (real < -200)), real, -1000)
        return self.share * real + (1 - self.share) * filled, tissue, level


class RealCases:
    """Draws images of the one real patient, each warped in its own way."""

    def __init__(self, folder: Path) -> None:
        self._patient = load_patient(folder)

    def draw(self, network: str, seed: int) -> Case:
        """The warped image of this seed for `locate` or `measure`."""
        rng = np.random.default_rng([seed, 40])
        mean, spread = draw_intensities(draw_anatomy(seed + 500_000))
        # A third as they were, a third refilled, a third in between.
        share = float(np.clip(rng.uniform(-1, 2), 0, 1))
        warped = Warped(self._patient, draw_warp(rng), mean, spread, share, Field(seed))
        scan = draw_scan(seed + 500_000)
        if network == "locate":
            return self._sagittal(warped, scan, rng, covered(rng, 1.0))
        scale = float(warped.warp.scale[2])
        z = rng.uniform(-50, 60) * scale if rng.random() < 0.8 else rng.uniform(-75, 95) * scale
        return _axial(warped, scan, rng, z)

    def plain(self, network: str) -> Iterator[Case]:
        """The patient as he is, for measuring: slices from L4 to L2, or five sagittal planes."""
        for seed in range(5 if network == "locate" else 30):
            rng = np.random.default_rng([seed, 41])
            mean, spread = draw_intensities(draw_anatomy(seed))
            still = Warp(np.ones(3), np.eye(3), np.zeros(3), 300.0, 0.0, 0.0, Field(0, 3))
            warped = Warped(self._patient, still, mean, spread, 1.0, Field(seed))
            scan = replace(draw_scan(seed), step_mm=3.0, thickness_mm=3.0, noise_hu=0.0, streaks=0.0)
            scan = replace(scan, sharpening=0.0, blur_mm=0.3, field_mm=500.0, gain=1.0, offset_hu=0.0)
            if network == "locate":
                yield self._sagittal(warped, scan, rng, coverage=(-250.0, 250.0))
            else:
                yield _axial(warped, scan, rng, z=-45.0 + 3.0 * seed)

    def _sagittal(
        self, warped: Warped, scan: Scan, rng: np.random.Generator, coverage: tuple[float, float]
    ) -> Case:
        line = warped.warp.target(self._patient.bodies - self._patient.centre)
        depth = self._patient.hu.shape[2] * VOXEL_MM
        scale = float(warped.warp.scale[2])
        low, high = coverage
        low = max(low, -self._patient.centre[2] * scale + 12)
        high = min(high, (depth - self._patient.centre[2]) * scale - 12)
        error = spine_error(rng)
        front = rng.uniform(-210, -160)
        columns = np.arange(front, front + 192 * PITCH_MM, PITCH_MM)
        slices = np.arange(high, low, -scan.step_mm)
        fine = np.arange(high, slices[-1], -PITCH_MM)

        def points(z: np.ndarray, y: np.ndarray, beside: float = 0.0) -> np.ndarray:
            grid_y, grid_z = np.meshgrid(y, z)
            x = np.interp(z, line[:, 2], line[:, 0]) + error(z) + beside
            grid_x = np.broadcast_to(x[:, None], grid_y.shape)
            return np.stack([grid_x, grid_y, grid_z], 2).astype(np.float32).reshape(-1, 3)

        middle = points(slices, columns)
        box = np.array((SLAB_MM / 2, PITCH_MM / 2, scan.thickness_mm / 2))
        hu = _mean(warped, middle, box, 4, rng)[0].reshape(len(slices), -1)
        hu = degrade(hu, (scan.step_mm, PITCH_MM), scan, rng)
        truth = warped.look(points(fine, columns))[2].reshape(len(fine), -1).astype(np.uint8)
        coarse_z, coarse_y = np.arange(high, slices[-1], -4.0), columns[::2]
        planes = [points(coarse_z, coarse_y, side * far) for side in (-1.0, 1.0) for far in BESIDE_MM]
        block = np.array((BLOCK_MM / 2, 0.5, max(1.0, scan.thickness_mm) / 2))
        beside = _mean(warped, np.concatenate(planes), block, 3, rng)[0]
        beside = beside.reshape(len(planes), len(coarse_z), -1).max(0)
        beside = beside + rng.normal(0, 0.3 * scan.noise_hu, beside.shape)
        return Case(np.stack([stretched(hu, truth.shape), stretched(beside, truth.shape)]), truth)


def _mean(
    warped: Warped, points: np.ndarray, box: np.ndarray, samples: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """HU as the mean over a box of half sides, and the tissue in its middle."""
    hu, tissue, _ = warped.look(points)
    for _ in range(samples - 1):
        hu = hu + warped.look(points + (rng.uniform(-1, 1, points.shape) * box).astype(np.float32))[0]
    return hu / samples, tissue


def _axial(warped: Warped, scan: Scan, rng: np.random.Generator, z: float) -> Case:
    scale = warped.warp.scale
    left, right = rng.uniform(185, 215, 2) * scale[0]
    front, back = rng.uniform(165, 190) * scale[1], rng.uniform(115, 140) * scale[1]
    grid_x, grid_y = np.meshgrid(np.arange(-right, left, PITCH_MM), np.arange(-front, back, PITCH_MM))
    shape = grid_x.shape
    points = np.stack([grid_x, grid_y, np.full(shape, z)], 2).astype(np.float32).reshape(-1, 3)
    box = np.array((PITCH_MM / 2, PITCH_MM / 2, scan.thickness_mm / 2))
    hu, tissue = _mean(warped, points, box, 4, rng)
    image = degrade(hu.reshape(shape), (PITCH_MM, PITCH_MM), scan, rng)
    truth = compartments_of(tissue).reshape(shape)
    cut = np.hypot(grid_x - scan.shift_x, grid_y + 25 - scan.shift_y) > scan.field_mm / 2
    image[cut], truth[cut] = -1024, 0
    return mirrored(Case(image[None], truth), rng)
