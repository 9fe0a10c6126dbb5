"""The curved middle of a spine, as a value."""

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class SpineCurve:
    """Where the middle of the vertebral bodies lies at heights 6 mm apart, from foot to head.

    heights_mm, sides_mm, depths_mm: in the frame of the Stack, float64 (n,). trust: float64 (n,), 0 where
    the place is a guess from its neighbours, 1 where bone of a vertebra's shape was seen.
    """

    heights_mm: np.ndarray = field(repr=False)
    sides_mm: np.ndarray = field(repr=False)
    depths_mm: np.ndarray = field(repr=False)
    trust: np.ndarray = field(repr=False)

    def side_at(self, height_mm: np.ndarray) -> np.ndarray:
        """x(z): the side at some heights; beyond the ends that of the end."""
        side: np.ndarray = np.interp(height_mm, self.heights_mm, self.sides_mm)
        return side

    def depth_at(self, height_mm: np.ndarray) -> np.ndarray:
        """The depth of the bodies' middle at some heights."""
        depth: np.ndarray = np.interp(height_mm, self.heights_mm, self.depths_mm)
        return depth

    def trust_at(self, height_mm: np.ndarray) -> np.ndarray:
        """How sure the place is at some heights."""
        trust: np.ndarray = np.interp(height_mm, self.heights_mm, self.trust)
        return trust
