"""A simple torso with a spine whose bodies carry their level in their HU, so that a test needs no network."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from scipy import ndimage

from services.segmentation.ct.locate.levels import Level
from services.segmentation.ct.reading import CtImage, Geometry, Making, Patient, Slice, Vector

PITCH_MM = 34.0
L3_MM = 12.5
"""Height of the centre of L3."""

_HALF_TALL, _HALF_DEEP, _HALF_WIDE = 13.0, 17.0, 23.0
_CODE_FROM, _CODE_STEP = 400, 40


def code(level: Level) -> int:
    """HU of a body of this level."""
    return _CODE_FROM + _CODE_STEP * int(level)


@dataclass(frozen=True)
class Torso:
    """side, depth: the curve of the bodies' middles, mm, by height. lowest, highest: levels drawn.

    ribs_from: the lowest level with ribs. without: levels that are not there; those above sit lower.
    """

    side: Callable[[np.ndarray], np.ndarray] = field(default=lambda z: 0 * z)
    depth: Callable[[np.ndarray], np.ndarray] = field(default=lambda z: 30 + 0 * z)
    lowest: Level = Level.SACRUM
    highest: Level = Level.THORACIC
    aorta_hu: int = 40
    noise_hu: float = 0.0
    ribs_from: Level = Level.T12
    without: tuple[Level, ...] = ()

    def levels(self) -> list[tuple[Level, float]]:
        """Each body with the height of its centre, from foot to head; two are of the chest."""
        found: list[tuple[Level, float]] = []
        names = [Level(min(index, Level.THORACIC)) for index in range(1, int(Level.THORACIC) + 2)]
        for index, level in enumerate((one for one in names if one not in self.without), int(Level.SACRUM)):
            if self.lowest <= level <= self.highest:
                found.append((level, L3_MM + (index - int(Level.L3)) * PITCH_MM))
        return found

    def draw(self, heights: np.ndarray, depths: np.ndarray, sides: np.ndarray) -> np.ndarray:
        """int16 (heights, depths, sides) at the given places."""
        z, y, x = np.meshgrid(*(np.float32(axis) for axis in (heights, depths, sides)), indexing="ij")
        u, v = x - self.side(heights)[:, None, None], y - self.depth(heights)[:, None, None]
        u, v = u.astype(np.float32), v.astype(np.float32)
        hu = np.full(z.shape, -1000.0, np.float32)
        hu[((x / 160) ** 2 + (y / 110) ** 2) < 1] = 45
        hu[(u / _HALF_WIDE) ** 2 + (v / _HALF_DEEP) ** 2 < 1] = 90
        hu[((u - 18) ** 2 + (v + 34) ** 2) < 11**2] = self.aorta_hu
        for level, middle in self.levels():
            near = np.abs(heights - middle) < 32
            part = hu[near]
            w = z[near] - np.float32(middle)
            _vertebra(part, level, w, u[near], v[near])
            if level >= self.ribs_from:
                _ribs(part, w, u[near], v[near])
            hu[near] = part
        if not self.noise_hu:
            return hu.astype(np.int16)
        # The same noise at the same place, whatever part of the torso is drawn.
        seed = np.round(x * 8 + y * 1048 + z * 8004).astype(np.int32)
        grain = ((seed * np.int32(40503) >> 7) & 255) / np.float32(128) - 1
        noisy: np.ndarray = np.round(hu + grain * self.noise_hu * (hu > -900)).astype(np.int16)
        return noisy


def _vertebra(hu: np.ndarray, level: Level, w: np.ndarray, u: np.ndarray, v: np.ndarray) -> None:
    body = (np.abs(w) < _HALF_TALL) & ((u / _HALF_WIDE) ** 2 + (v / _HALF_DEEP) ** 2 < 1)
    arch = (np.abs(w) < 9) & ((u / 20) ** 2 + ((v - 27) / 16) ** 2 < 1) & (v > 16)
    spine = (np.abs(w + 4) < 9) & (np.abs(u) < 4) & (v > 40) & (v < 62)
    hu[arch | spine] = 450
    hu[(u / 9) ** 2 + ((v - 26) / 7) ** 2 < 1] = 20
    if level is Level.SACRUM:
        hu[(np.abs(w) < _HALF_TALL) & (np.abs(u) < 60) & (np.abs(v - 6) < 14)] = 300
    hu[body] = code(level)


def _ribs(hu: np.ndarray, w: np.ndarray, u: np.ndarray, v: np.ndarray) -> None:
    rib = (np.abs(w + 0.25 * (np.abs(u) - 25)) < 6) & (np.abs(u) > 24) & (np.abs(u) < 90)
    hu[rib & (np.abs(v - 20) < 7)] = 500


def oracle(image: np.ndarray) -> np.ndarray:
    """Reads the levels out of the HU: what a perfect network would answer, float32 (9, rows, columns)."""
    found = np.zeros(image.shape[1:], np.uint8)
    for level in Level:
        if level:
            near = np.abs(image[0] - code(level)) < 0.45 * _CODE_STEP
            found[ndimage.binary_opening(near, np.ones((5, 5)))] = level
    answer: np.ndarray = (np.arange(len(Level))[:, None, None] == found).astype(np.float32)
    return answer


@dataclass
class Volume:
    """Planes out of an array that lies in memory; counts how often each is read."""

    hu: np.ndarray
    reads: int = 0

    def read(self, index: int, out: np.ndarray) -> None:
        """As a CtImage wants it."""
        self.reads += 1
        out[...] = self.hu[index]


@dataclass(frozen=True)
class Study:
    """Where a torso is scanned. low, high: heights; half: of the field of view; middle: its centre's side."""

    low: float = -110.0
    high: float = 150.0
    step: float = 2.5
    pixel: float = 2.0
    half: float = 180.0
    middle: float = 0.0
    slices: tuple[Slice, ...] = ()

    def of(self, torso: Torso) -> CtImage:
        """Its CT, from foot to head."""
        first = np.ceil(self.low / self.step)
        heights = np.arange(first, np.floor(self.high / self.step) + 1) * self.step
        along = np.arange(round(2 * self.half / self.pixel)) * self.pixel
        start = np.round((self.middle - self.half) / self.pixel) * self.pixel
        sides, depths = along + start, np.arange(round(300 / self.pixel)) * self.pixel - 140.5
        geometry = Geometry(
            (len(heights), len(depths), len(sides)),
            (self.step, self.pixel, self.pixel),
            ((0.0, 0.0, 1.0), (0.0, 1.0, 0.0), (1.0, 0.0, 0.0)),
            (float(sides[0]), float(depths[0]), float(heights[0])),
        )
        return image_of(torso.draw(heights, depths, sides), geometry)


def image_of(hu: np.ndarray, geometry: Geometry) -> CtImage:
    """An image of voxels in memory."""
    return CtImage(geometry, (), Making(), Patient(), (), Volume(hu))


def flipped(image: CtImage, axes: tuple[int, ...]) -> CtImage:
    """The same voxels in the same places, stored the other way round along some axes."""
    geometry = image.geometry
    start = tuple(geometry.shape[axis] - 1.0 if axis in axes else 0.0 for axis in range(3))
    directions: tuple[Vector, ...] = tuple(
        (-d[0], -d[1], -d[2]) if axis in axes else d for axis, d in enumerate(geometry.directions)
    )
    origin = geometry.position_mm(start)  # type: ignore[arg-type]
    turned = replace(geometry, directions=directions, origin_mm=origin)  # type: ignore[arg-type]
    return image_of(np.ascontiguousarray(np.flip(image.read(), axes)), turned)
