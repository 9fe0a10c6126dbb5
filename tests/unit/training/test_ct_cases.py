"""What the networks of ct-l3 are trained on: whole images with the truth at the same pixels."""

import numpy as np
import pytest

from training.ct.inputs import LOCATE, MEASURE, NETWORKS, PITCH_MM
from training.ct.phantom_cases import axial_case, draw_case, sagittal_case, widened
from training.ct.plans import plans_of
from training.phantoms.render import draw_phantom
from training.phantoms.second.scene import draw_second_phantom
from training.phantoms.tissues import Compartment, Level


@pytest.mark.parametrize("network", sorted(NETWORKS))
def test_the_same_seed_gives_the_same_image(network: str) -> None:
    first, second = draw_case(network, 24), draw_case(network, 24)
    assert np.array_equal(first.image, second.image)
    assert np.array_equal(first.truth, second.truth)


def test_a_sagittal_case_has_both_channels_and_bodies_brighter_than_what_surrounds_them() -> None:
    case = draw_case("locate", 24)
    assert case.image.shape == (len(LOCATE.channels), *case.truth.shape)
    assert case.truth.shape[1] == LOCATE.patch[1]
    bodies = (case.truth > 0) & (case.truth != Level.SACRUM)
    assert case.image[0][bodies].mean() > case.image[0][case.truth == 0].mean() + 100
    # Levels follow each other from head to foot.
    order = [np.argwhere(case.truth == level)[:, 0].mean() for level in Level if (case.truth == level).any()][
        1:
    ]
    assert order == sorted(order, reverse=True)


def test_an_axial_case_has_dark_fat_and_brighter_muscle() -> None:
    case = draw_case("measure", 24)
    assert case.image.shape == (len(MEASURE.channels), *case.truth.shape)
    mean = {one: case.image[0][case.truth == one].mean() for one in Compartment}
    assert mean[Compartment.SUBCUTANEOUS] < -60 < 0 < mean[Compartment.PSOAS]


@pytest.mark.parametrize("seed", range(3, 9))
def test_a_slice_at_l3_goes_through_its_body(seed: int) -> None:
    for phantom in (draw_phantom(seed), draw_second_phantom(seed)):
        truth = axial_case(phantom, np.random.default_rng(seed), at_l3=True).truth
        # A slice of the body shows more bone than one of a disc alone, and always both psoas.
        assert (truth == Compartment.BONE).sum() * PITCH_MM**2 > 700
        assert (truth == Compartment.PSOAS).sum() * PITCH_MM**2 > 300


def test_the_second_renderer_answers_the_same_questions() -> None:
    phantom = draw_second_phantom(5)
    assert set(np.unique(axial_case(phantom, np.random.default_rng(5)).truth)) <= set(Compartment)
    assert Level.L3 in sagittal_case(phantom, np.random.default_rng(1)).truth


@pytest.mark.parametrize("network", sorted(NETWORKS))
def test_a_patch_divides_by_all_strides(network: str) -> None:
    configuration = plans_of(NETWORKS[network])["configurations"]["2d"]
    strides = np.prod(configuration["architecture"]["arch_kwargs"]["strides"], axis=0)
    assert not (np.array(configuration["patch_size"]) % strides).any()


def test_wider_pixels_soften_an_image_and_move_nothing() -> None:
    fine = np.zeros((90, 120), np.float32)
    fine[30:60, 40:80] = 100
    wide = widened(fine, 2.0)
    assert wide.shape == fine.shape
    assert wide.mean() == pytest.approx(fine.mean(), rel=0.02)
    assert [round(float(np.average(axis, weights=wide))) for axis in np.indices(fine.shape)] == [44, 60]
    assert 20 < wide[29, 60] < 80
