"""Phantoms of the first renderer from ranges that training never draws from; for measuring only."""

import numpy as np

from training.phantoms.anatomy import AnatomyRanges, draw_anatomy
from training.phantoms.intensities import draw_intensities
from training.phantoms.render import Phantom
from training.phantoms.scan import ScanRanges, draw_scan
from training.phantoms.scene import build_scene
from training.phantoms.surroundings import draw_surroundings

HELD_OUT_ANATOMY = AnatomyRanges(
    skeleton=(0.82, 1.18),
    lordosis=(0.0, 1.7),
    sacral_tilt=(18, 56),
    scoliosis_mm=(8, 24),
    disc_height=(0.4, 1.5),
    osteophytes=(3, 7),
    bone_hu=(20, 340),
    muscle=(0.5, 1.4),
    psoas=(0.55, 1.4),
    infiltration=(0.5, 1.25),
    subcutaneous_mm=(3, 66),
    visceral=(0.0, 1.2),
    enteric_hu=(-40, 420),
    warp_mm=(4, 9),
)
HELD_OUT_SCANS = ScanRanges(
    step_mm=(0.6, 6.0),
    yaw=(-18, 18),
    roll=(-8, 8),
    pitch=(-8, 8),
    noise_hu=(20, 45),
    sharpening=(0.8, 2.0),
    blur_mm=(0.3, 1.2),
)


def draw_held_out_phantom(seed: int) -> Phantom:
    """The phantom of this seed, from wider ranges."""
    anatomy = draw_anatomy(seed, HELD_OUT_ANATOMY)
    scene = build_scene(anatomy, draw_surroundings(np.random.default_rng([seed, 13])))
    return Phantom(draw_scan(seed, HELD_OUT_SCANS), scene, *draw_intensities(anatomy))
