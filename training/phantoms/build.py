"""How people of one size differ in shape: where the psoas lies, how long processes and how thick ribs are."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Build:
    """psoas_out_mm, psoas_back_mm: how far its middle lies from its usual place, outward and back.

    psoas_size: its width and depth, against the usual. psoas_long: depth over width. psoas_apart: how far it
    leaves the spine below L4, against the usual. psoas_square: 2 for an oval section, more for a boxy one.
    sheath_mm: of fat around it, none below 0. transverse, rib: lengths of the transverse processes and
    thickness of the ribs, against the usual. crest_mm: how much higher than usual the iliac crests are. wall:
    thickness of the wall's muscles at the sides and the front, against the usual. lining_mm: thickness of the
    diaphragm where it lies against the wall. crura: thickness of its crura beside the spine, against the
    usual.
    """

    psoas_out_mm: float
    psoas_back_mm: float
    psoas_size: float
    psoas_long: float
    psoas_apart: float
    psoas_square: float
    sheath_mm: float
    transverse: float
    rib: float
    crest_mm: float
    wall: float
    lining_mm: float
    crura: float


_RANGES = {
    "psoas_out_mm": (-3.0, 11.0),
    "psoas_back_mm": (-8.0, 13.0),
    "psoas_size": (0.85, 1.35),
    "psoas_long": (0.78, 1.28),
    "psoas_apart": (0.5, 1.9),
    "psoas_square": (1.8, 2.9),
    "sheath_mm": (-1.5, 2.5),
    "transverse": (0.7, 1.5),
    "rib": (0.7, 1.35),
    "crest_mm": (-10.0, 10.0),
    "wall": (0.65, 1.25),
    "lining_mm": (0.0, 4.5),
    "crura": (0.4, 1.4),
}


def draw_build(seed: int) -> Build:
    """The build of this seed, each number evenly from its range."""
    rng = np.random.default_rng([seed, 14])
    return Build(**{name: float(rng.uniform(low, high)) for name, (low, high) in _RANGES.items()})
