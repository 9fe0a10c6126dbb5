"""What an expert reader would put right in the network's compartments before measuring. Pure."""

import numpy as np
from scipy import ndimage

from services.segmentation.ct.measure.tissues import Compartment

SMALLEST_MM2 = 25.0
"""Islands of a compartment below this are the network's noise: 5 mm x 5 mm."""

SMALLEST_PSOAS_SHARE = 0.1
"""Of the larger psoas. A smaller island is a vessel or a loop of bowel beside it; an atrophied muscle is
larger."""

_KEPT_SMALL = (Compartment.BACKGROUND, Compartment.BONE)
"""Tips of ribs and transverse processes are small, and real."""


def cleaned(compartments: np.ndarray, pixel_mm2: float) -> np.ndarray:
    """Compartments, uint8 (rows, columns), as a reader would leave them.

    In this order: what hangs not together with the trunk goes (arms, table, clothes); holes of the trunk
    and small islands of a compartment become what surrounds them. Borders stay where they are. Tissues are
    not cleaned: within a compartment the Hounsfield windows decide pixel by pixel, as in readers' software;
    only the content of the bowel is kept out of visceral fat (bowel.py).
    """
    trunk = _largest(compartments > 0)
    if not trunk.any():
        return np.zeros_like(compartments)
    result = np.where(trunk, compartments, 0).astype(np.uint8)
    doubtful = ndimage.binary_fill_holes(trunk) & ~trunk
    for compartment in Compartment:
        if compartment not in _KEPT_SMALL:
            doubtful |= _islands(result == compartment, compartment, pixel_mm2)
    if doubtful.any():
        certain = trunk & ~doubtful
        if not certain.any():
            return np.zeros_like(compartments)
        nearest = ndimage.distance_transform_edt(~certain, return_distances=False, return_indices=True)
        result[doubtful] = result[tuple(axis[doubtful] for axis in nearest)]
    return result


def _largest(mask: np.ndarray) -> np.ndarray:
    parts, count = ndimage.label(mask)
    if count <= 1:
        return mask
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    largest: np.ndarray = parts == sizes.argmax()
    return largest


def _islands(mask: np.ndarray, compartment: Compartment, pixel_mm2: float) -> np.ndarray:
    parts, count = ndimage.label(mask, np.ones((3, 3)))
    if not count:
        return mask
    areas = np.bincount(parts.ravel()) * pixel_mm2
    areas[0] = 0
    least = SMALLEST_MM2
    if compartment is Compartment.PSOAS:
        least = max(least, SMALLEST_PSOAS_SHARE * areas.max())
    small = areas < least
    small[0] = False
    islands: np.ndarray = small[parts]
    return islands
