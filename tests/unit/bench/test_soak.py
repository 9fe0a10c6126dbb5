"""The slope of a soak's memory."""

from collections import Counter
from pathlib import Path

import pytest

from bench.soak import Load, Samples, Soaked, leaks_mb_an_hour, slope_mb_an_hour
from bench.store_contents import Contents
from radmesh.mesh import Mesh, MeshOptions


def test_growth_during_the_warm_up_does_not_count() -> None:
    seconds = [float(second) for second in range(100)]
    memory = [100.0 + min(second, 20.0) for second in seconds]
    assert slope_mb_an_hour(seconds, memory) == pytest.approx(0.0, abs=1e-6)


def test_a_steady_leak_is_told_in_megabytes_an_hour() -> None:
    seconds = [5.0 * index for index in range(720)]
    memory = [100.0 + 7.0 * second / 3600 for second in seconds]
    assert slope_mb_an_hour(seconds, memory) == pytest.approx(7.0)


@pytest.mark.parametrize(("kind", "leak"), [("request", 2.0), ("feed", 2.0), ("task", 12.0)])
def test_only_what_redis_has_to_keep_is_taken_off_its_slope(tmp_path: Path, kind: str, leak: float) -> None:
    """Redis grows by 12 MB in an hour, 10 of them in keys of one kind; the last 70 % of them count."""
    seconds = [5.0 * index for index in range(721)]
    samples = Samples(seconds, {"redis": [100 + 12 * one / 3600 for one in seconds]})
    looks = (Contents(Counter(), Counter({kind: size})) for size in (3 << 20, 10 << 20))
    soaked = Soaked(Load(Mesh(MeshOptions(tmp_path)), 3600, 1), samples, *looks)
    assert leaks_mb_an_hour(soaked)["redis"] == pytest.approx(leak)
