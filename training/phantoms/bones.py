"""Vertebrae with their arches and discs, painted."""

import numpy as np

from training.phantoms.anatomy import Anatomy
from training.phantoms.canvas import Canvas, ellipsoid, rod
from training.phantoms.noise import Field
from training.phantoms.spine import Vertebra
from training.phantoms.tissues import Tissue


def body_distance(vertebra: Vertebra, local: np.ndarray, osteophytes: float, bumps: np.ndarray) -> np.ndarray:
    """Millimetres to the surface of the body, negative inside; bumps: one random value a point."""
    u, v, w = local.T
    half_w, half_d, half_h = vertebra.width / 2, vertebra.depth / 2, vertebra.height / 2
    # The back of a body is flat or hollow, where the canal lies against it.
    v = np.where(v > 0, v * (1 + 0.14 * np.exp(-((u / (0.45 * half_w)) ** 2))), v)
    rho = ((np.abs(u) / half_w) ** 2.25 + (np.abs(v) / half_d) ** 2.25) ** (1 / 2.25) + 1e-6
    rho = rho / (1 - vertebra.waist * np.clip(1 - (w / half_h) ** 2, 0, 1))
    side = np.hypot(u, v) * (1 - 1 / rho)
    rim = np.exp(-(((np.abs(w) - half_h) / 3.5) ** 2))
    side = side - osteophytes * rim * np.clip(bumps, 0, 2)
    half = half_h * (1 + vertebra.wedge * v / half_d)
    half = half - vertebra.dent * np.clip(1 - rho * rho, 0, 1)
    distance: np.ndarray = np.maximum(side, np.abs(w) - half)
    return distance


def paint_disc(canvas: Canvas, above: Vertebra, below: Vertebra, gas: bool) -> None:
    """The disc between two bodies; both are painted later, over its ends."""
    middle = (above.frame.centre + below.frame.centre) / 2
    span = above.frame.centre - below.frame.centre
    near = canvas.near(middle, (above.width + above.height) / 2 + 6)
    if not len(near):
        return
    gap = canvas.points[near] - middle.astype(np.float32)
    up = (span / np.linalg.norm(span)).astype(np.float32)
    axes = above.frame.axes + below.frame.axes
    w = gap @ up
    u, v = (gap @ (axes[i] / np.linalg.norm(axes[i])).astype(np.float32) for i in (0, 1))
    half_w, half_d = (above.width + below.width) / 4 + 0.7, (above.depth + below.depth) / 4 + 1.0
    rho = (np.abs(u) / half_w) ** 2.25 + (np.abs(v) / half_d) ** 2.25
    inside = (rho < 1) & (np.abs(w) < np.linalg.norm(span) / 2)
    canvas.paint(near[inside], Tissue.DISC)
    if gas:
        core = inside & (rho < 0.25) & (np.abs(w + 0.04 * v) < 1.5)
        canvas.paint(near[core], Tissue.GAS)


def paint_vertebra(canvas: Canvas, vertebra: Vertebra, anatomy: Anatomy, field: Field) -> None:
    """Canal, arch and processes, then the body, which alone carries the level."""
    reach = vertebra.depth / 2 + 62 * anatomy.skeleton
    near = canvas.near(vertebra.frame.centre, reach)
    if not len(near):
        return
    local = vertebra.frame.local(canvas.points[near])
    _canal(canvas, vertebra, near, local)
    if vertebra.name[0] != "C":
        shell = 1.0 + 0.5 * anatomy.cortical_mm
        arch = _sacral_arch(vertebra, local) if vertebra.sacral else _arch(vertebra, anatomy, local)
        canvas.paint(near[arch < 0], Tissue.CANCELLOUS)
        canvas.paint(near[(arch < 0) & (arch > -shell)], Tissue.CORTICAL)
    bumps = field.at(canvas.points[near], 22.0)
    osteophytes = 0.0 if vertebra.sacral else anatomy.osteophytes
    distance = body_distance(vertebra, local, osteophytes, bumps)
    inside = distance < 0
    canvas.paint(near[inside], Tissue.CANCELLOUS, vertebra.level)
    end = np.abs(local[:, 2]) > np.abs(local[:, :2]).max(1)
    shell_mm = anatomy.cortical_mm * np.where(end, 1.3, 1.0)
    canvas.paint(near[inside & (distance > -shell_mm)], Tissue.CORTICAL)
    vein = inside & (np.abs(local[:, 0]) < 5) & (np.abs(local[:, 2]) < 2.2)
    vein &= (local[:, 1] > vertebra.depth * 0.28) & ~np.bool_(vertebra.sacral)
    canvas.paint(near[vein], Tissue.VESSEL_FINE)
    if vertebra.sacral and vertebra.name != "C1":
        _alae(canvas, vertebra, near, local, anatomy)


def _canal(canvas: Canvas, vertebra: Vertebra, near: np.ndarray, local: np.ndarray) -> None:
    """The dural sac in fat, a tube behind the body as long as the body and half of both discs."""
    small = 0.55 if vertebra.sacral else 1.0
    if vertebra.name in ("S4", "S5", "C1"):
        return
    centre = vertebra.depth / 2 + 8.5 * small
    length = np.abs(local[:, 2]) < vertebra.height * 0.75
    wide, deep = 12.0 * small, 8.5 * small
    rho = (local[:, 0] / wide) ** 2 + ((local[:, 1] - centre) / deep) ** 2
    canvas.paint(near[length & (rho < 1)], Tissue.CANAL_FAT)
    canvas.paint(near[length & (rho < 0.72)], Tissue.SAC)


def _arch(vertebra: Vertebra, anatomy: Anatomy, local: np.ndarray) -> np.ndarray:
    """Distance to pedicles, laminae, joints, transverse and spinous processes of a free vertebra."""
    s, h, back = anatomy.skeleton, vertebra.height, vertebra.depth / 2
    thoracic = vertebra.name[0] == "T"
    half = 12.5 * s
    mirrored = local.copy()
    mirrored[:, 0] = np.abs(mirrored[:, 0])
    joint, roof = back + 17 * s, back + 19 * s
    tip = back + (38 if thoracic else 47) * s * anatomy.spinous
    drop = -0.95 * h if thoracic else -0.5 * h
    wide = 30 * s if thoracic else (vertebra.width / 2 + 17 * s * anatomy.build.transverse)
    tall = 6.0 if thoracic else 8.5
    parts = [
        ((half + 1.5, back - 2, 0.2 * h), (half + 2.5, joint - 4, 0.15 * h), (3.6 * s, 3.6 * s, 6.5 * s)),
        ((half + 3, joint - 3, 0.1 * h), (0, roof + 2, -0.25 * h), (2.8, 3.2, 6.5 * s)),
        ((half + 5, joint - 2, 0.5 * h), (half + 3, joint, -0.75 * h), (5.0 * s, 4.0 * s, 4.0)),
        ((half + 3, joint - 5, 0.12 * h), (wide, joint + 2, 0.18 * h), (3.5, 2.6, 4.4)),
        ((0, roof, -0.2 * h), (0, tip, drop), (3.2, 4.0, tall * s * anatomy.spinous)),
    ]
    nearest = np.full(len(local), 99.0, np.float32)
    for start, end, radii in parts:
        nearest = np.minimum(nearest, rod(mirrored, np.array(start), np.array(end), radii))
    # The canal stays open.
    free = (local[:, 0] / (half - 1)) ** 2 + ((local[:, 1] - back - 8.5) / 8.0) ** 2 < 1
    return np.where(free, 5.0, nearest)


def _sacral_arch(vertebra: Vertebra, local: np.ndarray) -> np.ndarray:
    """Distance to the roof of the sacral canal with its crest."""
    back = vertebra.depth / 2
    roof = rod(
        local, np.array((0, back + 11, 0)), np.array((0, back + 15, -0.2 * vertebra.height)), (3.5, 3.5, 9)
    )
    plate = ellipsoid(local - np.array((0, back + 11, 0), np.float32), (20, 2.6, vertebra.height * 0.6))
    nearest: np.ndarray = np.minimum(roof, plate)
    return nearest


def _alae(canvas: Canvas, vertebra: Vertebra, near: np.ndarray, local: np.ndarray, anatomy: Anatomy) -> None:
    """The wings at both sides, of thin bone with a thin shell, perforated by the roots of nerves."""
    out = local.copy()
    out[:, 0] = np.abs(out[:, 0]) - vertebra.width * 0.55
    out[:, 1] -= vertebra.depth * 0.25
    span = {"S1": 30.0, "S2": 26.0, "S3": 20.0, "S4": 12.0, "S5": 6.0}[vertebra.name] * anatomy.skeleton
    wing = ellipsoid(out, (span, vertebra.depth * 0.52, vertebra.height * 0.72))
    free = canvas.level[near] == 0
    hole = (out[:, 0] + 3) ** 2 + out[:, 1] ** 2 * 0.5 + (out[:, 2] + vertebra.height / 2) ** 2 < 20
    inside = (wing < 0) & free & ~hole
    canvas.paint(near[inside], Tissue.CANCELLOUS)
    canvas.paint(near[inside & (wing > -1.6)], Tissue.CORTICAL)
