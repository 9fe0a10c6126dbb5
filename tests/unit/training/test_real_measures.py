"""The score on the real CT looks where the published labels say L3 is."""

import numpy as np
import pytest

from services.segmentation.ct.measure.extent import coverage_of
from services.segmentation.ct.reading import CtLimits, open_ct
from tests.support.ct.models import MODELS, needs_ct_models
from tests.support.ct.real import CT_DATA, needs_ct_data
from training.ct.real_measures import Row, l3_extent, level_lines, read_labels


@needs_ct_data
def test_the_body_of_l3_is_found_in_its_labels() -> None:
    """The page beside the data says that it reaches about from slice 70 to 78."""
    image = open_ct(CT_DATA / "example_ct.nii.gz", CtLimits())
    extent = l3_extent(image, CT_DATA)
    coverage = coverage_of(image.geometry, extent)
    assert 69 <= coverage.slices[0].index <= 71
    assert 77 <= coverage.slices[-1].index <= 79
    assert coverage.headline in (73, 74, 75)
    canal = read_labels(CT_DATA / "example_ct_organs.nii.gz")[coverage.headline] == 79
    _, row, column = image.geometry.index_of(extent.centre_mm)
    middle = np.argwhere(canal).mean(0)
    assert row > middle[0]
    assert column == pytest.approx(middle[1], abs=2)


def test_a_row_says_whether_it_is_within_its_limit() -> None:
    near, far = Row("psoas", 11.0, 10.0, "cm²", 0.9, 0.15), Row("psoas", 12.0, 10.0, "cm²", 0.9, 0.15)
    assert str(near) == "| psoas | 11.0 cm² | 10.0 cm² | +10.0% | 0.900 | within 15%: yes |"
    assert str(far).endswith("within 15%: NO |")


@needs_ct_data
@needs_ct_models
def test_the_bundled_model_finds_l3_of_the_real_patient() -> None:
    assert "Right level: yes" in level_lines(CT_DATA, MODELS)[0]
