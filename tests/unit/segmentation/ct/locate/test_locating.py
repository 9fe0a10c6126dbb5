"""L3 is found where it is, and the same wherever a study begins and ends."""

import numpy as np
import pytest

from radmesh.errors import ImageFormatError
from services.segmentation.ct.locate.levels import Level
from services.segmentation.ct.locate.locating import locate
from services.segmentation.ct.locate.location import DoubtKind, L3Location
from services.segmentation.ct.reading import CtImage
from tests.support.ct.spines import L3_MM, Study, Torso, flipped, image_of, oracle

CURVED = Torso(
    side=lambda z: 14 * np.sin(z / 45), depth=lambda z: 30 + 10 * np.cos(z / 60), aorta_hu=350, noise_hu=25
)


def found(image: CtImage) -> L3Location:
    return locate(image, oracle).location


def test_l3_is_found_at_its_height_with_the_slices_that_it_covers() -> None:
    image = Study().of(CURVED)
    location = found(image)
    assert location.level_mm == pytest.approx(L3_MM, abs=0.8)
    assert location.low_mm == pytest.approx(L3_MM - 13, abs=2.6)
    assert location.high_mm == pytest.approx(L3_MM + 13, abs=2.6)
    assert location.centre_mm[0] == pytest.approx(14 * np.sin(L3_MM / 45), abs=4)
    heights = [
        image.geometry.position_mm((index, 0, 0))[2]
        for index in (location.covered.first, location.covered.last)
    ]
    assert heights == [pytest.approx(0, abs=2.6), pytest.approx(25, abs=2.6)]
    assert location.anchors.sacrum
    assert location.anchors.last_rib
    assert location.confidence > 0.9
    assert not location.needs_a_person
    assert [level.level for level in location.levels][:4] == [Level.L5, Level.L4, Level.L3, Level.L2]


@pytest.mark.parametrize(
    "study",
    [
        Study(low=-110, high=90),
        Study(low=-75, high=150),
        Study(half=130, middle=25.0),
        Study(half=130, middle=-25.0),
    ],
    ids=["above", "below", "right", "left"],
)
def test_the_level_stays_to_the_bit_when_the_study_is_cropped(study: Study) -> None:
    whole, cropped = found(Study().of(CURVED)), found(study.of(CURVED))
    assert cropped.level_mm == whole.level_mm
    assert (cropped.low_mm, cropped.high_mm) == (whole.low_mm, whole.high_mm)
    assert cropped.centre_mm[0] == pytest.approx(whole.centre_mm[0], abs=0.5)


def test_the_level_stays_to_the_bit_when_the_study_is_padded_with_air() -> None:
    image = Study().of(CURVED)
    before, whole = found(image), image.read()
    padded = np.pad(whole, ((37, 61), (12, 5), (9, 40)), constant_values=-1024)
    origin = image.geometry.position_mm((-37, -12, -9))
    geometry = image.geometry.__class__(
        padded.shape, image.geometry.spacing_mm, image.geometry.directions, origin
    )
    after = found(image_of(padded, geometry))
    assert after.level_mm == before.level_mm
    assert (after.low_mm, after.high_mm, after.confidence) == (
        before.low_mm,
        before.high_mm,
        before.confidence,
    )
    assert (after.covered.first, after.covered.last) == (before.covered.first + 37, before.covered.last + 37)
    # Nor are people shown the air: only a row that is half air may come with it.
    assert after.plane is not None
    assert before.plane is not None
    assert abs(after.plane.rows - before.plane.rows) <= 2


@pytest.mark.parametrize("axes", [(0,), (1, 2), (0, 2), (0, 1, 2)], ids=str)
def test_the_level_stays_to_the_bit_when_the_study_is_stored_the_other_way_round(
    axes: tuple[int, ...],
) -> None:
    image = Study().of(CURVED)
    before, after = found(image), found(flipped(image, axes))
    assert after.centre_mm == pytest.approx(before.centre_mm, abs=1e-6)
    assert (after.low_mm, after.high_mm) == pytest.approx((before.low_mm, before.high_mm), abs=1e-6)
    slices, covered = image.geometry.shape[0], before.covered
    expected = (
        (slices - 1 - covered.last, slices - 1 - covered.first)
        if 0 in axes
        else (covered.first, covered.last)
    )
    assert (after.covered.first, after.covered.last) == expected


def test_without_sacrum_and_ribs_the_level_is_unanchored() -> None:
    location = found(Study(low=-70, high=90).of(Torso(lowest=Level.L5, highest=Level.L1)))
    assert location.needs_a_person
    assert location.confidence <= 0.5


@pytest.mark.parametrize(
    ("torso", "message"),
    [
        (Torso(ribs_from=Level.L1), "there may be four"),
        (Torso(ribs_from=Level.THORACIC), "there may be six"),
        (Torso(without=(Level.L5,)), "five lumbar vertebrae"),
        (Torso(without=(Level.L4,)), "five lumbar vertebrae"),
    ],
    ids=["ribs at L1", "no ribs at T12", "no L5", "no L4"],
)
def test_a_spine_without_five_lumbar_vertebrae_needs_a_person(torso: Torso, message: str) -> None:
    """Though the network is as sure as ever."""
    location = found(Study(step=5.0, pixel=3.0).of(torso))
    (doubt,) = (one for one in location.doubts if one.kind is DoubtKind.COUNT_UNUSUAL)
    assert message in doubt.message
    assert location.needs_a_person
    assert location.confidence < 0.5


def test_ribs_that_contradict_the_levels_of_a_study_without_sacrum_tell_that_l3_may_be_cut_off() -> None:
    location = found(Study(step=5.0, pixel=3.0, low=-70).of(Torso(lowest=Level.L5, ribs_from=Level.L1)))
    (doubt,) = (one for one in location.doubts if one.kind is DoubtKind.COUNT_UNUSUAL)
    assert "one too high" in doubt.message
    assert "lower end" in doubt.message
    assert location.needs_a_person


def test_a_sixth_lumbar_vertebra_needs_a_person() -> None:
    """The network names the two lowest ones alike."""

    def counted(image: np.ndarray) -> np.ndarray:
        answer = oracle(image)
        answer[[Level.L5, Level.L4, Level.L3, Level.L2, Level.L1, Level.T12]] = np.stack(
            [answer[Level.L5] + answer[Level.L4], *answer[Level.L3 : Level.THORACIC], 0 * answer[0]]
        )
        return answer

    location = locate(Study(step=5.0, pixel=3.0).of(Torso()), counted).location
    assert location.level_mm == pytest.approx(L3_MM + 34, abs=1.5)
    assert location.needs_a_person


def test_a_level_that_the_network_did_not_see_is_told() -> None:
    def blind(image: np.ndarray) -> np.ndarray:
        answer = oracle(image)
        answer[Level.NONE] += answer[Level.L2]
        answer[Level.L2] = 0
        return answer

    location = locate(Study().of(CURVED), blind).location
    assert location.level_mm == pytest.approx(L3_MM, abs=0.8)
    assert {DoubtKind.NEIGHBOUR_MISSING, DoubtKind.LEVEL_MISSING} <= {one.kind for one in location.doubts}


def refusal(image: CtImage) -> ImageFormatError:
    with pytest.raises(ImageFormatError) as caught:
        found(image)
    assert "Send" in caught.value.message
    return caught.value


def test_a_study_that_ends_above_l3_is_told_where_to_go_on() -> None:
    error = refusal(Study(low=40, high=190).of(Torso()))
    assert error.reason == "BODY_PART_NOT_COVERED"
    assert "further to the feet" in error.message
    assert "L2" in error.message


def test_a_study_that_cuts_l3_in_half_is_refused() -> None:
    error = refusal(Study(low=14, high=190).of(Torso()))
    assert error.reason == "BODY_PART_NOT_COVERED"
    assert "lowest slice" in error.message


def test_a_study_of_air_is_refused() -> None:
    image = Study().of(Torso())
    error = refusal(image_of(np.full(image.geometry.shape, -1000, np.int16), image.geometry))
    assert error.reason == "NO_BODY"


def test_a_body_without_a_spine_is_refused() -> None:
    image = Study().of(Torso())
    water = np.where(image.read() > -500, 0, -1000).astype(np.int16)
    assert refusal(image_of(water, image.geometry)).reason == "SPINE_NOT_FOUND"


def test_a_network_that_sees_nothing_is_no_level() -> None:
    def nothing(image: np.ndarray) -> np.ndarray:
        answer = np.zeros((len(Level), *image.shape[1:]), np.float32)
        answer[0] = 1
        return answer

    with pytest.raises(ImageFormatError) as caught:
        locate(Study().of(Torso()), nothing)
    assert caught.value.reason == "L3_NOT_FOUND"


@pytest.mark.parametrize(
    ("lowest", "highest", "centre"), [(Level.L5, Level.L4, Level.L4), (Level.L2, Level.L1, Level.L2)]
)
def test_without_anything_to_count_from_the_likeliest_vertebra_is_shown_as_l3(
    lowest: Level, highest: Level, centre: Level
) -> None:
    torso = Torso(lowest=lowest, highest=highest)
    location = found(Study().of(torso))
    assert location.level_mm == pytest.approx(dict(torso.levels())[centre], abs=0.8)
    assert [one.level for one in location.levels].count(Level.L3) == 1
    assert location.needs_a_person
    (doubt,) = (one for one in location.doubts if one.kind is DoubtKind.LEVELS_AMBIGUOUS)
    assert centre.label in doubt.message


def test_vertebrae_that_are_no_lumbar_ones_are_refused_though_there_is_nothing_to_count_from() -> None:
    def chest(image: np.ndarray) -> np.ndarray:
        answer = oracle(image)
        answer[Level.THORACIC] = answer[Level.L5 :].sum(0)
        answer[Level.L5 : Level.THORACIC] = 0
        return answer

    with pytest.raises(ImageFormatError, match="the chest") as caught:
        locate(Study().of(Torso(lowest=Level.L5, highest=Level.L2)), chest)
    assert caught.value.reason == "BODY_PART_NOT_COVERED"


def test_windows_are_reported_before_they_are_shown() -> None:
    told: list[tuple[int, int]] = []
    locate(Study().of(Torso()), oracle, lambda done, total: told.append((done, total)))
    assert [done for done, _ in told] == list(range(len(told)))
    assert told[-1][0] < told[-1][1]
