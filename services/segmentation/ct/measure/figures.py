"""Area and Hounsfield statistics of a mask. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Figures:
    """Of the pixels of one tissue in one slice. None where there are too few pixels to say.

    sd_hu: of a sample (n - 1), as ITK has it.
    """

    pixels: int
    area_mm2: float
    mean_hu: float | None
    sd_hu: float | None
    min_hu: int | None
    max_hu: int | None


@dataclass(frozen=True)
class VolumeFigures:
    """Of one tissue over the height of L3: each slice counts with the part of the body it stands for."""

    volume_cm3: float
    mean_hu: float | None


def figures_of(values: np.ndarray, pixel_mm2: float) -> Figures:
    """Of the HU of a mask's pixels, int16 (n,). Sums are whole numbers: exact in any order."""
    count = int(values.size)
    if not count:
        return Figures(0, 0.0, None, None, None, None)
    wide = values.astype(np.int64)
    total, squares = int(wide.sum()), int((wide * wide).sum())
    spread = count * squares - total * total
    return Figures(
        pixels=count,
        area_mm2=count * pixel_mm2,
        mean_hu=total / count,
        sd_hu=math.sqrt(spread / (count * (count - 1))) if count > 1 else None,
        min_hu=int(values.min()),
        max_hu=int(values.max()),
    )


def volume_of(slices: Sequence[tuple[Figures, float]]) -> VolumeFigures:
    """Of one tissue's figures in each slice, with the height in mm that the slice stands for."""
    volume = sum(one.area_mm2 * height for one, height in slices)
    held = sum(one.area_mm2 * height * (one.mean_hu or 0.0) for one, height in slices)
    return VolumeFigures(volume / 1000.0, held / volume if volume else None)
