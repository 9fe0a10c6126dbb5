"""A container's quota counts, not the machine's cores."""

import os
from pathlib import Path

import pytest

from services.chassis.cpus import available_cpus


@pytest.mark.parametrize(("quota", "most"), [("100000 100000", 1), ("150000 100000", 2), ("1000 100000", 1)])
def test_a_quota_limits_the_cpus(tmp_path: Path, quota: str, most: int) -> None:
    path = tmp_path / "cpu.max"
    path.write_text(quota)
    assert available_cpus(path) == min(most, len(os.sched_getaffinity(0)))


@pytest.mark.parametrize("quota", ["max 100000", "nonsense", None])
def test_without_a_quota_the_affinity_counts(tmp_path: Path, quota: str | None) -> None:
    path = tmp_path / "cpu.max"
    if quota is not None:
        path.write_text(quota)
    assert available_cpus(path) == len(os.sched_getaffinity(0))
