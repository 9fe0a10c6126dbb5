"""How bright each tissue of a patient is, in Hounsfield units, and how uneven."""

import numpy as np

from training.phantoms.anatomy import Anatomy
from training.phantoms.tissues import Tissue

# Mean without contrast, deviation between patients, deviation within a tissue, gain at full contrast.
_TABLE: dict[Tissue, tuple[float, float, float, float]] = {
    Tissue.AIR: (-1000, 0, 0, 0),
    Tissue.SKIN: (10, 15, 10, 10),
    Tissue.SUBCUTANEOUS: (-105, 6, 7, 0),
    Tissue.WALL_MUSCLE: (50, 7, 9, 14),
    Tissue.WALL_FAT: (-80, 12, 16, 0),
    Tissue.PSOAS: (52, 6, 7, 15),
    Tissue.PSOAS_FAT: (-45, 20, 15, 0),
    Tissue.VISCERAL_FAT: (-100, 7, 10, 0),
    Tissue.VESSEL_FINE: (30, 25, 20, 70),
    Tissue.LIVER: (58, 10, 5, 50),
    Tissue.SPLEEN: (48, 5, 4, 65),
    Tissue.CORTEX: (35, 4, 4, 150),
    Tissue.MEDULLA: (30, 4, 4, 80),
    Tissue.FLUID: (8, 8, 4, 0),
    Tissue.BOWEL: (35, 8, 8, 55),
    Tissue.GAS: (-960, 20, 10, 0),
    Tissue.STOOL: (-10, 60, 50, 0),
    Tissue.ARTERY: (42, 5, 3, 110),
    Tissue.VEIN: (40, 5, 4, 90),
    Tissue.ORGAN: (42, 6, 8, 40),
    Tissue.LUNG: (-850, 40, 40, 0),
    Tissue.HEART: (42, 5, 6, 90),
    Tissue.DISC: (80, 20, 8, 0),
    Tissue.SAC: (20, 8, 4, 0),
    Tissue.CANAL_FAT: (-55, 25, 15, 0),
    Tissue.LIGAMENT: (40, 15, 10, 0),
    Tissue.CALCIFIED: (450, 150, 80, 0),
    Tissue.CARTILAGE: (110, 40, 25, 0),
    Tissue.METAL: (6000, 3000, 0, 0),
    Tissue.TABLE: (-150, 180, 20, 0),
    Tissue.CLOTH: (-800, 80, 30, 0),
    Tissue.LIMB_FAT: (-105, 8, 8, 0),
    Tissue.LIMB_MUSCLE: (50, 8, 9, 10),
    Tissue.LIMB_BONE: (700, 200, 80, 0),
    Tissue.DIAPHRAGM: (48, 7, 9, 14),
}


def draw_intensities(anatomy: Anatomy) -> tuple[np.ndarray, np.ndarray]:
    """Mean and deviation within each tissue, float32, indexed by Tissue."""
    rng = np.random.default_rng([anatomy.seed, 11])
    mean, spread = np.zeros((2, max(Tissue) + 1), np.float32)
    phase = 0.3 + anatomy.arterial
    for tissue, (usual, between, within, gain) in _TABLE.items():
        mean[tissue] = rng.normal(usual, between) + gain * anatomy.enhancement * rng.uniform(0.7, 1.3)
        spread[tissue] = within * rng.uniform(0.5, 1.6)
    mean[[Tissue.ARTERY, Tissue.HEART]] += 170 * anatomy.enhancement * phase
    mean[Tissue.CORTEX] += 60 * anatomy.enhancement * phase
    # Late in the passage, urine is brighter than bone.
    if anatomy.enhancement > 0.2 and anatomy.arterial < 0.25:
        mean[Tissue.FLUID] += rng.uniform(0, 60)
    # In half of the patients nothing but its outline tells the psoas from the muscles behind it.
    if rng.random() < 0.5:
        mean[Tissue.PSOAS] = mean[Tissue.WALL_MUSCLE]
    # Fat between the cells of weak muscle makes it darker as a whole.
    mean[[Tissue.WALL_MUSCLE, Tissue.PSOAS]] -= 28 * anatomy.infiltration**1.5
    mean[Tissue.LIVER] -= 55 * max(0.0, anatomy.visceral - 0.5) * rng.random()
    mean[Tissue.ENTERIC], spread[Tissue.ENTERIC] = anatomy.enteric_hu, 10
    mean[Tissue.CANCELLOUS], spread[Tissue.CANCELLOUS] = anatomy.bone_hu, 20 + 0.15 * anatomy.bone_hu
    mean[Tissue.CORTICAL], spread[Tissue.CORTICAL] = anatomy.cortical_hu, 0.12 * anatomy.cortical_hu
    return mean, spread
