"""Whether the trunk reaches the edge of what was reconstructed: then areas are lower bounds. Pure."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from services.segmentation.ct.measure.tissues import Compartment

LEAST_CONTACT_MM = 5.0
"""A shorter contact cuts off less than a pixel's width of skin."""

_BODY_HU = -300
"""Fat and skin lie above it, air and clothes below."""

_PADDING_HU = -1050
"""Nothing in a CT is less dense than air; lower values fill what was not reconstructed."""

_RIM_MM = 1.5
_LABELS_NEAR_MM = 4.0
"""How far from the edge the network's outline may end and still mean a trunk that goes on."""

_DEEP = (Compartment.WALL_MUSCLE, Compartment.PSOAS, Compartment.CAVITY)


@dataclass(frozen=True)
class FieldContact:
    """Length of the trunk's outline on the edge of the field of view, and of muscle or cavity on it."""

    skin_mm: float
    deep_mm: float

    @property
    def cuts_fat(self) -> bool:
        """Whether subcutaneous fat is a lower bound."""
        return self.skin_mm >= LEAST_CONTACT_MM

    @property
    def cuts_all(self) -> bool:
        """Whether muscle and visceral fat are lower bounds, too."""
        return self.deep_mm >= LEAST_CONTACT_MM


def field_contact(hu: np.ndarray, compartments: np.ndarray, spacing_mm: tuple[float, float]) -> FieldContact:
    """Where body lies at the edge of the picture, at its padding, or at its circle of reconstruction.

    hu: int16; compartments: uint8; both (rows, columns). spacing_mm: between rows, between columns. The
    circle is looked for where it is when a reconstruction is sent as it was made: within the picture's
    square, its corners filled with one value.
    """
    outside = np.pad(_outside(hu, spacing_mm), 1, constant_values=True)
    near_outside = ndimage.binary_dilation(outside, iterations=max(1, round(_RIM_MM / max(spacing_mm))))
    rim = (near_outside & ~outside)[1:-1, 1:-1] & (hu > _BODY_HU)
    trunk = compartments > 0
    if not rim.any() or not trunk.any():
        return FieldContact(0.0, 0.0)
    near = ndimage.distance_transform_edt(~trunk, sampling=spacing_mm) <= _LABELS_NEAR_MM
    return FieldContact(
        _longest_mm(rim & near, spacing_mm), _longest_mm(rim & np.isin(compartments, _DEEP), spacing_mm)
    )


def _longest_mm(contact: np.ndarray, spacing_mm: tuple[float, float]) -> float:
    """The longest of its pieces, from corner to corner of the box around it."""
    pieces, _ = ndimage.label(contact, np.ones((3, 3)))
    lengths = [
        np.hypot((rows.stop - rows.start) * spacing_mm[0], (columns.stop - columns.start) * spacing_mm[1])
        for rows, columns in ndimage.find_objects(pieces)
    ]
    return float(max(lengths, default=0.0))


def _outside(hu: np.ndarray, spacing_mm: tuple[float, float]) -> np.ndarray:
    outside = hu < _PADDING_HU
    rows, columns = hu.shape
    sides = rows * spacing_mm[0], columns * spacing_mm[1]
    if abs(sides[0] - sides[1]) > max(spacing_mm):
        return outside
    down = (np.arange(rows) - (rows - 1) / 2) * spacing_mm[0]
    across = (np.arange(columns) - (columns - 1) / 2) * spacing_mm[1]
    beyond = np.hypot(down[:, None], across[None, :]) > min(sides) / 2 + max(spacing_mm) / 2
    corners = hu[beyond]
    # Air is noisy; one value in all four corners is what fills them.
    if corners.size and corners.max() == corners.min():
        outside = outside | beyond
    return outside
