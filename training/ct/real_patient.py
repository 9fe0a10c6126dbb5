"""The open real CT with its label maps, turned into the same tissues and levels as a phantom.

Its wall of muscle has no labels: it is what is as dense as muscle, is no organ, and hangs together with
the fascia below the subcutaneous fat. Arrays are (x, y, z) to the left, the back and the head.
"""

from dataclasses import dataclass
from pathlib import Path

import nibabel
import numpy as np
from scipy import ndimage

from training.phantoms.tissues import Level, Tissue

VOXEL_MM = 3.0
FINE_MM = 1.5
# Label of the published map → tissue; what is not here is told by its Hounsfield units.
_ORGANS = {
    Tissue.SPLEEN: (1,),
    Tissue.CORTEX: (2, 3),
    Tissue.FLUID: (4, 6, 21),
    Tissue.LIVER: (5,),
    Tissue.ORGAN: (7, 8, 9, 22),
    Tissue.LUNG: tuple(range(10, 15)),
    Tissue.BOWEL: (18, 19),
    Tissue.STOOL: (20,),
    Tissue.ARTERY: (52, 65, 66),
    Tissue.VEIN: (63, 64, 67, 68),
    Tissue.SAC: (79,),
    Tissue.WALL_MUSCLE: (80, 81, 82, 83, 84, 85, 86, 87),
    Tissue.PSOAS: (88, 89),
    Tissue.CARTILAGE: (117,),
    Tissue.CANCELLOUS: (25, *range(26, 51), 75, 76, 77, 78, *range(92, 117)),
}
_CAVITY = (1, 2, 3, 4, 5, 6, 7, 8, 9, 18, 19, 20, 21, 22, 52, 63, 64, 65, 66, 67, 68)
_LINED = (1, 2, 3, 5)
_LEVELS = {
    26: Level.SACRUM,
    27: Level.L5,
    28: Level.L4,
    29: Level.L3,
    30: Level.L2,
    31: Level.L1,
    32: Level.T12,
    33: Level.THORACIC,
}


@dataclass(frozen=True)
class RealPatient:
    """hu: float32 at 3 mm. tissue, level: uint8 at 1.5 mm. bodies: centres from foot to head in mm.

    centre: that of L3's. All in the array's own frame: the centre of the first voxel is at half its size.
    """

    hu: np.ndarray
    tissue: np.ndarray
    level: np.ndarray
    bodies: np.ndarray
    centre: np.ndarray


def load_patient(folder: Path) -> RealPatient:
    """Read example_ct with its labels; takes some seconds."""
    hu = _read(folder / "example_ct.nii.gz").astype(np.float32)
    organs, vertebrae = (_read(folder / f"example_ct_{name}.nii.gz") for name in ("organs", "vertebrae"))
    level, column = _levels(organs, vertebrae)
    tissue = _tissues(hu, organs, vertebrae, column)
    fine_level, fine_tissue = _finer(level), _finer(tissue)
    # Bones get a shell: at 3 mm their own is too blurred to be found everywhere.
    bone = np.isin(fine_tissue, (Tissue.CANCELLOUS, Tissue.CORTICAL))
    fine_tissue[bone & ~ndimage.binary_erosion(bone)] = Tissue.CORTICAL
    there = [one for one in Level if one and (fine_level == one).any()]
    bodies = np.array([np.argwhere(fine_level == one).mean(0) for one in there]) * FINE_MM + FINE_MM / 2
    bodies = bodies[np.argsort(bodies[:, 2])]
    centre = (np.argwhere(fine_level == Level.L3).mean(0) + 0.5) * FINE_MM
    return RealPatient(hu, fine_tissue, fine_level, bodies, centre)


def _read(path: Path) -> np.ndarray:
    image = nibabel.as_closest_canonical(nibabel.load(path))  # type: ignore[no-untyped-call]
    return np.ascontiguousarray(np.asarray(image.dataobj)[::-1, ::-1])


def _levels(organs: np.ndarray, vertebrae: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Bodies: of each vertebra what lies in front of the canal. And the column of bodies with the discs."""
    canal = organs == 79
    y = np.arange(canal.shape[1])[None, :, None]
    heights = np.flatnonzero(canal.any((0, 1)))
    front = np.array([np.flatnonzero(canal[:, :, z].any(0)).min() for z in heights])
    limit = np.interp(np.arange(canal.shape[2]), heights, front)[None, None, :]
    # Below the canal's end the sacrum has no arch worth the name.
    limit = np.where(np.arange(canal.shape[2]) < heights[0], 999, limit)
    level = np.zeros(organs.shape, np.uint8)
    for label, one in _LEVELS.items():
        level[(vertebrae == label) & (y < limit)] = one
    x = np.arange(canal.shape[0])[:, None, None]
    middle = np.argwhere(canal).mean(0)[0]
    level[(organs == 25) & (level == 0) & (y < limit) & (np.abs(x - middle) < 6)] = Level.SACRUM
    column = ndimage.binary_closing(level > 0, ndimage.generate_binary_structure(3, 1), 3)
    return level, column & (y < limit)


def _tissues(hu: np.ndarray, organs: np.ndarray, vertebrae: np.ndarray, column: np.ndarray) -> np.ndarray:
    smooth = ndimage.gaussian_filter(hu, 0.6)
    body = _body(hu)
    bone = np.isin(organs, _ORGANS[Tissue.CANCELLOUS]) | (vertebrae > 0)
    cavity_organ = np.isin(organs, _CAVITY)
    muscle_label = np.isin(organs, _ORGANS[Tissue.WALL_MUSCLE])
    soft = (smooth > -30) & body
    tissue = np.where(body, Tissue.VISCERAL_FAT, Tissue.AIR).astype(np.uint8)
    tissue[soft] = Tissue.VESSEL_FINE
    inside = _within_fascia((smooth > -55) & body, body, cavity_organ | muscle_label | bone)
    psoas = np.isin(organs, _ORGANS[Tissue.PSOAS])
    # Between psoas and back, what is as dense as muscle and no organ is the square muscle of the loin.
    behind = np.arange(hu.shape[1])[None, :, None] > _backs(column) - 2
    square = soft & inside & behind & ~cavity_organ & ~psoas & ~bone & (organs != 79)
    # Between liver, spleen or kidney and the wall lies the diaphragm, which is not of the wall.
    lined = ndimage.binary_dilation(np.isin(organs, _LINED), np.ones((3, 3, 1))) & ~muscle_label & ~bone
    organ = cavity_organ | psoas | (lined & ~square)
    wall = _wall((smooth > -55) & body, inside, organ, muscle_label | bone | square)
    tissue[body & ~inside] = Tissue.SUBCUTANEOUS
    tissue[wall] = Tissue.WALL_FAT
    tissue[wall & soft] = Tissue.WALL_MUSCLE
    tissue[_islands(inside & ~wall & ~bone & ~np.isin(organs, (79, 88, 89)))] = Tissue.WALL_FAT
    for kind, labels in _ORGANS.items():
        tissue[np.isin(organs, labels)] = kind
    gap = ndimage.binary_closing(psoas | bone, np.ones((3, 3, 1))) & ~bone & soft & (organs == 0) & ~behind
    tissue[gap] = Tissue.PSOAS
    tissue[bone] = Tissue.CANCELLOUS
    tissue[bone & (hu > 280)] = Tissue.CORTICAL
    tissue[column & ~bone & (organs != 79)] = Tissue.DISC
    tissue[(tissue == Tissue.WALL_MUSCLE) & (smooth < -30)] = Tissue.WALL_FAT
    tissue[(tissue == Tissue.PSOAS) & (smooth < -30)] = Tissue.PSOAS_FAT
    tissue[(smooth < -350) & body & (tissue != Tissue.LUNG) & (tissue != Tissue.SUBCUTANEOUS)] = Tissue.GAS
    rim = body & ~ndimage.binary_erosion(body, np.ones((3, 3, 1)))
    tissue[rim & (tissue == Tissue.SUBCUTANEOUS)] = Tissue.SKIN
    return tissue


def _backs(column: np.ndarray) -> np.ndarray:
    """Per slice, where the bodies end towards the back; (1, 1, slices)."""
    heights = np.flatnonzero(column.any((0, 1)))
    backs = [np.flatnonzero(column[:, :, z].any(0)).max() for z in heights]
    limits: np.ndarray = np.interp(np.arange(column.shape[2]), heights, backs)
    return limits[None, None, :]


def _body(hu: np.ndarray) -> np.ndarray:
    solid = ndimage.binary_opening(hu > -350, np.ones((3, 3, 1)))
    parts, _ = ndimage.label(solid)
    largest = parts == np.argmax(np.bincount(parts.ravel())[1:]) + 1
    filled = np.stack([ndimage.binary_fill_holes(largest[:, :, z]) for z in range(hu.shape[2])], 2)
    return np.asarray(filled)


def _within_fascia(soft: np.ndarray, body: np.ndarray, known: np.ndarray) -> np.ndarray:
    """What lies within the outer fascia: along each ray from a slice's middle, up to the last muscle.

    The limit is smoothed over neighbouring rays and slices, which closes the gaps where the wall is thin.
    """
    angles = np.linspace(-np.pi, np.pi, 181)[:-1]
    framed = np.pad(body, ((1, 1), (1, 1), (0, 0)))
    skin = ndimage.distance_transform_edt(framed, sampling=(1, 1, 1000))[1:-1, 1:-1]
    limits = np.zeros((len(angles), soft.shape[2]))
    polar = []
    for z in range(soft.shape[2]):
        x, y = np.indices(soft.shape[:2])
        middle = np.argwhere(known[:, :, z]).mean(0) if known[:, :, z].any() else np.array(soft.shape[:2]) / 2
        radius, angle = np.hypot(x - middle[0], y - middle[1]), np.arctan2(y - middle[1], x - middle[0])
        polar.append((radius, angle))
        core = (soft[:, :, z] & (skin[:, :, z] > 2.5)) | known[:, :, z]
        parts, _ = ndimage.label(core)
        core &= np.bincount(parts.ravel())[parts] > 8
        sector = np.digitize(angle, angles) - 1
        limits[:, z] = ndimage.maximum(np.where(core, radius, 0), sector, np.arange(len(angles)))
    limits = np.pad(limits, ((30, 30), (0, 0)), "wrap")
    limits = ndimage.median_filter(limits, (7, 5), mode="nearest")
    closed = ndimage.grey_closing(limits, (23, 1), mode="nearest")
    front = np.pad(angles < 0, 30, "wrap")[:, None]
    limits = np.where(front, closed, limits)
    limits = ndimage.gaussian_filter(limits, (1.5, 0.7), mode="nearest")[30:-30]
    planes = [
        radius <= np.interp(angle, angles, limits[:, z], period=2 * np.pi) + 0.5
        for z, (radius, angle) in enumerate(polar)
    ]
    inside: np.ndarray = np.stack(planes, 2) & body & (skin > 1.5)
    return inside


def _wall(soft: np.ndarray, inside: np.ndarray, organ: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Muscle that hangs together with the fascia, with the fat in its gaps."""
    walls = []
    for z in range(soft.shape[2]):
        depth = ndimage.distance_transform_edt(inside[:, :, z])
        free = inside[:, :, z] & ~organ[:, :, z]
        wall = (soft[:, :, z] & free & (depth < 8)) | (known[:, :, z] & inside[:, :, z])
        parts, _ = ndimage.label(wall | (free & (depth < 1.6)))
        wall &= np.isin(parts, np.unique(parts[(depth > 0) & (depth < 2)]))
        closed = ndimage.binary_closing(np.pad(wall, 4), ndimage.generate_binary_structure(2, 1), 2)[
            4:-4, 4:-4
        ]
        walls.append((closed | (depth > 0) & (depth < 1.6)) & free)
    return np.stack(walls, 2)


def _islands(cavity: np.ndarray) -> np.ndarray:
    """What is cut off from the largest piece of its slice: fat between the muscles of the back."""
    cut = np.zeros_like(cavity)
    for z in range(cavity.shape[2]):
        parts, count = ndimage.label(cavity[:, :, z])
        if count > 1:
            sizes = np.bincount(parts.ravel())
            sizes[0] = 0
            cut[:, :, z] = cavity[:, :, z] & (parts != np.argmax(sizes)) & (sizes[parts] < 60)
    return cut


def _finer(labels: np.ndarray) -> np.ndarray:
    """Twice as fine, with smooth borders: at each point the label with the largest smoothed share."""
    best = np.full([2 * side for side in labels.shape], -1.0, np.float32)
    finer = np.zeros(best.shape, np.uint8)
    for label, box in enumerate(ndimage.find_objects(labels + 1)):
        if box is None:
            continue
        wide = tuple(slice(max(0, one.start - 3), one.stop + 3) for one in box)
        share = (labels[wide] == label).astype(np.float32)
        for axis in range(3):
            share = np.repeat(share, 2, axis)
        share = ndimage.gaussian_filter(share, 1.1, truncate=3)
        there = tuple(
            slice(2 * one.start, 2 * one.start + side) for one, side in zip(wide, share.shape, strict=True)
        )
        better = share > best[there]
        finer[there][better] = label
        best[there][better] = share[better]
    return finer
