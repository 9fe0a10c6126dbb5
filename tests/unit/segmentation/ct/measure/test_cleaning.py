"""What a reader would put right is put right, and nothing else."""

import numpy as np

from services.segmentation.ct.measure.bowel import bowel_content
from services.segmentation.ct.measure.cleaning import cleaned
from services.segmentation.ct.measure.tissues import (
    Compartment,
    TissueLabel,
    Window,
    Windows,
    tissue_labels,
)


def trunk() -> np.ndarray:
    """100 x 140 pixels of 1 mm: fat around muscle around the cavity, two psoas and bone."""
    labels = np.zeros((100, 140), np.uint8)
    labels[10:90, 20:120] = Compartment.SUBCUTANEOUS
    labels[20:80, 30:110] = Compartment.WALL_MUSCLE
    labels[26:74, 36:104] = Compartment.CAVITY
    labels[50:66, 45:57] = labels[50:66, 83:95] = Compartment.PSOAS
    labels[50:74, 60:80] = Compartment.BONE
    return labels


def test_a_sound_answer_stays_as_it_is() -> None:
    assert (cleaned(trunk(), 1.0) == trunk()).all()


def test_arms_and_table_go() -> None:
    labels = trunk()
    labels[30:70, 2:12] = Compartment.WALL_MUSCLE
    labels[95:97, 10:130] = Compartment.SUBCUTANEOUS
    assert (cleaned(labels, 1.0) == trunk()).all()


def test_holes_and_specks_become_what_surrounds_them() -> None:
    labels = trunk()
    labels[30:40, 60:75] = Compartment.BACKGROUND
    labels[14:18, 60:64] = Compartment.WALL_MUSCLE
    labels[76:78, 60:66] = Compartment.CAVITY
    assert (cleaned(labels, 1.0) == trunk()).all()


def test_a_vessel_called_psoas_goes_and_a_thin_muscle_stays() -> None:
    labels = trunk()
    labels[40:44, 68:72] = Compartment.PSOAS
    labels[50:66, 83:95] = Compartment.CAVITY
    labels[55:59, 83:91] = Compartment.PSOAS
    found = cleaned(labels, 1.0)
    assert (found[40:44, 68:72] == Compartment.CAVITY).all()
    assert (found[55:59, 83:91] == Compartment.PSOAS).all()


def test_the_tip_of_a_rib_stays_bone() -> None:
    labels = trunk()
    labels[22:24, 50:53] = Compartment.BONE
    assert (cleaned(labels, 1.0) == labels).all()


def test_nothing_at_all_stays_nothing() -> None:
    assert not cleaned(np.zeros((20, 20), np.uint8), 1.0).any()


def test_the_rim_of_gas_and_the_stool_between_bubbles_are_no_visceral_fat() -> None:
    labels, hu = trunk(), np.full((100, 140), -100, np.int16)
    hu[30:46, 60:80] = -950
    hu[36:40, 68:72] = -120
    hu[29, 59:81] = -120
    content = bowel_content(hu, labels, (1.0, 1.0))
    fat = tissue_labels(hu, labels, Windows(), content) == TissueLabel.VISCERAL_FAT
    assert not fat[29, 59:81].any()
    assert not fat[36:40, 68:72].any()
    assert fat[26, 40:100].all()
    assert not content[labels != Compartment.CAVITY].any()
    without = tissue_labels(hu, labels, Windows()) == TissueLabel.VISCERAL_FAT
    assert without[29, 59:81].all()


def test_without_gas_nothing_is_taken_from_fat() -> None:
    hu = np.random.default_rng(3).normal(-100, 35, (100, 140)).astype(np.int16)
    assert not bowel_content(np.maximum(hu, -250), trunk(), (1.0, 1.0)).any()


def test_gas_in_a_narrow_picture_does_not_spill_over_its_edge() -> None:
    labels, hu = np.full((12, 9), Compartment.CAVITY, np.uint8), np.full((12, 9), -100, np.int16)
    hu[0:3, 0:3] = -900
    content = bowel_content(hu, labels, (2.0, 3.0))
    assert content[:4, :3].all()
    assert not content[6:, :].any()


def test_psoas_and_wall_share_the_window_of_muscle() -> None:
    hu = np.full((100, 140), 60, np.int16)
    labels = tissue_labels(hu, trunk(), Windows(muscle=Window(60, 61)))
    assert (labels[55, 50], labels[22, 60]) == (TissueLabel.PSOAS, TissueLabel.WALL_MUSCLE)
    assert not tissue_labels(hu, trunk(), Windows(muscle=Window(61, 62))).any()
