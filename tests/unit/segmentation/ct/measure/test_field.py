"""A trunk that the field of view cuts is seen, and one that only comes near it is not."""

import numpy as np
import pytest

from services.segmentation.ct.measure.field import FieldContact, field_contact
from services.segmentation.ct.measure.tissues import Compartment

SIDE, PITCH = 200, 2.0


def trunk(shift: float, deep: float = 0.7, down: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """A round body of 150 mm radius, moved to the right; up to `deep` of the radius it is muscle."""
    x, y = np.meshgrid(*[(np.arange(SIDE) - (SIDE - 1) / 2) * PITCH] * 2)
    depth = np.hypot(x - shift, y - down) / 150
    hu = np.random.default_rng(1).normal(-1000, 8, depth.shape)
    hu[depth <= 1] = -100
    labels = np.zeros(depth.shape, np.uint8)
    labels[depth <= 1] = Compartment.SUBCUTANEOUS
    labels[depth <= deep] = Compartment.WALL_MUSCLE
    return hu.astype(np.int16), labels


def in_circle(hu: np.ndarray, padding: int) -> np.ndarray:
    """As a scanner fills the corners."""
    x, y = np.meshgrid(*[np.arange(SIDE) - (SIDE - 1) / 2] * 2)
    return np.where(np.hypot(x, y) > SIDE / 2, padding, hu).astype(np.int16)


def contact(hu: np.ndarray, labels: np.ndarray) -> FieldContact:
    return field_contact(hu, labels, (PITCH, PITCH))


def test_a_body_within_the_field_touches_nothing() -> None:
    hu, labels = trunk(0.0)
    for image in (hu, in_circle(hu, -1024), in_circle(hu, -3024)):
        assert not contact(image, labels).cuts_fat


def test_a_body_over_the_edge_of_the_picture_is_cut() -> None:
    found = contact(*trunk(80.0))
    assert found.cuts_fat
    assert not found.cuts_all
    # The chord that the edge makes of the circle.
    assert found.skin_mm == pytest.approx(2 * np.sqrt(150**2 - 120**2), abs=8)


@pytest.mark.parametrize("padding", [-1024, -2000, -3024])
def test_a_body_over_the_circle_of_reconstruction_is_cut(padding: int) -> None:
    # Aslant, so that the picture's edge is not touched.
    hu, labels = trunk(45.0, down=45.0)
    assert not contact(hu, labels).cuts_fat
    image = in_circle(hu, padding)
    labels = np.where(image == padding, 0, labels).astype(np.uint8)
    assert contact(image, labels).cuts_fat


def test_padding_is_seen_wherever_its_circle_lies() -> None:
    """A cropped study: the circle is not in the middle of the picture."""
    hu, labels = trunk(70.0)
    image = in_circle(hu, -3024)[20:, 30:]
    assert field_contact(image, labels[20:, 30:], (PITCH, PITCH)).cuts_fat


def test_muscle_at_the_edge_cuts_everything() -> None:
    found = contact(*trunk(90.0, deep=0.9))
    assert found.cuts_all
    assert found.deep_mm < found.skin_mm


def test_an_arm_at_the_edge_is_not_the_trunk() -> None:
    hu, labels = trunk(0.0)
    hu[80:120, :12] = 40
    assert contact(hu, labels).skin_mm == 0


def test_the_touch_of_a_pixel_is_not_a_cut() -> None:
    hu, labels = trunk(50.0)
    assert contact(hu, labels).skin_mm < 50
    hu[:, -1] = -1000
    assert not contact(hu, labels).cuts_fat
