"""What a point of a phantom can be made of, and which compartment that belongs to."""

from enum import IntEnum, auto

import numpy as np


class Tissue(IntEnum):
    """Every material that the painter knows."""

    AIR = 0
    SKIN = auto()
    SUBCUTANEOUS = auto()
    WALL_MUSCLE = auto()
    WALL_FAT = auto()
    PSOAS = auto()
    PSOAS_FAT = auto()
    VISCERAL_FAT = auto()
    VESSEL_FINE = auto()
    LIVER = auto()
    SPLEEN = auto()
    CORTEX = auto()
    MEDULLA = auto()
    FLUID = auto()
    BOWEL = auto()
    ENTERIC = auto()
    GAS = auto()
    STOOL = auto()
    ARTERY = auto()
    VEIN = auto()
    ORGAN = auto()
    LUNG = auto()
    HEART = auto()
    DISC = auto()
    SAC = auto()
    CANAL_FAT = auto()
    LIGAMENT = auto()
    CANCELLOUS = auto()
    CORTICAL = auto()
    CALCIFIED = auto()
    CARTILAGE = auto()
    METAL = auto()
    TABLE = auto()
    CLOTH = auto()
    LIMB_FAT = auto()
    LIMB_MUSCLE = auto()
    LIMB_BONE = auto()
    DIAPHRAGM = auto()


class Compartment(IntEnum):
    """What the measuring network tells apart on an axial slice."""

    BACKGROUND = 0
    WALL_MUSCLE = 1
    PSOAS = 2
    CAVITY = 3
    SUBCUTANEOUS = 4
    BONE = 5


class Level(IntEnum):
    """What the locating network tells apart on the sagittal plane: bodies of vertebrae, without arches."""

    NONE = 0
    SACRUM = 1
    L5 = 2
    L4 = 3
    L3 = 4
    L2 = 5
    L1 = 6
    T12 = 7
    THORACIC = 8


_OF: dict[Compartment, tuple[Tissue, ...]] = {
    Compartment.BACKGROUND: (
        Tissue.AIR,
        Tissue.TABLE,
        Tissue.CLOTH,
        Tissue.LIMB_FAT,
        Tissue.LIMB_MUSCLE,
        Tissue.LIMB_BONE,
    ),
    Compartment.WALL_MUSCLE: (Tissue.WALL_MUSCLE, Tissue.WALL_FAT, Tissue.LIGAMENT),
    Compartment.PSOAS: (Tissue.PSOAS, Tissue.PSOAS_FAT),
    Compartment.SUBCUTANEOUS: (Tissue.SKIN, Tissue.SUBCUTANEOUS),
    Compartment.BONE: (
        Tissue.CANCELLOUS,
        Tissue.CORTICAL,
        Tissue.DISC,
        Tissue.SAC,
        Tissue.CANAL_FAT,
        Tissue.CARTILAGE,
        Tissue.METAL,
    ),
}


def compartments_of(tissue: np.ndarray) -> np.ndarray:
    """The compartment of each point, uint8; whatever lies within the wall and is nothing else is CAVITY."""
    table = np.full(max(Tissue) + 1, Compartment.CAVITY, np.uint8)
    for compartment, members in _OF.items():
        table[list(members)] = compartment
    found: np.ndarray = table[tissue]
    return found
