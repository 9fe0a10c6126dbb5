"""Which slices L3 covers, which one is the headline, and what is refused."""

from dataclasses import replace

import numpy as np
import pytest

from radmesh.errors import ImageFormatError
from services.segmentation.ct.measure.extent import Coverage, L3Extent, coverage_of
from services.segmentation.ct.reading import Geometry
from services.segmentation.ct.reading.geometry import Vector

AXIAL = Geometry(
    (20, 8, 8), (5.0, 1.0, 1.0), ((0.0, 0.0, 1.0), (0.0, 1.0, 0.0), (1.0, 0.0, 0.0)), (0.0, 0.0, -40.0)
)
HEIGHTS = [-40.0 + 5 * index for index in range(20)]


def body(low: float, high: float, at: float | None = None) -> L3Extent:
    return L3Extent(low, high, (4.0, 4.0, (low + high) / 2 if at is None else at))


def covered(extent: L3Extent, geometry: Geometry = AXIAL) -> Coverage:
    return coverage_of(geometry, extent)


def test_the_slices_whose_planes_lie_within_the_body_are_covered() -> None:
    found = covered(body(-12.0, 11.0))
    assert [one.z_mm for one in found.slices] == [-10, -5, 0, 5, 10]
    assert [one.index for one in found.slices] == [6, 7, 8, 9, 10]
    assert HEIGHTS[found.headline] == 0
    assert found.missing_mm == 0


def test_of_two_slices_equally_near_the_headline_is_the_one_towards_the_feet() -> None:
    assert HEIGHTS[covered(body(-12.0, 12.0, at=2.5)).headline] == 0
    assert HEIGHTS[covered(body(-12.0, 12.0, at=2.6)).headline] == 5
    reversed_order = replace(
        AXIAL, directions=((0.0, 0.0, -1.0), *AXIAL.directions[1:]), origin_mm=(0.0, 0.0, 55.0)
    )
    found = covered(body(-12.0, 12.0, at=2.5), reversed_order)
    assert 55.0 - 5 * found.headline == 0
    assert [one.z_mm for one in found.slices] == [10, 5, 0, -5, -10]


@pytest.mark.parametrize(("low", "high"), [(-12.0, 11.0), (-10.0, 10.0), (-14.9, 14.9), (0.0, 27.3)])
def test_the_heights_of_the_slices_are_those_of_the_body(low: float, high: float) -> None:
    slices = covered(body(low, high)).slices
    assert sum(one.height_mm for one in slices) == pytest.approx(high - low)
    inner = [one.height_mm for one in slices[1:-1]]
    assert inner == pytest.approx([5.0] * len(inner))
    # Each end reaches from half-way to its neighbour to the endplate.
    assert slices[0].height_mm == pytest.approx(slices[0].z_mm + 2.5 - low)


def test_a_body_between_two_slices_is_measured_in_the_nearest() -> None:
    found = covered(body(1.0, 4.0))
    assert [one.z_mm for one in found.slices] == [0]
    assert found.slices[0].height_mm == pytest.approx(3.0)


def test_what_lies_beyond_the_volume_is_told() -> None:
    found = covered(body(-60.0, -30.0))
    assert [one.z_mm for one in found.slices] == [-40, -35, -30]
    assert found.missing_mm == pytest.approx(60 - 42.5)
    assert HEIGHTS[found.headline] == -40


def test_a_level_beyond_the_volume_is_refused() -> None:
    with pytest.raises(ImageFormatError, match="cover") as caught:
        covered(body(200.0, 230.0))
    assert caught.value.reason == "BODY_PART_NOT_COVERED"


@pytest.mark.parametrize(("low", "high"), [(5.0, 5.0), (10.0, -10.0), (-30.0, 50.1), (-30.0, 200.0)])
def test_a_body_that_cannot_be_is_refused(low: float, high: float) -> None:
    with pytest.raises(ImageFormatError) as caught:
        covered(body(low, high))
    assert caught.value.reason == "L3_EXTENT_IMPLAUSIBLE"


def tilted(degrees: float, centre: Vector) -> Geometry:
    """Slices turned about the axis from right to left, the middle one through a point."""
    sine, cosine = float(np.sin(np.radians(degrees))), float(np.cos(np.radians(degrees)))
    normal, down = (0.0, -sine, cosine), (0.0, cosine, sine)
    origin = tuple(float(c - 10 * 5.0 * n) for c, n in zip(centre, normal, strict=True))
    return Geometry((20, 8, 8), (5.0, 1.0, 1.0), (normal, down, (1.0, 0.0, 0.0)), origin)  # type: ignore[arg-type]


def test_oblique_slices_count_where_they_meet_the_spine() -> None:
    centre = (4.0, 40.0, 2.0)
    found = covered(L3Extent(-10.0, 14.0, centre), tilted(20.0, centre))
    assert found.headline == 10
    assert found.oblique_degrees == pytest.approx(20.0)
    middle = next(one for one in found.slices if one.index == 10)
    assert middle.z_mm == pytest.approx(2.0)
    # Along the patient's axis the planes are further apart than along their normal.
    assert found.slices[1].z_mm - found.slices[0].z_mm == pytest.approx(5.0 / np.cos(np.radians(20)))
    assert sum(one.height_mm for one in found.slices) == pytest.approx(24.0)


@pytest.mark.parametrize("degrees", [31.0, 60.0, 90.0])
def test_slices_that_are_not_axial_are_refused(degrees: float) -> None:
    with pytest.raises(ImageFormatError, match="axial") as caught:
        covered(L3Extent(-10.0, 14.0, (4.0, 40.0, 2.0)), tilted(degrees, (4.0, 40.0, 2.0)))
    assert caught.value.reason == "NOT_AXIAL"
    assert float(caught.value.metadata["degrees"]) == pytest.approx(degrees)
