"""Ribs and pelvis, painted."""

import numpy as np

from training.phantoms.anatomy import Anatomy
from training.phantoms.canvas import Canvas, ellipsoid, rod
from training.phantoms.spine import Vertebra
from training.phantoms.tissues import Tissue


def paint_ribs(canvas: Canvas, anatomy: Anatomy, spine: tuple[Vertebra, ...], cavity: np.ndarray) -> None:
    """Each rib runs around the cavity, down and forward; the last ones end free.

    cavity: distance of each point to the cavity, so that ribs lie in its wall.
    """
    s = anatomy.skeleton
    rng = np.random.default_rng([anatomy.seed, 3])
    for vertebra in spine:
        wobble = rng.normal(0, 4)
        if vertebra.rib_mm <= 0:
            continue
        c = vertebra.frame.centre
        near = canvas.near(c + np.array((0, -70 * s, -60 * s)), np.array((210, 190, 110)) * s)
        if not len(near):
            continue
        x, y, z = (canvas.points[near] - c.astype(np.float32)).T
        _neck(canvas, vertebra, s)
        out = np.abs(x)
        # Length along the rib from the spine, about the arc of a circle of the chest's size.
        angle = np.arctan2(out, y + 75 * s)
        arc = angle * 125 * s
        slope = 0.42 if vertebra.name == "T12" else 0.36
        middle = -2 - slope * arc * np.clip(1.25 - arc / (700 * s), 0.2, 1) + wobble * angle
        depth = cavity[near] - 4.5
        shaft = np.hypot((z - middle) / 1.5, depth) - 3.6 * s * anatomy.build.rib
        within = (arc < vertebra.rib_mm * s) & (out > vertebra.width / 2 + 12) & (y < 60)
        bone = within & (shaft < 0)
        end = vertebra.rib_mm > 300
        soft = bone & end & (angle > 2.1)
        canvas.paint(near[bone], Tissue.CANCELLOUS)
        canvas.paint(near[bone & (shaft > -1.5)], Tissue.CORTICAL)
        canvas.paint(near[soft], Tissue.CARTILAGE)


def _neck(canvas: Canvas, vertebra: Vertebra, s: float) -> None:
    """Head and neck of both ribs, from the upper edge of the body out to the wall."""
    near = canvas.near(vertebra.frame.centre, 72 * s)
    if not len(near):
        return
    local = vertebra.frame.local(canvas.points[near])
    local[:, 0] = np.abs(local[:, 0])
    reach = min(vertebra.rib_mm, 40.0) * s
    start = np.array((vertebra.width / 2 + 1, vertebra.depth / 2 - 4, 0.3 * vertebra.height))
    end = start + np.array((0.75 * reach, 0.5 * reach, -0.25 * reach))
    neck = rod(local, start, end, (4.0 * s, 4.0 * s, 5.0 * s))
    canvas.paint(near[neck < 0], Tissue.CANCELLOUS)
    canvas.paint(near[(neck < 0) & (neck > -1.3)], Tissue.CORTICAL)


def paint_pelvis(canvas: Canvas, anatomy: Anatomy, sacrum: Vertebra) -> None:
    """Iliac wings as parts of a bowl, hip joints with the heads of the femurs, and the pubic bones."""
    s = anatomy.skeleton * (1.03 if anatomy.female else 1.0)
    c = sacrum.frame.centre
    near = canvas.near(c + np.array((0, -40, -60)) * s, np.array((180, 150, 160)) * s)
    if not len(near):
        return
    rng = np.random.default_rng([anatomy.seed, 4])
    crest, flare = 24 + rng.normal(0, 7) + anatomy.build.crest_mm, 1 + rng.normal(0, 0.05)
    x, y, z = ((canvas.points[near] - c.astype(np.float32)) / s).T
    out = np.abs(x)
    local = np.stack([out - 20, y + 45, z + 12], 1).astype(np.float32)
    bowl = ellipsoid(local, np.array((112 * flare, 98, 118), np.float32))
    top = crest + 14 - (y / 62) ** 2 * 14
    plate = 5.0 - 1.8 * np.exp(-(((z + 15) / 25) ** 2))
    wing = (np.abs(bowl) - plate) * s
    within = (z < top) & (z > -78) & (y > -78 - 0.5 * z) & (y < 48) & (out > 44)
    wing = np.where(within, np.maximum(wing, (z - top) * s), 9.0)
    socket = ellipsoid(np.stack([out - 86, y + 62, z + 112], 1).astype(np.float32), (33, 31, 33)) * s
    head = ellipsoid(np.stack([out - 92, y + 62, z + 115], 1).astype(np.float32), (23, 23, 23)) * s
    pubis = (
        rod(
            np.stack([out, y, z], 1),
            np.array((6.0, -118, -142)),
            np.array((58.0, -82, -122)),
            (9.0, 8.0, 10.0),
        )
        * s
    )
    shaft = rod(
        np.stack([out, y, z], 1), np.array((95.0, -62, -118)), np.array((140.0, -40, -140)), (15, 15, 15)
    )
    hip = np.minimum(np.minimum(wing, np.maximum(socket, -(head - 2.5))), pubis)
    for part, shell in ((hip, 1.7), (head, 1.0), (shaft * s, 3.0)):
        canvas.paint(near[part < 0], Tissue.CANCELLOUS)
        canvas.paint(near[(part < 0) & (part > -shell)], Tissue.CORTICAL)
