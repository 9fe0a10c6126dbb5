"""What is told apart at L3: compartments by the network, tissues by Hounsfield windows within them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum

import numpy as np


class Compartment(IntEnum):
    """The labels of the network, of the arrays and of `compartments.nii.gz`.

    WALL_MUSCLE: all muscle but psoas, with the fat between its fibres. CAVITY: within the muscles, organs and
    visceral fat alike. BONE: with discs and the canal.
    """

    BACKGROUND = 0
    WALL_MUSCLE = 1
    PSOAS = 2
    CAVITY = 3
    SUBCUTANEOUS = 4
    BONE = 5


class Tissue(StrEnum):
    """What is measured. SKELETAL_MUSCLE includes PSOAS; INTERMUSCULAR_FAT lies within the muscles."""

    SKELETAL_MUSCLE = "skeletal_muscle"
    PSOAS = "psoas"
    SUBCUTANEOUS_FAT = "subcutaneous_fat"
    VISCERAL_FAT = "visceral_fat"
    INTERMUSCULAR_FAT = "intermuscular_fat"


class TissueLabel(IntEnum):
    """The labels of `tissues.nii.gz`: each pixel has one, so skeletal muscle is WALL_MUSCLE and PSOAS."""

    NONE = 0
    WALL_MUSCLE = 1
    PSOAS = 2
    SUBCUTANEOUS_FAT = 3
    VISCERAL_FAT = 4
    INTERMUSCULAR_FAT = 5


MUSCLES = (Compartment.WALL_MUSCLE, Compartment.PSOAS)

COMPARTMENTS: Mapping[Tissue, tuple[Compartment, ...]] = {
    Tissue.SKELETAL_MUSCLE: MUSCLES,
    Tissue.PSOAS: (Compartment.PSOAS,),
    Tissue.SUBCUTANEOUS_FAT: (Compartment.SUBCUTANEOUS,),
    Tissue.VISCERAL_FAT: (Compartment.CAVITY,),
    Tissue.INTERMUSCULAR_FAT: MUSCLES,
}
"""Where each tissue is looked for."""

LABELS: Mapping[Tissue, tuple[TissueLabel, ...]] = {
    Tissue.SKELETAL_MUSCLE: (TissueLabel.WALL_MUSCLE, TissueLabel.PSOAS),
    Tissue.PSOAS: (TissueLabel.PSOAS,),
    Tissue.SUBCUTANEOUS_FAT: (TissueLabel.SUBCUTANEOUS_FAT,),
    Tissue.VISCERAL_FAT: (TissueLabel.VISCERAL_FAT,),
    Tissue.INTERMUSCULAR_FAT: (TissueLabel.INTERMUSCULAR_FAT,),
}
"""The labels that make up each tissue."""


@dataclass(frozen=True)
class Window:
    """Hounsfield units from low_hu to high_hu, both included."""

    low_hu: int
    high_hu: int

    def __str__(self) -> str:
        return f"{self.low_hu} to {self.high_hu} HU"

    def holds(self, hu: np.ndarray) -> np.ndarray:
        """Which values lie in it, bool of the same shape."""
        inside: np.ndarray = (hu >= self.low_hu) & (hu <= self.high_hu)
        return inside


@dataclass(frozen=True)
class Windows:
    """The window of each tissue; muscle's is also that of psoas.

    The defaults are those of the protocol that most studies of L3 follow (read in the manual of sliceOmatic,
    tomovision.com/Sarcopenia_Help/topics/segment.htm). They are mostly ascribed to Mitsiopoulos 1998 (doi
    10.1152/jappl.1998.85.1.115) and, for visceral fat, to Vehmas 1996 (Int J Obes 20:570), which were not
    read. Many readers use -190 to -30 for visceral fat too, as in doi 10.1038/s41598-025-96238-6, table 1:
    VISCERAL_FAT_VARIANT.
    """

    muscle: Window = Window(-29, 150)
    subcutaneous_fat: Window = Window(-190, -30)
    visceral_fat: Window = Window(-150, -50)
    intermuscular_fat: Window = Window(-190, -30)

    def of(self, tissue: Tissue) -> Window:
        """The window of a tissue."""
        return {
            Tissue.SUBCUTANEOUS_FAT: self.subcutaneous_fat,
            Tissue.VISCERAL_FAT: self.visceral_fat,
            Tissue.INTERMUSCULAR_FAT: self.intermuscular_fat,
        }.get(tissue, self.muscle)


VISCERAL_FAT_VARIANT = Window(-190, -30)


def tissue_labels(
    hu: np.ndarray, compartments: np.ndarray, windows: Windows, not_fat: np.ndarray | None = None
) -> np.ndarray:
    """The TissueLabel of each pixel, uint8. Windows decide pixel by pixel; nothing is smoothed or filled.

    hu: int16; compartments: Compartment, uint8; not_fat: bool, what of the cavity is no visceral fat whatever
    its HU; all of one shape.
    """
    labels = np.zeros(hu.shape, np.uint8)
    muscle = windows.muscle.holds(hu)
    labels[(compartments == Compartment.WALL_MUSCLE) & muscle] = TissueLabel.WALL_MUSCLE
    labels[(compartments == Compartment.PSOAS) & muscle] = TissueLabel.PSOAS
    for tissue in (Tissue.SUBCUTANEOUS_FAT, Tissue.VISCERAL_FAT, Tissue.INTERMUSCULAR_FAT):
        inside = np.isin(compartments, COMPARTMENTS[tissue]) & windows.of(tissue).holds(hu)
        if tissue is Tissue.VISCERAL_FAT and not_fat is not None:
            inside &= ~not_fat
        labels[inside] = LABELS[tissue][0]
    return labels
