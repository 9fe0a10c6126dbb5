"""The trained network, whichever it is: L3 stays where it is however the study of it was cut and stored."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from radmesh.errors import ImageFormatError
from radmesh.samples.torso import LOW_MM, PIXEL_MM, STEP_MM, draw_torso
from services.segmentation.ct.locate.levels import Level
from services.segmentation.ct.locate.locating import locate
from services.segmentation.ct.locate.location import DoubtKind, L3Location
from services.segmentation.ct.networks import Networks
from services.segmentation.ct.pipeline import LOCATE_MODEL, MEASURE_MODEL
from services.segmentation.ct.reading import CtImage, Geometry
from tests.support.ct.models import MODELS, needs_ct_models
from tests.support.ct.spines import flipped, image_of

pytestmark = [needs_ct_models, pytest.mark.timeout(600), pytest.mark.xdist_group("ct-l3-locate")]

HU = np.stack([hu for _, hu in draw_torso()])
AXES = ((0.0, 0.0, 1.0), (0.0, 1.0, 0.0), (1.0, 0.0, 0.0))
CORNER = -(HU.shape[1] - 1) / 2 * PIXEL_MM
GEOMETRY = Geometry(HU.shape, (STEP_MM, PIXEL_MM, PIXEL_MM), AXES, (CORNER, CORNER, LOW_MM))


@pytest.fixture(scope="module")
def find() -> Callable[[CtImage], L3Location]:
    networks = Networks(MODELS / LOCATE_MODEL, MODELS / MEASURE_MODEL, "cpu")
    network = networks.part("locate", "", "", lambda: False)
    return lambda image: locate(image, network.probabilities).location


@pytest.fixture(scope="module")
def whole(find: Callable[[CtImage], L3Location]) -> L3Location:
    return find(image_of(HU, GEOMETRY))


def cut(slices: slice, rows: slice, columns: slice) -> CtImage:
    """Some of the voxels, where they are."""
    hu = HU[slices, rows, columns]
    start = tuple(
        float(part.indices(side)[0]) for part, side in zip((slices, rows, columns), HU.shape, strict=True)
    )
    origin = GEOMETRY.position_mm((start[0], start[1], start[2]))
    return image_of(np.ascontiguousarray(hu), replace(GEOMETRY, shape=hu.shape, origin_mm=origin))


def padded() -> CtImage:
    hu = np.pad(HU, ((20, 33), (9, 4), (6, 15)), constant_values=-1024)
    return image_of(
        hu, replace(GEOMETRY, shape=hu.shape, origin_mm=GEOMETRY.position_mm((-20.0, -9.0, -6.0)))
    )


EVERY = slice(None)
STUDIES: dict[str, Callable[[], CtImage]] = {
    "feet first": lambda: flipped(image_of(HU, GEOMETRY), (0,)),
    "prone and feet first": lambda: flipped(image_of(HU, GEOMETRY), (0, 1)),
    "padded with air": padded,
    "without its upper slices": lambda: cut(slice(0, -6), EVERY, EVERY),
    "without its lower slices": lambda: cut(slice(4, None), EVERY, EVERY),
    "of a narrow field": lambda: cut(EVERY, slice(10, -6), slice(20, -20)),
}


@pytest.mark.parametrize("study", STUDIES)
def test_the_level_does_not_move(
    find: Callable[[CtImage], L3Location], whole: L3Location, study: str
) -> None:
    found = find(STUDIES[study]())
    assert found.level_mm == pytest.approx(whole.level_mm, abs=0.75)
    assert found.centre_mm == pytest.approx(whole.centre_mm, abs=2.0)
    assert (found.low_mm, found.high_mm) == pytest.approx((whole.low_mm, whole.high_mm), abs=1.6)


def part(first: int, last: int) -> CtImage:
    """Its slices first to last; L3 is whole in 29 to 35, at z -14 to 14."""
    return cut(slice(first, last + 1), EVERY, EVERY)


@pytest.mark.parametrize(("first", "last"), [(29, 67), (33, 67), (0, 24), (0, 25), (0, 26), (0, 34)])
def test_a_study_that_ends_within_a_vertebra_is_never_measured_unseen(
    find: Callable[[CtImage], L3Location], first: int, last: int
) -> None:
    """The one beside it then looks like the L3 of a shorter spine, or the rest of the cut one does."""
    assert find(part(first, last)).needs_a_person


@pytest.mark.parametrize("last", [24, 25])
def test_a_vertebra_that_the_study_cuts_short_is_a_doubt_though_the_network_stops_before_the_end(
    find: Callable[[CtImage], L3Location], last: int
) -> None:
    found = find(part(0, last))
    assert found.high_mm < LOW_MM + (last + 0.5) * STEP_MM
    assert DoubtKind.BODY_CUT in {one.kind for one in found.doubts}


@pytest.mark.parametrize("last", [22, 30])
def test_a_study_with_no_more_than_a_piece_of_l3_above_the_sacrum_is_refused(
    find: Callable[[CtImage], L3Location], last: int
) -> None:
    with pytest.raises(ImageFormatError, match="further to the head") as caught:
        find(part(0, last))
    assert caught.value.reason == "BODY_PART_NOT_COVERED"


@pytest.mark.parametrize(
    ("first", "last"), [(26, 42), (26, 50), (24, 42), (22, 44), (22, 30), (0, 14), (4, 18)]
)
def test_lumbar_vertebrae_with_nothing_to_count_from_are_shown_to_a_person(
    find: Callable[[CtImage], L3Location], first: int, last: int
) -> None:
    """However weak the guess, and though it is cut: what to send instead cannot be told either."""
    found = find(part(first, last))
    assert DoubtKind.LEVEL_UNANCHORED in {one.kind for one in found.doubts}
    assert found.needs_a_person
    assert [one.level for one in found.levels].count(Level.L3) == 1


def test_the_level_is_that_of_the_drawing(whole: L3Location) -> None:
    assert whole.level_mm == pytest.approx(0.0, abs=4.0)
    assert not whole.needs_a_person
