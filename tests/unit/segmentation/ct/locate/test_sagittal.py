"""The plane is drawn as the network's training drew it, and a study is read in bounded memory."""

import numpy as np
import pytest
from scipy import ndimage

from services.segmentation.ct.locate import sagittal, windows
from services.segmentation.ct.locate.curve import SpineCurve
from services.segmentation.ct.locate.levels import Level
from services.segmentation.ct.locate.locating import prepare
from services.segmentation.ct.locate.sagittal import PITCH_MM, sample
from services.segmentation.ct.locate.stack import stack_of
from services.segmentation.ct.reading import Geometry
from tests.support.ct.spines import Study, Torso, Volume, image_of
from training.ct import inputs
from training.ct.phantom_cases import covered, sagittal_case, spine_error
from training.phantoms.render import draw_phantom, pose_of
from training.phantoms.tissues import Level as TrainingLevel
from training.phantoms.volume import Grid, draw_slices

SEED = 274
"""A short study without much noise."""


def test_the_numbers_are_those_of_training() -> None:
    assert (PITCH_MM, sagittal.SLAB_MM) == (inputs.PITCH_MM, inputs.SLAB_MM)
    assert (sagittal.BESIDE_MM, sagittal.BLOCK_MM) == (inputs.BESIDE_MM, inputs.BLOCK_MM)
    assert inputs.LOCATE.patch == (windows.ROWS, windows.COLUMNS)
    assert sum(inputs.LOCATE.window) / 2 == windows._MISSING_HU
    assert [(one.name, one.value) for one in Level] == [(one.name, one.value) for one in TrainingLevel]
    stages = len(inputs.LOCATE.features) - 1
    assert 2**stages == windows._ALIGNED_ROWS


@pytest.mark.timeout(180)
def test_the_image_is_that_of_training_for_the_same_patient_and_the_same_curve() -> None:
    phantom = draw_phantom(SEED)
    seen = np.random.default_rng([SEED, 30])
    case = sagittal_case(phantom, seen)
    # The same draws again, to know where training put its curve and its first row and column.
    again = np.random.default_rng([SEED, 30])
    _, high = covered(again, phantom.scene.skeleton)
    error = spine_error(again)
    bones = [bone for bone in phantom.scene.spine if bone.name[0] in "TL" or bone.name in ("S1", "S2")]
    line = (np.stack([bone.frame.centre for bone in bones]) @ pose_of(phantom.scan).T)[::-1]
    front = again.uniform(-210, -160) + np.interp(0.0, line[:, 2], line[:, 1])

    low, top = -24.0, 24.0
    grid = Grid(160, 2.5, 3.0, low, top, 2)
    hu = np.stack([one.hu for one in draw_slices(phantom, grid)])
    x, y = grid.corner(phantom)
    geometry = Geometry(
        hu.shape, (3.0, 2.5, 2.5), ((0.0, 0.0, 1.0), (0.0, 1.0, 0.0), (1.0, 0.0, 0.0)), (x, y, low)
    )
    heights = np.arange(low - 60, top + 60, 2.0)
    side = np.interp(heights, line[:, 2], line[:, 0]) + error(heights)
    depth = np.interp(heights, line[:, 2], line[:, 1])
    ours = sample(stack_of(image_of(hu, geometry)), SpineCurve(heights, side, depth, np.ones(len(heights))))

    rows, columns = np.meshgrid(ours.plane.heights_mm[3:-3], ours.plane.depths_mm, indexing="ij")
    row, column = (high - rows) / PITCH_MM, (columns - front) / PITCH_MM
    # Where both are: neither beyond the columns of training nor where the phantom's field of view ends.
    inside = (column > 4) & (column < case.truth.shape[1] - 5) & (columns > y + 4) & (columns < y + 390)

    def likeness(channel: int, down: float = 0, back: float = 0) -> float:
        theirs = ndimage.map_coordinates(
            case.image[channel], [row + down, column + back], order=1, mode="nearest"
        )
        pair = [
            np.clip(ndimage.gaussian_filter(one, 1), -250, 900)[inside]
            for one in (theirs, ours.hu[channel, 3:-3])
        ]
        return float(np.corrcoef(*pair)[0, 1])

    for channel in (0, 1):
        there = likeness(channel)
        assert there > 0.95
        assert there > max(likeness(channel, back=step) for step in (-1.0, 1.0))
    assert likeness(0) > max(likeness(0, down=step) for step in (-1.0, 1.0))


def test_a_study_is_read_once_and_a_sixth_again_and_only_the_plane_is_kept() -> None:
    torso, study = Torso(), Study(step=1.0, low=-60, high=90)
    image = study.of(torso)
    planes = image.planes
    assert isinstance(planes, Volume)
    _, _, drawn = prepare(image)
    slices = image.geometry.shape[0]
    assert planes.reads <= slices + slices / 6 + 2
    assert drawn.hu.nbytes < 2 * 4 * 400 * 110


def test_a_place_has_the_same_pixel_in_whatever_part_of_a_study() -> None:
    torso = Torso(noise_hu=30)
    curve = SpineCurve(np.array([-200.0, 200.0]), np.array([2.0, 9.0]), np.array([30.0, 34.0]), np.ones(2))
    whole = sample(stack_of(Study().of(torso)), curve)
    part = sample(stack_of(Study(low=-60, high=70, half=120, middle=10).of(torso)), curve)
    first = whole.plane.top - part.plane.top
    assert whole.plane.front == part.plane.front
    same = whole.hu[0, first + 4 : first + part.plane.rows - 4]
    assert np.array_equal(same, part.hu[0, 4:-4])
