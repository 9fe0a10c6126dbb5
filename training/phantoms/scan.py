"""How a scanner sees a scene: pose, pitch of pixels and slices, kernel, noise, streaks."""

from dataclasses import dataclass, fields

import numpy as np
from scipy import ndimage

from training.phantoms.anatomy import Range


@dataclass(frozen=True)
class Scan:
    """pixel_mm, step_mm, thickness_mm: of pixels and slices. roll, pitch, yaw: how the patient lies, degrees.

    blur_mm: deviation of the point spread. sharpening: of the kernel, 0 for soft tissue. noise_hu: deviation
    in the image that is stored; grain_mm: size of its correlation. streaks: of low dose, along the axis of
    the body. field_mm: diameter of the field of view, outside of which all is padding. shift_x, shift_y: how
    far off-centre that is.
    """

    seed: int
    pixel_mm: float
    step_mm: float
    thickness_mm: float
    roll: float
    pitch: float
    yaw: float
    shift_x: float
    shift_y: float
    blur_mm: float
    sharpening: float
    noise_hu: float
    grain_mm: float
    streaks: float
    field_mm: float
    gain: float
    offset_hu: float


@dataclass(frozen=True)
class ScanRanges:
    """From where to where each number is drawn, evenly. The defaults are those of training."""

    pixel_mm: Range = (0.6, 1.0)
    step_mm: Range = (0.8, 5.0)
    roll: Range = (-5, 5)
    pitch: Range = (-5, 5)
    yaw: Range = (-12, 12)
    shift_x: Range = (-40, 40)
    shift_y: Range = (-40, 40)
    blur_mm: Range = (0.35, 0.9)
    sharpening: Range = (0.0, 1.2)
    noise_hu: Range = (3, 32)
    grain_mm: Range = (0.5, 1.6)
    streaks: Range = (0.0, 14.0)
    field_mm: Range = (300, 500)
    gain: Range = (0.97, 1.03)
    offset_hu: Range = (-6, 6)


def draw_scan(seed: int, ranges: ScanRanges | None = None) -> Scan:
    """The scan of this seed; thin slices are noisier, a third of the scans have a sharpening kernel."""
    rng = np.random.default_rng([seed, 12])
    ranges = ranges or ScanRanges()
    drawn = {field.name: float(rng.uniform(*getattr(ranges, field.name))) for field in fields(ranges)}
    if rng.random() < 0.5:
        drawn["step_mm"] = float(rng.choice((1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 5.0)))
    drawn["thickness_mm"] = drawn["step_mm"] * float(rng.choice((1.0, 1.0, 1.25, 1.5)))
    drawn["noise_hu"] *= float((2.0 / drawn["thickness_mm"]) ** 0.3)
    drawn["sharpening"] *= float(rng.random() < 0.33)
    drawn["streaks"] *= float(rng.random() < 0.3)
    # Few studies cut the patient off at the sides.
    if rng.random() < 0.75:
        drawn["field_mm"] = 500.0
    return Scan(seed=seed, **drawn)


def degrade(
    hu: np.ndarray, pitch_mm: tuple[float, float], scan: Scan, rng: np.random.Generator
) -> np.ndarray:
    """An image as this scanner would store it, float32 of whole HU; pitch_mm: of rows and columns."""
    sigma = [scan.blur_mm / pitch for pitch in pitch_mm]
    seen = ndimage.gaussian_filter(np.clip(hu, -1024, 9000).astype(np.float32), sigma)
    if scan.sharpening:
        soft = ndimage.gaussian_filter(seen, [0.9 / pitch for pitch in pitch_mm])
        seen = seen + scan.sharpening * (seen - soft)
    seen = seen * scan.gain + scan.offset_hu * (seen > -900)
    grain = [0.5 * scan.grain_mm / pitch for pitch in pitch_mm]
    noise = _grainy(hu.shape, grain, rng)
    # Rays through the thick of the body are starved: more noise inside, none outside.
    body = ndimage.gaussian_filter((seen > -400).astype(np.float32), [18.0 / pitch for pitch in pitch_mm])
    seen = seen + noise * scan.noise_hu * (0.25 + 0.9 * body)
    if scan.streaks:
        seen = seen + _grainy(hu.shape, (grain[0], 14.0 / pitch_mm[1]), rng) * scan.streaks * body
    stored: np.ndarray = np.clip(np.round(seen), -1024, 3071).astype(np.float32)
    return stored


def _grainy(
    shape: tuple[int, ...], sigma: tuple[float, ...] | list[float], rng: np.random.Generator
) -> np.ndarray:
    noise = rng.standard_normal(shape, np.float32)
    noise = ndimage.gaussian_filter(noise, sigma, mode="wrap") - 0.35 * ndimage.gaussian_filter(
        noise, [2.5 * s + 0.5 for s in sigma], mode="wrap"
    )
    normal: np.ndarray = noise / max(float(noise.std()), 1e-6)
    return normal
