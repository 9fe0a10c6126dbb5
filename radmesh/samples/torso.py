"""Draws a made-up CT of a torso from the sacrum to the lower ribs: no patient, the same at every call.

Soft ellipses stand for skin, fat, muscles, organs and bones; a spine of five lumbar vertebrae, ribs and hips
lets its levels be counted. Far simpler than what the models were trained on (training/phantoms), and enough
to look at.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

SIDE, PIXEL_MM, STEP_MM = 192, 2.1, 4.0
LOW_MM, HIGH_MM = -128.0, 140.0
"""Heights from the middle of L3, which is 0."""

_AIR, _FAT, _SKIN, _MUSCLE, _ORGAN, _BLOOD, _FLUID = -1000.0, -105.0, 20.0, 52.0, 45.0, 40.0, 15.0
_CORTEX, _MARROW, _DISC, _TABLE = 420.0, 190.0, 85.0, -250.0
_BODIES_MM = (-70.0, -36.0, 0.0, 35.0, 69.0, 101.0, 131.0)
"""Centres of L5, L4, L3, L2, L1, T12 and T11."""

_HALF_BODY_MM = 13.5


@dataclass
class _Canvas:
    """One slice while it is drawn; x to the patient's left, y to the back, in mm."""

    x: np.ndarray
    y: np.ndarray
    hu: np.ndarray

    def ellipse(self, x: float, y: float, wide: float, deep: float, hu: float) -> None:
        """Fills an ellipse of these half axes, its edge soft as partial volume makes it."""
        if wide <= 0 or deep <= 0:
            return
        radius = np.sqrt(((self.x - x) / wide) ** 2 + ((self.y - y) / deep) ** 2)
        inside = np.clip(0.5 - (radius - 1) * min(wide, deep) / PIXEL_MM, 0, 1)
        self.hu += inside * (hu - self.hu)

    def pair(self, x: float, y: float, wide: float, deep: float, hu: float) -> None:
        """The same on both sides."""
        for side in (-1, 1):
            self.ellipse(side * x, y, wide, deep, hu)


def draw_torso(seed: int = 3) -> Iterator[tuple[float, np.ndarray]]:
    """Height in mm and HU, int16 (SIDE, SIDE), of each slice from foot to head."""
    rng = np.random.default_rng(seed)
    axis = (np.arange(SIDE) - (SIDE - 1) / 2) * PIXEL_MM
    x, y = np.meshgrid(axis, axis)
    for z in np.arange(LOW_MM, HIGH_MM + 0.1, STEP_MM):
        canvas = _Canvas(x, y, np.full((SIDE, SIDE), _AIR))
        _soft_tissue(canvas, float(z))
        _bones(canvas, float(z))
        noisy = canvas.hu + _grain(rng)
        yield float(z), np.clip(np.rint(noisy), -1024, 3071).astype(np.int16)


def _spine_y(z: float) -> float:
    """Depth of the bodies' middle: the lordosis of a lying patient."""
    return 22.0 + 0.0026 * z * z if z < 0 else 22.0 + 0.0012 * z * z


def _soft_tissue(canvas: _Canvas, z: float) -> None:
    spine, waist = _spine_y(z), 1.0 - 0.06 * np.cos(z / 60)
    canvas.ellipse(0, 128, 210, 5, _TABLE)
    canvas.ellipse(0, 0, 168 * waist, 118, _SKIN)
    canvas.ellipse(0, 0, 166 * waist, 116, _FAT)
    canvas.ellipse(0, 4, 142 * waist, 94, _MUSCLE)
    canvas.ellipse(0, -6, 128 * waist, 78, _FAT)
    _organs(canvas, z, spine)
    canvas.pair(37, spine + 42, 31, 21, _MUSCLE)
    canvas.pair(66, spine + 24, 19, 12, _MUSCLE)
    size = np.clip((95 - z) / 95, 0, 1.25)
    canvas.pair(26 + 12 * size, spine + 1, 8 + 10 * size, 10 + 12 * size, 57.0)


def _organs(canvas: _Canvas, z: float, spine: float) -> None:
    swell = np.sqrt(max(0.0, 1 - ((z - 55) / 58) ** 2))
    canvas.pair(64, spine - 12, 27 * swell, 29 * swell, 38.0)
    canvas.ellipse(-70, -28, 62 * np.clip((z + 5) / 50, 0, 1), 44 * np.clip((z + 5) / 50, 0, 1), 58.0)
    canvas.ellipse(8, spine - 28, 10, 10, _BLOOD)
    canvas.ellipse(-15, spine - 27, 12, 10, _BLOOD)
    for number in range(9):
        turn = 0.7 * number + z / 23
        place = (72 * np.cos(turn) + 14, -32 + 26 * np.sin(1.7 * turn))
        canvas.ellipse(*place, 15, 13, _FLUID)
        if number % 3 == 0:
            canvas.ellipse(place[0], place[1] - 4, 8, 5, _AIR)
    canvas.pair(100, -8, 18, 20, _ORGAN)
    canvas.pair(100, -12, 11, 9, _AIR)


def _bones(canvas: _Canvas, z: float) -> None:
    spine = _spine_y(z)
    near = min(_BODIES_MM, key=lambda one: abs(one - z))
    arch = np.clip(1.6 - abs(abs(z - near + 6) - 5) / 12, 0.55, 1)
    canvas.ellipse(0, spine + 27, 20, 17 * arch, _CORTEX)
    canvas.ellipse(0, spine + 46, 4, 18 * arch - 6, _CORTEX)
    if z < _BODIES_MM[0] - _HALF_BODY_MM - 7:
        _sacrum_and_hips(canvas, z, spine)
    else:
        inside = abs(z - near) <= _HALF_BODY_MM
        plate = abs(abs(z - near) - _HALF_BODY_MM) < 2.2
        canvas.ellipse(0, spine, 24, 17.5, _CORTEX if inside else _DISC)
        canvas.ellipse(0, spine, 21.5, 15, 330.0 if inside and plate else _MARROW if inside else _DISC)
        if abs(z - near) < 5 and near < 90:
            canvas.pair(40, spine + 17, 17, 4, 330.0)
    canvas.ellipse(0, spine + 25, 10, 8, _FLUID)
    for rib in (101.0, 131.0, 160.0):
        _rib(canvas, rib - z, spine)
    if z < -45:
        canvas.pair(88 - 0.3 * (z + 45), spine + 10, 26, 7, _CORTEX)
        canvas.pair(88 - 0.3 * (z + 45), spine + 10, 22, 4, _MARROW)


def _sacrum_and_hips(canvas: _Canvas, z: float, spine: float) -> None:
    wing = np.clip((-90 - z) / 12, 0, 1)
    canvas.ellipse(0, spine + 2, 25, 15, _CORTEX)
    canvas.pair(38, spine + 10, 22 * wing, 14 * wing, _CORTEX)
    canvas.ellipse(0, spine + 2, 22, 12, _MARROW)
    canvas.pair(38, spine + 10, 18 * wing, 10 * wing, 150.0)


def _rib(canvas: _Canvas, drop: float, spine: float) -> None:
    """Where a rib that falls outwards crosses this height. drop: how far below its head."""
    if not -4 <= drop <= 62:
        return
    out = 34 + 1.6 * max(drop, 0.0)
    canvas.pair(out, spine + 26 - 0.004 * (out - 34) ** 2, 10, 5, _CORTEX)


def _grain(rng: np.random.Generator) -> np.ndarray:
    """Noise of some 12 HU as a soft kernel leaves it."""
    white = rng.normal(0, 30, (SIDE + 2, SIDE + 2))
    mean = (white[:-2] + white[1:-1] + white[2:]) / 3
    grain: np.ndarray = (mean[:, :-2] + mean[:, 1:-1] + mean[:, 2:]) / 3
    return grain * 1.2
