"""A patient in numbers, drawn from a seed."""

from dataclasses import dataclass, fields

import numpy as np

from training.phantoms.build import Build, draw_build

Range = tuple[float, float]


@dataclass(frozen=True)
class Anatomy:
    """Everything that a scene is built from. Lengths in mm, angles in degrees, the rest shares or factors.

    `seed` decides what is too small to have a name here: each bowel loop, the texture of a muscle.
    """

    seed: int
    female: bool
    lumbar_count: int
    last_rib_mm: float
    skeleton: float
    lordosis: float
    kyphosis: float
    sacral_tilt: float
    scoliosis_mm: float
    scoliosis_wave_mm: float
    scoliosis_phase: float
    vertebra_width: float
    vertebra_depth: float
    vertebra_height: float
    disc_height: float
    unevenness: float
    wedging: float
    osteophytes: float
    fractures: int
    bone_hu: float
    cortical_hu: float
    cortical_mm: float
    spinous: float
    muscle: float
    psoas: float
    infiltration: float
    planes: float
    subcutaneous_mm: float
    subcutaneous_back: float
    visceral: float
    cavity_width: float
    squareness: float
    asymmetry: float
    warp_mm: float
    gas: float
    stool: float
    enteric_hu: float
    enhancement: float
    arterial: float
    metal: int
    implant: int
    build: Build


@dataclass(frozen=True)
class AnatomyRanges:
    """From where to where each number is drawn, evenly. The defaults are those of training."""

    last_rib_mm: Range = (15, 150)
    skeleton: Range = (0.87, 1.13)
    lordosis: Range = (0.2, 1.5)
    kyphosis: Range = (0.3, 1.7)
    sacral_tilt: Range = (22, 52)
    scoliosis_mm: Range = (0, 16)
    scoliosis_wave_mm: Range = (180, 500)
    scoliosis_phase: Range = (0, 360)
    vertebra_width: Range = (0.87, 1.15)
    vertebra_depth: Range = (0.87, 1.15)
    vertebra_height: Range = (0.88, 1.12)
    disc_height: Range = (0.5, 1.35)
    unevenness: Range = (0.0, 0.06)
    wedging: Range = (0.0, 0.09)
    osteophytes: Range = (0.0, 5.0)
    bone_hu: Range = (40, 280)
    cortical_hu: Range = (350, 1000)
    cortical_mm: Range = (0.7, 1.7)
    spinous: Range = (0.75, 1.25)
    muscle: Range = (0.6, 1.25)
    psoas: Range = (0.65, 1.25)
    infiltration: Range = (0.0, 1.0)
    planes: Range = (0.0, 1.0)
    subcutaneous_mm: Range = (4, 52)
    subcutaneous_back: Range = (0.7, 1.8)
    visceral: Range = (0.0, 1.0)
    cavity_width: Range = (0.9, 1.12)
    squareness: Range = (2.0, 2.8)
    asymmetry: Range = (-8, 8)
    warp_mm: Range = (1.0, 6.0)
    gas: Range = (0.0, 1.0)
    stool: Range = (0.0, 1.0)
    enteric_hu: Range = (-20, 320)
    enhancement: Range = (0.0, 1.0)
    arterial: Range = (0.0, 1.0)


# Shares of the patients with 4, 5 and 6 lumbar vertebrae; the usual count is far the most frequent.
_COUNTS, _SHARES = (4, 5, 6), (0.03, 0.93, 0.04)


def draw_anatomy(seed: int, ranges: AnatomyRanges | None = None) -> Anatomy:
    """The patient of this seed; the same seed and ranges give the same patient."""
    rng = np.random.default_rng([seed, 1])
    ranges = ranges or AnatomyRanges()
    drawn = {field.name: float(rng.uniform(*getattr(ranges, field.name))) for field in fields(ranges)}
    # Thin people are as frequent as very fat ones are rare; half of all studies are without contrast.
    low, high = ranges.subcutaneous_mm
    drawn["subcutaneous_mm"] = low + (high - low) * float(rng.beta(1.3, 2.2))
    drawn["scoliosis_mm"] *= float(rng.random())
    drawn["osteophytes"] *= float(rng.random())
    drawn["enhancement"] *= float(rng.random() < 0.55)
    if rng.random() < 0.6:
        drawn["enteric_hu"] = float(rng.uniform(0, 40))
    return Anatomy(
        seed=seed,
        female=bool(rng.random() < 0.5),
        lumbar_count=int(rng.choice(_COUNTS, p=_SHARES)),
        fractures=int(rng.choice((0, 1, 2), p=(0.85, 0.1, 0.05))),
        metal=int(rng.random() < 0.05),
        implant=int(rng.random() < 0.04),
        build=draw_build(seed),
        **drawn,
    )
