"""Who may have assignments ahead: workers whose runs are short."""

import pytest

from services.tasks.ahead import Ahead
from services.tasks.hello import MAX_LEASES

SEEN = 16


def after(*runs: float | None, slots: int = 2) -> int:
    ahead = Ahead(slots)
    for seconds in runs:
        ahead.ran(seconds)
    return ahead.assignments


def test_nothing_comes_ahead_before_enough_runs_were_seen() -> None:
    assert after(*[0.001] * (SEEN - 1)) == 0
    assert after(*[0.001] * SEEN) == 32


@pytest.mark.parametrize(
    ("seconds", "expected"), [(0.0, 32), (0.003, 32), (0.006, 16), (0.02, 4), (0.05, 2), (0.051, 0)]
)
def test_so_many_that_none_should_wait_longer_than_a_twentieth_of_a_second(
    seconds: float, expected: int
) -> None:
    assert after(*[seconds] * SEEN) == expected


def test_one_long_run_ends_it_until_it_is_forgotten() -> None:
    assert after(*[0.001] * SEEN, 30.0) == 0
    assert after(30.0, *[0.001] * (SEEN - 1)) == 0
    assert after(30.0, *[0.001] * SEEN) == 32


def test_a_hiccup_of_the_machine_does_not_end_it() -> None:
    assert after(*[0.002] * (SEEN - 1), 0.04) == 22


def test_a_failed_run_ends_it() -> None:
    """A model that crashes or refuses takes its time to come back."""
    assert after(*[0.001] * SEEN, None) == 0


def test_a_worker_of_many_slots_can_name_all_that_it_has_and_all_that_is_not_acknowledged() -> None:
    assert after(*[0.001] * SEEN, slots=64) + 64 < 0.6 * MAX_LEASES
