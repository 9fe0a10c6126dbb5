"""Places and indices of a volume agree, and upright is the same for every way in which it was stored."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.segmentation.ct.reading import Geometry, upright

UPRIGHT = Geometry((4, 5, 6), (2.5, 0.8, 0.7), ((0, 0, 1), (0, 1, 0), (1, 0, 0)), (-10.0, 20.0, 30.0))
VOXELS = np.arange(4 * 5 * 6).reshape(4, 5, 6)

indices = st.tuples(*[st.floats(-20, 20)] * 3)


def stored(order: tuple[int, ...], turned: tuple[bool, ...]) -> tuple[np.ndarray, Geometry]:
    """The same voxels with their axes in another order, some of them the other way round."""
    axes = [axis for axis in range(3) if turned[axis]]
    first = tuple(float(UPRIGHT.shape[axis] - 1 if turned[axis] else 0) for axis in range(3))
    signs = [-1 if turned[axis] else 1 for axis in order]
    directions = np.array([UPRIGHT.directions[axis] for axis in order]) * np.array(signs)[:, None]
    return np.flip(VOXELS, tuple(axes)).transpose(order), Geometry(
        shape=tuple(UPRIGHT.shape[axis] for axis in order),  # type: ignore[arg-type]
        spacing_mm=tuple(UPRIGHT.spacing_mm[axis] for axis in order),  # type: ignore[arg-type]
        directions=tuple(map(tuple, directions.tolist())),  # type: ignore[arg-type]
        origin_mm=UPRIGHT.position_mm(first),  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
@pytest.mark.parametrize("turned", list(itertools.product([False, True], repeat=3)))
def test_upright_undoes_every_order_and_every_turn(order: tuple[int, ...], turned: tuple[bool, ...]) -> None:
    voxels, geometry = upright(*stored(order, turned))
    np.testing.assert_array_equal(voxels, VOXELS)
    assert geometry == UPRIGHT
    assert stored(order, turned)[1].head_length_mm == pytest.approx(10)


def test_upright_is_a_view() -> None:
    voxels = VOXELS.copy()
    assert np.shares_memory(upright(voxels, UPRIGHT)[0], voxels)


@given(index=indices, seed=st.integers(0, 999))
def test_index_and_position_undo_each_other(index: tuple[float, float, float], seed: int) -> None:
    rotation, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))
    x, y, z = ((float(a), float(b), float(c)) for a, b, c in rotation)
    geometry = Geometry((4, 5, 6), (2.5, 0.8, 0.7), (x, y, z), (1, 2, 3))
    assert geometry.index_of(geometry.position_mm(index)) == pytest.approx(index, abs=1e-9)
    place = geometry.affine @ [*index, 1]
    assert geometry.position_mm(index) == pytest.approx(tuple(place[:3]))


def test_a_slab_lies_where_its_slices_lie() -> None:
    slab = UPRIGHT.slab(1, 3)
    assert slab.shape == (2, 5, 6)
    assert slab.position_mm((0, 2, 2)) == pytest.approx(UPRIGHT.position_mm((1, 2, 2)))


def test_sizes_are_in_mm() -> None:
    assert UPRIGHT.voxel_mm3 == pytest.approx(2.5 * 0.8 * 0.7)
    assert UPRIGHT.lengths_mm == pytest.approx((10, 4, 4.2))
