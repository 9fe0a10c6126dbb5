"""Noise and metal are measured, not guessed."""

import numpy as np
import pytest

from services.segmentation.ct.measure.conditions import metal_mm2, noise_hu
from services.segmentation.ct.measure.tissues import Compartment


@pytest.mark.parametrize("sigma", [5.0, 15.0, 40.0])
@pytest.mark.parametrize("pitch", [0.7, 1.0])
def test_noise_is_that_of_the_pixels_whatever_lies_around(sigma: float, pitch: float) -> None:
    random = np.random.default_rng(4)
    labels = np.zeros((160, 160), np.uint8)
    labels[10:150, 10:150] = Compartment.SUBCUTANEOUS
    labels[50:110, 50:110] = Compartment.WALL_MUSCLE
    hu = np.select([labels == 4, labels == 1], [-100, 55], -1000) + random.normal(0, sigma, labels.shape)
    hu[70:72, 50:110] = 900
    assert noise_hu(hu.astype(np.int16), labels, (pitch, pitch)) == pytest.approx(sigma, rel=0.1)


def test_without_an_inside_there_is_no_noise_to_tell() -> None:
    assert noise_hu(np.zeros((40, 40), np.int16), np.zeros((40, 40), np.uint8), (1.0, 1.0)) is None


def test_metal_counts_within_the_trunk_only() -> None:
    hu, labels = np.zeros((20, 20), np.int16), np.zeros((20, 20), np.uint8)
    labels[5:15, 5:15] = Compartment.BONE
    hu[8:10, 8:13] = 3071
    hu[0:3, 0:3] = 3071
    assert metal_mm2(hu, labels, 0.5) == 5.0
