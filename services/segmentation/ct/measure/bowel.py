"""What is as dense as fat within the abdomen and is none: stool, and the rim of gas. Pure."""

import numpy as np
from scipy import ndimage

from services.segmentation.ct.measure.tissues import Compartment

GAS_HU = -250
"""Below it is gas, or a pixel that is mostly gas: fat with noise stays above."""

BRIDGED_MM = 4.0
"""Stool is gas in bubbles: what lies within this of gas on all sides belongs to it."""

WALL_MM = 2.5
"""Around gas the wall of the bowel follows, and a pixel half of each is as dense as fat; a pixel at least."""


def bowel_content(hu: np.ndarray, compartments: np.ndarray, spacing_mm: tuple[float, float]) -> np.ndarray:
    """Gas, stool and the rim around them within the cavity, bool (rows, columns), where no reader marks fat.

    hu: int16; compartments: uint8; both (rows, columns). spacing_mm: between rows, between columns.
    """
    wall = max(WALL_MM, *spacing_mm)
    cavity = compartments == Compartment.CAVITY
    gas = cavity & (hu < GAS_HU)
    content = np.zeros(hu.shape, bool)
    if not gas.any():
        return content
    reach = [int(np.ceil((BRIDGED_MM + wall) / step)) + 1 for step in spacing_mm]
    window = tuple(
        slice(max(0, int(inside[0]) - far), int(inside[-1]) + far + 1)
        for inside, far in zip((np.flatnonzero(gas.any(axis)) for axis in (1, 0)), reach, strict=True)
    )
    near = _far(gas[window], spacing_mm) <= BRIDGED_MM
    bridged = (_far(~near, spacing_mm) > BRIDGED_MM) | gas[window]
    content[window] = _far(bridged, spacing_mm) <= wall
    content &= cavity
    return content


def _far(mask: np.ndarray, spacing_mm: tuple[float, float]) -> np.ndarray:
    """Of each pixel from the nearest true one, mm; infinite where there is none."""
    if not mask.any():
        return np.full(mask.shape, np.inf)
    far: np.ndarray = ndimage.distance_transform_edt(~mask, sampling=spacing_mm)
    return far
