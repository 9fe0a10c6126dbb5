"""What each network sees and answers. The service prepares its images by the same numbers.

locate: one sagittal image of two channels, rows from head to foot, columns from front to back, 1.5 mm both
ways. Channel 0 is the mean of a slab of 6 mm around the spine's own curved middle, x(z), so that a
scoliosis or an oblique patient shows every body in one picture. Channel 1 is the largest value at the same
height and depth beside the spine, 35 to 75 mm to either side, each averaged over 10 mm: there ribs and
iliac crests are seen, and without them nobody can tell a twelfth thoracic vertebra from a first lumbar one.
All lumbar bodies, T12, those above and the sacrum are labels of their own: a network that must name every
level counts, and its answers can be checked against each other.

measure: one axial image in HU, rows from front to back, columns from the patient's right to left, 1.5 mm.

Both are as much larger than a patch as the patient is; one patch holds most.
"""

from dataclasses import dataclass

import numpy as np

from training.phantoms.tissues import Compartment, Level

PITCH_MM = 1.5
SLAB_MM = 6.0
BESIDE_MM = (40.0, 50.0, 60.0, 70.0)
BLOCK_MM = 10.0


@dataclass(frozen=True)
class Case:
    """An image, float32 (channels, rows, columns) in HU, with its truth, uint8 (rows, columns)."""

    image: np.ndarray
    truth: np.ndarray


@dataclass(frozen=True)
class Network:
    """What nnU-Net needs to know of one network. window: HU between which values are told apart."""

    dataset: str
    channels: tuple[str, ...]
    labels: dict[str, int]
    patch: tuple[int, int]
    features: tuple[int, ...]
    window: tuple[float, float]


LOCATE = Network(
    "Dataset901_CTL3Locate",
    ("CT", "CT"),
    {level.name.lower() if level else "background": int(level) for level in Level},
    (320, 192),
    (16, 32, 64, 128, 160, 160, 160),
    (-250.0, 900.0),
)
MEASURE = Network(
    "Dataset902_CTL3Measure",
    ("CT",),
    {compartment.name.lower(): int(compartment) for compartment in Compartment},
    (224, 320),
    (16, 32, 64, 128, 160, 160),
    (-250.0, 350.0),
)
NETWORKS = {"locate": LOCATE, "measure": MEASURE}
