"""The slope of a soak's memory."""

import pytest

from bench.soak import slope_mb_an_hour


def test_growth_during_the_warm_up_does_not_count() -> None:
    seconds = [float(second) for second in range(100)]
    memory = [100.0 + min(second, 20.0) for second in seconds]
    assert slope_mb_an_hour(seconds, memory) == pytest.approx(0.0, abs=1e-6)


def test_a_steady_leak_is_told_in_megabytes_an_hour() -> None:
    seconds = [5.0 * index for index in range(720)]
    memory = [100.0 + 7.0 * second / 3600 for second in seconds]
    assert slope_mb_an_hour(seconds, memory) == pytest.approx(7.0)
