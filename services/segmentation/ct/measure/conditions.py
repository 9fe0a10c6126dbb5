"""What of a slice makes its figures less certain: noise, metal. Pure."""

import numpy as np
from scipy import ndimage

from services.segmentation.ct.measure.tissues import Compartment

METAL_HU = 2500
"""Denser than enamel and than any contrast medium in a vessel; bone stays below 2000."""

_SMOOTH_MM = 2.0
_INSIDE_MM = 3.0
_LEAST_PIXELS = 200
_MAD_TO_SD = 1.4826


def noise_hu(hu: np.ndarray, compartments: np.ndarray, spacing_mm: tuple[float, float]) -> float | None:
    """The standard deviation of what changes within some mm, in the inside of fat and muscle.

    By the median absolute deviation from a smooth course, so that vessels and septa count little. None where
    too few pixels lie inside. hu: int16; compartments: uint8; both (rows, columns).
    """
    rows, columns = np.flatnonzero(compartments.any(1)), np.flatnonzero(compartments.any(0))
    if not rows.size:
        return None
    trunk = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    hu, compartments = hu[trunk], compartments[trunk]
    clipped = np.clip(hu, -1024, METAL_HU).astype(np.float32)
    sigma = [_SMOOTH_MM / step for step in spacing_mm]
    found = []
    for members in ((Compartment.SUBCUTANEOUS,), (Compartment.WALL_MUSCLE, Compartment.PSOAS)):
        part = np.isin(compartments, members)
        deep = ndimage.distance_transform_edt(part, sampling=spacing_mm) > _INSIDE_MM
        weight = ndimage.gaussian_filter(part.astype(np.float32), sigma)
        smooth = ndimage.gaussian_filter(clipped * part, sigma)
        found.append((clipped - smooth / np.maximum(weight, 1e-6))[deep])
    values = np.concatenate(found)
    if values.size < _LEAST_PIXELS:
        return None
    return float(_MAD_TO_SD * np.median(np.abs(values - np.median(values))))


def metal_mm2(hu: np.ndarray, compartments: np.ndarray, pixel_mm2: float) -> float:
    """The area of metal within the trunk."""
    return int(((hu >= METAL_HU) & (compartments > 0)).sum()) * pixel_mm2
