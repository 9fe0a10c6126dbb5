"""Every promise holds while things are killed, stopped and cut off at random. `make chaos` goes on longer."""

import random
from pathlib import Path

import pytest

from tests.chaos.run import Plan, run

pytestmark = [pytest.mark.xdist_group("faults"), pytest.mark.timeout(280)]


async def test_no_promise_is_broken_by_random_faults(tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(1_000_000)
    verdict = await run(Plan(tmp_path, seconds=15.0, seed=seed))
    assert verdict.good, f"seed {seed}: {verdict}"
    assert verdict.tasks > 0
    assert verdict.faults.total() >= 5
    assert verdict.operations.total() >= 1
