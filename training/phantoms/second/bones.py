"""Bones of the second renderer: rounded boxes, cones and rings, ribs as bent hoops."""

import itertools

import numpy as np

from training.phantoms.canvas import Canvas, rod
from training.phantoms.second.body import Body, Segment
from training.phantoms.second.texture import fractal
from training.phantoms.tissues import Tissue


def paint_column(canvas: Canvas, body: Body, column: tuple[Segment, ...]) -> None:
    """Discs as one bent cylinder, then arches, then the bodies with their levels."""
    free = column[: -5 + 1]
    for above, below in itertools.pairwise(free):
        middle = (above.frame.centre + below.frame.centre) / 2
        near = canvas.near(middle, above.half[0] + 14)
        if not len(near):
            continue
        local = above.frame.local(canvas.points[near])
        rho = np.hypot(local[:, 0] / above.half[0], local[:, 1] / above.half[1])
        down = -local[:, 2]
        reach = float(np.linalg.norm(above.frame.centre - below.frame.centre))
        canvas.paint(near[(rho < 0.98) & (down > 0) & (down < reach)], Tissue.DISC)
    for segment in column:
        near = canvas.near(segment.frame.centre, 4.2 * segment.half[0] * min(1.0, segment.half[0] / 10))
        if len(near):
            _vertebra(canvas, body, segment, near)


def _vertebra(canvas: Canvas, body: Body, segment: Segment, near: np.ndarray) -> None:
    local = segment.frame.local(canvas.points[near])
    a, b, c = segment.half
    sacral = segment.name[0] == "S"
    canal = np.hypot(local[:, 0], 1.25 * (local[:, 1] - b - 8)) - (9.5 if not sacral else 6.5)
    inside = (np.abs(local[:, 2]) < 1.5 * c) & (canal < 0)
    canvas.paint(near[inside], Tissue.CANAL_FAT)
    canvas.paint(near[inside & (canal < -1.6)], Tissue.SAC)
    arch = _sacral_wings(body, segment, local) if sacral else _arch(body, segment, local, canal)
    _bone(canvas, near, arch, 2.0)
    rho = np.hypot(local[:, 0] / a, local[:, 1] / b)
    # Rounded edges: the distance to a smaller box, less the radius of its rounding; ends sag a little.
    sag = 1.6 * np.clip(1 - rho**2, 0, 1) * (not sacral)
    side, end = (rho - 1) * b + 3.0, np.abs(local[:, 2]) - c + sag + 3.0
    box = np.hypot(np.clip(side, 0, None), np.clip(end, 0, None)) + np.minimum(np.maximum(side, end), 0) - 3.0
    canvas.paint(near[box < 0], Tissue.CANCELLOUS, segment.level)
    grain = fractal(body.seed + 7, canvas.points[near], 12.0)
    canvas.paint(near[(box < 0) & (box > -0.9 - 0.4 * grain)], Tissue.CORTICAL)


def _bone(canvas: Canvas, near: np.ndarray, distance: np.ndarray, shell_mm: float) -> None:
    free = canvas.level[near] == 0
    canvas.paint(near[(distance < 0) & free], Tissue.CANCELLOUS)
    canvas.paint(near[(distance < 0) & (distance > -shell_mm) & free], Tissue.CORTICAL)


def _arch(body: Body, segment: Segment, local: np.ndarray, canal: np.ndarray) -> np.ndarray:
    a, b, c = segment.half
    s = body.skeleton
    chest = segment.name[0] == "T"
    u = np.abs(local[:, 0])
    v, w = local[:, 1], local[:, 2]
    ring = np.maximum(np.abs(canal - 2.5) - 2.5, np.abs(w + 0.15 * c) - 0.75 * c)
    tip = b + (34 if chest else 42) * s
    lean = (1.5 if chest else 0.45) * c * np.clip((v - b - 14) / 28, 0, 1)
    tall = np.where(chest, 4.5, 7.5 + 3.5 * np.clip((v - b - 14) / 28, 0, 1)) * s
    crest = np.maximum(
        np.maximum(u - 3.0, np.abs(w + 0.3 * c + lean) - tall), np.maximum(b + 15 - v, v - tip)
    )
    reach = (a + 15 * s) if not chest else 24 * s
    out = np.clip((u - 10) / (reach - 10), 0, 1)
    cone = np.hypot(v - b - 12 - 3 * out, 1.2 * (w - 0.1 * c)) - (5.5 - 2.5 * out)
    cone = np.maximum(cone, np.maximum(10 - u, u - reach))
    knob = np.hypot(u - 15 * s, v - b - 15) - 5.0
    knob = np.maximum(knob, np.abs(w + 0.25 * c) - 0.95 * c)
    shape: np.ndarray = np.minimum(np.minimum(ring, crest), np.minimum(cone, knob))
    return shape


def _sacral_wings(body: Body, segment: Segment, local: np.ndarray) -> np.ndarray:
    rank = int(segment.name[1])
    reach = (58 - 9 * rank) * body.skeleton
    u = np.abs(local[:, 0])
    thick = segment.half[1] * 0.9 * np.clip(1.25 - u / (reach * 1.3), 0.2, 1)
    wing = np.maximum(np.maximum(np.abs(local[:, 1] - 0.3 * segment.half[1]) - thick, u - reach), 4 - u)
    shape: np.ndarray = np.maximum(wing, np.abs(local[:, 2]) - segment.half[2])
    return shape


def paint_hoops(canvas: Canvas, body: Body, column: tuple[Segment, ...], chest: np.ndarray) -> None:
    """Ribs of T3 to T12 along the wall of the chest; chest: distance to the cavity."""
    rng = np.random.default_rng([body.seed, 103])
    for segment in (one for one in column if one.name[0] == "T"):
        rank = int(segment.name[1:])
        sweep = {12: rng.uniform(0.25, 0.9), 11: rng.uniform(0.9, 1.3)}.get(rank, 2.4)
        near = canvas.near(segment.frame.centre + np.array((0, -80, -55)), np.array((220, 200, 115)))
        if not len(near):
            continue
        p = canvas.points[near] - segment.frame.centre.astype(np.float32)
        turn = np.arctan2(np.abs(p[:, 0]), p[:, 1] + 62)
        sink = -(20 * turn + 17 * turn**2 * np.clip(1.6 - 0.35 * turn, 0.4, 1)) * body.skeleton
        hoop = np.hypot((p[:, 2] - sink) * 0.75, chest[near] - 5) - 3.8
        hoop = np.where((turn < sweep) & (np.abs(p[:, 0]) > segment.half[0] + 14) & (p[:, 1] < 70), hoop, 9.0)
        _bone(canvas, near, hoop, 1.3)
        local = segment.frame.local(canvas.points[near])
        local[:, 0] = np.abs(local[:, 0])
        a, b, c = segment.half
        end = np.array((a + 26 * min(1.0, 2 * sweep), b + 16, 0.0))
        _bone(canvas, near, rod(local, np.array((a, b - 3, 0.5 * c)), end, (3.6, 3.6, 4.4)), 1.2)


def paint_bowl(canvas: Canvas, body: Body, sacrum: Segment) -> None:
    """Iliac wings as tilted plates that bend around the pelvis, with round hips below."""
    s = body.skeleton
    near = canvas.near(sacrum.frame.centre + np.array((0, -45, -65)) * s, np.array((185, 160, 170)) * s)
    if not len(near):
        return
    x, y, z = ((canvas.points[near] - sacrum.frame.centre.astype(np.float32)) / s).T
    u = np.abs(x)
    run = 52 + 62 * np.sin(np.clip((45 - y) / 115, 0, 1) * 1.9) + 0.38 * np.clip(z + 35, -40, 90)
    plate = np.abs(u - run) * 0.8 - 4.2
    rim = z - (34 + 10 * np.cos(y / 40) - 0.004 * (y + 20) ** 2)
    wing = np.maximum(np.maximum(plate, rim), np.maximum(-70 - z, np.maximum(y - 46, -72 - y - 0.4 * z)))
    ball = np.sqrt((u - 90) ** 2 + (y + 60) ** 2 + (z + 112) ** 2)
    hip = np.where(ball < 27, np.abs(ball - 13) - 11.5, np.abs(ball - 33) - 3.2)
    hip = np.maximum(hip, np.where(ball < 27, -9.0, u - 100))
    branch = np.hypot(y + 100 - 0.25 * u, z + 130 - 0.1 * u) - 8
    branch = np.maximum(branch, np.maximum(5 - u, u - 75))
    _bone(canvas, near, np.minimum(np.minimum(wing, hip), branch) * s, 1.5)
