"""Points in space that shapes are painted on, one after the other, each over what was there."""

from dataclasses import dataclass

import numpy as np

from training.phantoms.tissues import Level, Tissue


class Canvas:
    """The material of each of n points.

    points: float32 (n, 3), mm. tissue: uint8 (n,), a Tissue. level: uint8 (n,), a Level, set in bodies.
    """

    def __init__(self, points: np.ndarray) -> None:
        self.points = np.ascontiguousarray(points, np.float32)
        self.x, self.y, self.z = (np.ascontiguousarray(self.points[:, axis]) for axis in range(3))
        self.tissue = np.zeros(len(points), np.uint8)
        self.level = np.zeros(len(points), np.uint8)
        self._extent = [
            (float(c.min()), float(c.max())) if len(c) else (0.0, 0.0) for c in (self.x, self.y, self.z)
        ]

    def near(self, centre: np.ndarray, reach: float | np.ndarray) -> np.ndarray:
        """Indices of the points within a box around a centre; reach: half its sides."""
        half = (float(reach),) * 3 if isinstance(reach, float | int) else reach
        inside: np.ndarray | None = None
        for axis, values in enumerate((self.z, self.y, self.x)):
            middle, side = float(centre[2 - axis]), float(half[2 - axis])
            low, high = self._extent[2 - axis]
            if middle + side < low or middle - side > high:
                return np.empty(0, np.intp)
            if inside is None:
                inside = np.flatnonzero(np.abs(values - np.float32(middle)) <= side)
            else:
                inside = inside[np.abs(values[inside] - np.float32(middle)) <= side]
        assert inside is not None
        return inside

    def paint(self, where: np.ndarray, tissue: Tissue | np.ndarray, level: Level | None = None) -> None:
        """Set these points; where: indices or a mask over all points."""
        self.tissue[where] = tissue
        if level is not None:
            self.level[where] = level


@dataclass(frozen=True)
class Frame:
    """A place and three axes in the world, as rows: left, back and head of a bone or organ."""

    centre: np.ndarray
    axes: np.ndarray

    def local(self, points: np.ndarray) -> np.ndarray:
        """World points, (n, 3), seen from this frame."""
        seen: np.ndarray = (points - self.centre.astype(np.float32)) @ self.axes.T.astype(np.float32)
        return seen

    def world(self, local: np.ndarray) -> np.ndarray:
        """Points of this frame, (n, 3) or (3,), in the world."""
        there: np.ndarray = self.centre + np.asarray(local) @ self.axes
        return there


def rod(
    local: np.ndarray, start: np.ndarray, end: np.ndarray, radii: tuple[float, float, float]
) -> np.ndarray:
    """Distance, about mm and negative inside, to a rod with an ellipsoidal section; radii along the axes."""
    scale = np.asarray(radii, np.float32)
    p, a = local / scale, np.asarray(start, np.float32) / scale
    along = np.asarray(end, np.float32) / scale - a
    share = np.clip(((p - a) @ along) / max(float(along @ along), 1e-6), 0.0, 1.0)
    gap = p - a - share[:, None] * along
    distance: np.ndarray = (np.sqrt(np.einsum("ij,ij->i", gap, gap)) - 1.0) * float(min(radii))
    return distance


def ellipsoid(local: np.ndarray, radii: tuple[float, float, float] | np.ndarray) -> np.ndarray:
    """Distance, about millimetres and negative inside, to an ellipsoid around the local origin."""
    p = local / np.asarray(radii, np.float32)
    rho = np.sqrt(np.einsum("ij,ij->i", p, p)) + 1e-6
    distance: np.ndarray = np.sqrt(np.einsum("ij,ij->i", local, local)) * (1.0 - 1.0 / rho)
    return distance


def rotation(roll: float, pitch: float, yaw: float) -> np.ndarray:
    """Axes turned by degrees about y (roll, in the coronal plane), x (pitch, nodding) and z (yaw)."""
    r, p, w = np.radians([roll, pitch, yaw])
    about_y = np.array([[np.cos(r), 0, np.sin(r)], [0, 1, 0], [-np.sin(r), 0, np.cos(r)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(p), -np.sin(p)], [0, np.sin(p), np.cos(p)]])
    about_z = np.array([[np.cos(w), -np.sin(w), 0], [np.sin(w), np.cos(w), 0], [0, 0, 1]])
    turned: np.ndarray = about_z @ about_y @ about_x
    return turned
