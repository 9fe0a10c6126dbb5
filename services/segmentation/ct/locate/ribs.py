"""Whether ribs begin at a vertebra, seen beside the spine: what tells T12 from L1.

Every number is of phantoms of both renderers whose lumbar vertebrae were four or five, and fits the open real
CT: of those with four, 14 in 16 show it at T12 as here, of those with five, 1 in 16 at L1.
"""

import numpy as np
from scipy import ndimage

from services.segmentation.ct.locate.bodies import Body
from services.segmentation.ct.locate.sagittal import BESIDE_MM, PITCH_MM, SagittalImage

_BONE_HU = 180.0
_ORGAN_MM = 24.0
"""What is larger in height and depth than any rib: kidneys and bowel with contrast."""

_LEAST_RIB_MM2 = 40.0
_FAR_MM = (50.0, 60.0)
"""Beyond most transverse processes; here a last rib lies lower than its vertebra."""

_FALL_MM = (12.0, 33.0)
_BEHIND_MM = (0.0, 65.0)
_LEAST_FAR = 2

_NEAR_MM = 40.0
"""Here a last rib is thicker than a transverse process, though no lower."""

_NEAR_HEIGHT_MM = (-18.0, 8.0)
_NEAR_BEHIND_MM = (5.0, 55.0)
_LEAST_NEAR_MM2, _LEAST_SIDE_MM2 = 125.0, 20.0
_NO_RIB_MM2 = 60.0

Piece = tuple[float, float, float]
"""A piece of bone in one block: height and depth of its middle, area in mm²."""


def bears_ribs(body: Body, image: SagittalImage) -> bool | None:
    """Whether ribs begin at a body: beyond doubt, not at all, or None for what may be either."""
    far, near = 0, []
    for number, aside in enumerate(BESIDE_MM * 2):
        if aside in _FAR_MM:
            far += any(_is_far_rib(piece, body) for piece in _pieces(image, number))
        elif aside == _NEAR_MM:
            near.append(sum(piece[2] for piece in _pieces(image, number) if _is_near(piece, body)))
    if far >= _LEAST_FAR or (sum(near) >= _LEAST_NEAR_MM2 and min(near) >= _LEAST_SIDE_MM2):
        return True
    return None if far or sum(near) >= _NO_RIB_MM2 else False


def _is_far_rib(piece: Piece, body: Body) -> bool:
    height, depth, area = piece
    fall, behind = body.height_mm - height, depth - body.depth_mm
    return (
        _FALL_MM[0] <= fall <= _FALL_MM[1]
        and _BEHIND_MM[0] < behind < _BEHIND_MM[1]
        and area >= _LEAST_RIB_MM2
    )


def _is_near(piece: Piece, body: Body) -> bool:
    above, behind = piece[0] - body.height_mm, piece[1] - body.depth_mm
    lowest, highest = _NEAR_HEIGHT_MM
    front, back = _NEAR_BEHIND_MM
    return lowest <= above <= highest and front <= behind <= back


def _pieces(image: SagittalImage, number: int) -> list[Piece]:
    """What is bone in a block, without what is as large as an organ."""
    bone = image.beside[:, number] > _BONE_HU
    side = round(_ORGAN_MM / PITCH_MM)
    organ = ndimage.binary_opening(bone, np.ones((side, side)))
    parts, count = ndimage.label(bone & ~ndimage.binary_dilation(organ, np.ones((5, 5))), np.ones((3, 3)))
    places = ndimage.center_of_mass(parts > 0, parts, range(1, count + 1))
    areas = np.bincount(parts.ravel(), minlength=count + 1)[1:] * PITCH_MM**2
    top, front = image.plane.heights_mm[0], image.plane.depths_mm[0]
    return [
        (float(top - row * PITCH_MM), float(front + column * PITCH_MM), float(area))
        for (row, column), area in zip(places, areas, strict=True)
    ]
