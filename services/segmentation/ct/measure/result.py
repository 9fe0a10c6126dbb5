"""What a measurement at L3 yields, as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from services.segmentation.ct.measure.body import Body
from services.segmentation.ct.measure.cutoffs import Comparison
from services.segmentation.ct.measure.extent import CoveredSlice
from services.segmentation.ct.measure.field import FieldContact
from services.segmentation.ct.measure.figures import Figures, VolumeFigures
from services.segmentation.ct.measure.options import MeasureOptions
from services.segmentation.ct.measure.tissues import Tissue
from services.segmentation.ct.reading import Geometry, Making


class WarningKind(StrEnum):
    """Stable words for programs."""

    SERIES = "SERIES_LEFT_OUT"
    PATIENT = "PATIENT_DIFFERS"
    FAT_CUT = "SUBCUTANEOUS_FAT_LOWER_BOUND"
    TRUNK_CUT = "ALL_TISSUES_LOWER_BOUND"
    EXTENT = "L3_EXTENT_UNUSUAL"
    L3_CUT = "L3_NOT_WHOLE"
    OBLIQUE = "SLICES_OBLIQUE"
    METAL = "METAL"
    NOISE = "NOISE"
    CONTRAST = "CONTRAST"
    KVP = "KVP_UNUSUAL"
    THICK = "SLICES_THICK"
    LOSSY = "COMPRESSION_LOSSY"
    WINDOW = "MUSCLE_WINDOW_UNUSUAL"


@dataclass(frozen=True)
class MeasureWarning:
    """kind: for programs; message: for people; numbers: what the message speaks of, units in the names."""

    kind: WarningKind
    message: str
    numbers: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class SliceMeasurement:
    """One slice. place: where it is; instance: its DICOM instance number, where the
    series has one for each slice.

    muscle_compartment, psoas_compartment: all pixels within the outlines of muscle, whatever their HU.
    """

    place: CoveredSlice
    instance: int | None
    tissues: Mapping[Tissue, Figures]
    muscle_compartment: Figures
    psoas_compartment: Figures
    field: FieldContact
    noise_hu: float | None
    metal_mm2: float

    def is_lower_bound(self, tissue: Tissue) -> bool:
        """Whether the field of view cuts off some of a tissue."""
        return self.field.cuts_all or (self.field.cuts_fat and tissue is Tissue.SUBCUTANEOUS_FAT)


@dataclass(frozen=True)
class L3Measurement:
    """slices: from the volume's first to its last; headline: the one nearest to the body's centre.

    indices_cm2_m2: of the headline's tissues, {} where the height is unknown. missing_mm: how much of the
    body lies beyond the volume.
    """

    slices: tuple[SliceMeasurement, ...]
    headline: SliceMeasurement
    volumes: Mapping[Tissue, VolumeFigures]
    body: Body
    indices_cm2_m2: Mapping[Tissue, float]
    comparisons: tuple[Comparison, ...]
    warnings: tuple[MeasureWarning, ...]
    options: MeasureOptions
    making: Making
    missing_mm: float
    oblique_degrees: float


@dataclass(frozen=True)
class MeasuredSlices:
    """The pixels of the measured slices, in the volume's own order and orientation.

    geometry, stored_axes: of the whole volume, as of CtImage; first: the index in it of the first slice here,
    headline: one of these.
    compartments, tissues: uint8 (slices, rows, columns), labels of Compartment and TissueLabel. headline_hu:
    int16 (rows, columns).
    """

    geometry: Geometry
    first: int
    headline: int
    compartments: np.ndarray = field(repr=False)
    tissues: np.ndarray = field(repr=False)
    headline_hu: np.ndarray = field(repr=False)
    stored_axes: tuple[int, int, int] = (0, 1, 2)
