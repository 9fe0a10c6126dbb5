"""What measured times amount to."""

import statistics
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.tasks.statistics import PipelineFigures, TimeFigures, attempt_times, time_figures, with_stuck
from services.tasks.stuck import STUCK, Finding

SAMPLES = st.lists(st.integers(0, 10**9), min_size=1, max_size=1_000)


@settings(deadline=None)
@given(SAMPLES)
def test_mean_and_percentiles_are_those_of_numpy(milliseconds: list[int]) -> None:
    found = time_figures(milliseconds)
    assert found.count == len(milliseconds)
    assert found.mean == pytest.approx(np.mean(milliseconds) / 1000)
    assert found.p50 == pytest.approx(np.percentile(milliseconds, 50) / 1000)
    assert found.p95 == pytest.approx(np.percentile(milliseconds, 95) / 1000)


@settings(deadline=None)
@given(SAMPLES)
def test_the_median_is_that_of_the_standard_library(milliseconds: list[int]) -> None:
    assert time_figures(milliseconds).p50 == pytest.approx(statistics.median(milliseconds) / 1000)


def test_of_nothing_measured_all_figures_are_zero() -> None:
    assert time_figures([]) == TimeFigures(0, 0.0, 0.0, 0.0)


def test_each_attempt_gives_a_wait_and_a_run() -> None:
    found = attempt_times([b"1000 3000 COMPLETED", b"0 5000 WORKER_CRASHED"])
    assert (found.queue.count, found.queue.mean) == (2, 0.5)
    assert (found.run.count, found.run.mean, found.run.p50) == (2, 4.0, 4.0)


def test_what_is_stuck_goes_to_its_pipeline_and_zero_is_not_unknown() -> None:
    found = PipelineFigures("a")
    stuck = {("a", Finding.ORPHANED): 2, ("b", Finding.NO_PROGRESS): 1}
    expected: dict[Finding, int] = {**dict.fromkeys(STUCK, 0), Finding.ORPHANED: 2}
    assert with_stuck(found, stuck) == replace(found, stuck=expected)
    assert with_stuck(found, None) == found
