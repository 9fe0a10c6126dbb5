"""How much each place of a slice looks like the middle of a vertebra: bone in the shape of one."""

import numpy as np
from scipy import fft, ndimage

from services.segmentation.ct.locate.survey import HEIGHT_MM
from services.segmentation.ct.locate.templates import TURNS_DEG, templates

_BONE_FROM_HU, _BONE_TO_HU = 100.0, 220.0
"""In cells of 3 mm muscle and most organs stay below the first. The second is low, so that the thin cortex of
a body counts as much as the thick one of an arch, which a turn moves aside."""

BODY_HU = -300
"""More is patient, or table; less is air or lung."""

_MIDLINE_MM = 30.0

_ALONG_MM = 12.0
"""Deviation of the mean over heights: discs and foramina then no longer part the column."""


def bone_of(hu: np.ndarray) -> np.ndarray:
    """0 for soft tissue to 1 for bone, contrast or metal, each height averaged with its neighbours.

    hu: (heights, depths, sides) as in a Survey. Returns float32 of the same shape.
    """
    bone = np.clip((hu.astype(np.float32) - _BONE_FROM_HU) / (_BONE_TO_HU - _BONE_FROM_HU), 0, 1)
    smooth: np.ndarray = ndimage.gaussian_filter1d(
        bone, _ALONG_MM / HEIGHT_MM, axis=0, mode="nearest", truncate=2.5
    )
    return smooth


def likeness(bone: np.ndarray) -> np.ndarray:
    """How well a vertebra or a sacrum of each turn fits at each place: its template's correlation with bone.

    bone: as `bone_of` gives it. Returns float32 (turns, heights, depths, sides); a spine has 0.15 to 0.5.
    """
    bank = templates()
    sides = [side + reach - 1 for side, reach in zip(bone.shape[1:], bank[0].shape, strict=True)]
    shape = [fft.next_fast_len(side, real=True) for side in sides]
    spectra = [_spectrum(template, shape) for template in bank]
    found = np.empty((len(TURNS_DEG), *bone.shape), np.float32)
    rows, columns = bone.shape[1:]
    for height, plane in enumerate(bone):
        seen = fft.rfft2(plane, shape)
        fits = [fft.irfft2(seen * spectrum, shape)[:rows, :columns] for spectrum in spectra]
        for turn in range(len(TURNS_DEG)):
            found[turn, height] = np.maximum(fits[turn], fits[turn + len(TURNS_DEG)])
    return found


def distance_from_midline(hu: np.ndarray) -> np.ndarray:
    """How far, in cells, each side is from the middle of the trunk: float32 (heights, sides).

    The middle is where the trunk is thick, which arms and a table change little.
    """
    trunk = ndimage.binary_opening(hu > BODY_HU, np.ones((1, 3, 3)))
    thick = trunk.sum(1, dtype=np.float32) ** 2
    sides = np.arange(hu.shape[2], dtype=np.float32)
    total = thick.sum(1)
    middle = np.where(total > 0, (thick @ sides) / np.maximum(total, 1), (len(sides) - 1) / 2)
    middle = ndimage.gaussian_filter1d(middle, _MIDLINE_MM / HEIGHT_MM, mode="nearest")
    far: np.ndarray = np.abs(sides - middle[:, None])
    return far.astype(np.float32)


def _spectrum(template: np.ndarray, shape: list[int]) -> np.ndarray:
    """For a correlation: conjugated, its middle brought to the corner."""
    place = np.zeros(shape, np.float32)
    place[: template.shape[0], : template.shape[1]] = template
    spectrum: np.ndarray = np.conj(
        fft.rfft2(np.roll(place, [-(side // 2) for side in template.shape], (0, 1)))
    )
    return spectrum
