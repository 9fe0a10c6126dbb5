"""The trained network, whichever it is: L3 stays where it is however the study of it was cut and stored."""

import contextlib
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from radmesh.errors import ImageFormatError
from radmesh.samples.torso import LOW_MM, PIXEL_MM, STEP_MM, draw_torso
from services.segmentation.ct.locate.locating import locate
from services.segmentation.ct.locate.location import L3Location
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


@pytest.mark.parametrize("first", [29, 33], ids=["at its lower end", "in its middle"])
def test_a_study_that_begins_within_l3_is_never_measured_elsewhere_unseen(
    find: Callable[[CtImage], L3Location], first: int
) -> None:
    """L2 then looks like the L3 of a shorter spine; only the ribs above tell."""
    image = cut(slice(first, None), EVERY, EVERY)
    with contextlib.suppress(ImageFormatError):
        found = find(image)
        assert found.needs_a_person or found.level_mm == pytest.approx(0.0, abs=8.0)


def test_the_level_is_that_of_the_drawing(whole: L3Location) -> None:
    assert whole.level_mm == pytest.approx(0.0, abs=4.0)
    assert not whole.needs_a_person
