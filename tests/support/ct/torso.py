"""A torso in formulas, whose areas and Hounsfield units are known exactly.

Between its compartments lies a layer of BETWEEN_HU, which no window of a tissue holds: wherever in it the
outline of a compartment runs, each tissue has the same pixels.
"""

from dataclasses import dataclass, field

import numpy as np

from services.segmentation.ct.measure.plane import Network, framing_of
from services.segmentation.ct.measure.tissues import Compartment
from services.segmentation.ct.reading import CtImage, Geometry, Making, Patient

BETWEEN_HU = 300
FAT_HU, MUSCLE_HU, PSOAS_HU, INNER_FAT_HU, ORGAN_HU, STREAK_HU = -100, 50, 60, -90, 40, -70
_HALF = 160.0, 110.0
_PSOAS_X, _PSOAS_Y, _PSOAS_HALF = 45.0, 35.0, 14.0


@dataclass(frozen=True)
class HeldPlanes:
    """Slices in memory."""

    volume: np.ndarray

    def read(self, index: int, out: np.ndarray) -> None:
        out[:] = self.volume[index]


def held_image(hu: np.ndarray, geometry: Geometry, patient: Patient | None = None) -> CtImage:
    """A CT of these HU, int16 (slices, rows, columns), without files."""
    return CtImage(geometry, (), Making(), patient or Patient(), (), HeldPlanes(hu))


def torso_geometry(
    slices: int = 5, spacing: tuple[float, float, float] = (5.0, 2.0, 2.5), low_mm: float = -10.0
) -> Geometry:
    """Upright, the torso's axis at x 0, y 0; low_mm: z of the first slice."""
    rows, columns = round(260 / spacing[1]), round(400 / spacing[2])
    return Geometry(
        (slices, rows, columns),
        spacing,
        ((0.0, 0.0, 1.0), (0.0, 1.0, 0.0), (1.0, 0.0, 0.0)),
        (-(columns - 1) / 2 * spacing[2] + 0.3, -(rows - 1) / 2 * spacing[1] + 0.2, low_mm),
    )


@dataclass(frozen=True)
class Torso:
    """hu: int16 of the geometry's shape; truth: the Compartment of each voxel; image: both as a CT."""

    geometry: Geometry
    shift_mm: tuple[float, float] = (0.0, 0.0)
    patient: Patient = field(default_factory=Patient)

    @property
    def hu(self) -> np.ndarray:
        x, y = self._places()
        plane = torso_hu(x - self.shift_mm[0], y - self.shift_mm[1])
        return np.stack([plane + (plane == MUSCLE_HU) * index for index in range(self.geometry.shape[0])])

    @property
    def image(self) -> CtImage:
        return held_image(self.hu, self.geometry, self.patient)

    def network(self) -> Network:
        """Answers with the truth at the network's own pixels, whatever it sees."""
        framing = framing_of(self.hu[0], self.geometry.slab(0, 1))
        assert framing is not None
        x, y = np.meshgrid(framing.to_columns.places(), framing.to_rows.places())
        labels = torso_compartments(x - self.shift_mm[0], y - self.shift_mm[1])

        def answer(image: np.ndarray) -> np.ndarray:
            assert image.shape == (1, 1, *labels.shape)
            assert image.dtype == np.float32
            return one_hot(labels)[:, np.newaxis]

        return answer

    def _places(self) -> tuple[np.ndarray, np.ndarray]:
        _, rows, columns = self.geometry.shape
        x = self.geometry.origin_mm[0] + np.arange(columns) * self.geometry.spacing_mm[2]
        y = self.geometry.origin_mm[1] + np.arange(rows) * self.geometry.spacing_mm[1]
        return np.meshgrid(x, y)


def one_hot(labels: np.ndarray) -> np.ndarray:
    """Scores, float32 (6, rows, columns)."""
    scores: np.ndarray = (labels == np.arange(len(Compartment))[:, None, None]).astype(np.float32)
    return scores


def torso_hu(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """HU at places in mm, int16: fat, then muscle with a streak of fat, then fat around organ and psoas."""
    depth = np.hypot(x / _HALF[0], y / _HALF[1])
    hu = np.full(x.shape, -1000, np.int16)
    for reach, value in (
        (1.0, FAT_HU),
        (0.86, BETWEEN_HU),
        (0.80, MUSCLE_HU),
        (0.66, BETWEEN_HU),
        (0.60, INNER_FAT_HU),
    ):
        hu[depth <= reach] = value
    hu[(depth <= 0.76) & (depth > 0.72) & (y > 20)] = STREAK_HU
    hu[np.hypot(x, y + 35) < 20] = ORGAN_HU
    aside = np.maximum(np.abs(np.abs(x) - _PSOAS_X), np.abs(y - _PSOAS_Y))
    hu[aside <= _PSOAS_HALF] = BETWEEN_HU
    hu[aside <= _PSOAS_HALF - 6] = PSOAS_HU
    return hu


def torso_compartments(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The compartments there, uint8, their outlines in the middle of the layers between."""
    depth = np.hypot(x / _HALF[0], y / _HALF[1])
    found = np.zeros(x.shape, np.uint8)
    for reach, compartment in (
        (1.01, Compartment.SUBCUTANEOUS),
        (0.83, Compartment.WALL_MUSCLE),
        (0.63, Compartment.CAVITY),
    ):
        found[depth <= reach] = compartment
    aside = np.maximum(np.abs(np.abs(x) - _PSOAS_X), np.abs(y - _PSOAS_Y))
    found[aside <= _PSOAS_HALF - 3] = Compartment.PSOAS
    return found
