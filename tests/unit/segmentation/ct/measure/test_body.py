"""Height, weight and sex from where they are known; cut-offs only where their source fits the patient."""

import pytest

from radmesh.errors import ImageFormatError, InvalidRequestError
from services.segmentation.ct.measure import MeasureOptions, Sex, Source, Window, Windows
from services.segmentation.ct.measure.body import Body, body_of
from services.segmentation.ct.measure.cutoffs import (
    CUTOFFS,
    DERSTINE,
    FEARON,
    HAMAGUCHI,
    MARTIN,
    PRADO,
    Quantity,
    comparisons,
)
from services.segmentation.ct.reading import Patient

HEADER = Patient(height_m=1.68, weight_kg=70.0, sex="F")


def test_a_parameter_wins_over_the_header_and_says_so() -> None:
    by_header = body_of(HEADER)
    assert (by_header.height_m, by_header.height_source) == (1.68, Source.DICOM)
    assert (by_header.sex, by_header.sex_source) == (Sex.FEMALE, Source.DICOM)
    by_parameter = body_of(HEADER, height_m=1.8, weight_kg=80.0, sex=Sex.MALE)
    assert (by_parameter.height_m, by_parameter.height_source) == (1.8, Source.PARAMETER)
    assert (by_parameter.weight_kg, by_parameter.weight_source) == (80.0, Source.PARAMETER)
    assert (by_parameter.sex, by_parameter.sex_source) == (Sex.MALE, Source.PARAMETER)
    assert by_parameter.bmi == pytest.approx(80 / 1.8**2)


def test_what_nobody_said_is_not_guessed() -> None:
    assert body_of(Patient()) == Body()
    assert body_of(Patient(sex="O")).sex is None
    assert body_of(Patient(weight_kg=70.0)).bmi is None


@pytest.mark.parametrize("height", [0.49, 2.51, 168.0, -1.7, float("nan")])
def test_a_height_that_cannot_be_is_refused_wherever_it_comes_from(height: float) -> None:
    with pytest.raises(ImageFormatError, match="height_m") as caught:
        body_of(Patient(height_m=height))
    assert caught.value.reason == "HEIGHT_IMPLAUSIBLE"
    assert str(height) not in caught.value.message
    with pytest.raises(InvalidRequestError, match=r"parameters\.height_m"):
        MeasureOptions(height_m=height)
    # A right one by parameter heals a wrong one of the header.
    assert body_of(Patient(height_m=height), height_m=1.7).height_m == 1.7


@pytest.mark.parametrize("height", [0.5, 2.5])
def test_the_limits_themselves_are_taken(height: float) -> None:
    assert body_of(Patient(height_m=height)).height_m == height
    assert MeasureOptions(height_m=height).height_m == height


def test_a_weight_of_the_header_that_cannot_be_is_left_out() -> None:
    assert body_of(Patient(weight_kg=7000.0)).weight_kg is None
    with pytest.raises(InvalidRequestError, match="weight_kg"):
        MeasureOptions(weight_kg=7000.0)


def test_no_figure_of_the_patient_shows_in_a_log() -> None:
    shown = repr(body_of(HEADER)) + repr(MeasureOptions(height_m=1.68, weight_kg=70.0, sex=Sex.MALE))
    assert "1.68" not in shown
    assert "70.0" not in shown


def test_all_broken_parameters_are_named_at_once() -> None:
    windows = Windows(muscle=Window(150, -29), visceral_fat=Window(-2000, -50))
    with pytest.raises(InvalidRequestError) as caught:
        MeasureOptions(windows, height_m=float("nan"))
    assert [one.field for one in caught.value.violations] == [
        "parameters.muscle_window",
        "parameters.visceral_fat_window",
        "parameters.height_m",
    ]


def test_muscle_and_the_fat_within_it_may_not_overlap() -> None:
    with pytest.raises(InvalidRequestError, match="overlap"):
        MeasureOptions(Windows(muscle=Window(-50, 150)))
    MeasureOptions(Windows(muscle=Window(-50, 150), intermuscular_fat=Window(-190, -51)))


MAN = Body(height_m=1.8, weight_kg=97.3, sex=Sex.MALE)
"""BMI 30.03."""
LEAN_MAN = Body(height_m=1.8, weight_kg=80.0, sex=Sex.MALE)
WOMAN = Body(height_m=1.6, sex=Sex.FEMALE)


def given(body: Body, quantity: Quantity, value: float) -> dict[str, tuple[float, bool]]:
    found = comparisons({quantity: value}, body)
    sources = [one.cutoff.publication.doi for one in found]
    assert len(sources) == len(set(sources)), "a source says one thing of one patient"
    return {one.cutoff.publication.doi: (one.cutoff.at, one.below) for one in found}


def test_without_sex_there_are_no_comparisons() -> None:
    assert comparisons(dict.fromkeys(Quantity, 1.0), Body(height_m=1.7, weight_kg=70.0)) == ()


def test_cut_offs_for_a_bmi_need_one() -> None:
    obese = given(MAN, Quantity.SMI, 52.4)
    assert obese[PRADO.doi] == (52.4, True)
    assert obese[MARTIN.doi] == (53, True)
    lean = given(LEAN_MAN, Quantity.SMI, 45.0)
    assert PRADO.doi not in lean
    assert lean[MARTIN.doi] == (43, False)
    assert lean[FEARON.doi] == (55, True)
    unknown = given(Body(height_m=1.8, sex=Sex.MALE), Quantity.SMI, 45.0)
    assert MARTIN.doi not in unknown
    assert PRADO.doi not in unknown
    # For women the source gives one number for every BMI.
    assert given(WOMAN, Quantity.SMI, 40.9)[MARTIN.doi] == (41, True)


def test_the_number_itself_is_low_only_where_the_source_says_so() -> None:
    assert not given(WOMAN, Quantity.SMI, 34.4)[DERSTINE.doi][1]
    assert given(WOMAN, Quantity.SMI, 34.39)[DERSTINE.doi][1]
    assert given(WOMAN, Quantity.PMI, 3.9)[HAMAGUCHI.doi] == (3.92, True)


def test_low_attenuation_follows_the_bmi() -> None:
    assert given(LEAN_MAN, Quantity.ATTENUATION, 40.0)[MARTIN.doi] == (41, True)
    assert given(MAN, Quantity.ATTENUATION, 40.0)[MARTIN.doi] == (33, False)


def test_every_cut_off_has_a_source_and_each_sex() -> None:
    for cutoff in CUTOFFS:
        assert cutoff.publication.doi.startswith("10.")
        assert cutoff.publication.people
    for quantity in Quantity:
        assert {one.sex for one in CUTOFFS if one.quantity is quantity} == set(Sex)
