"""What is estimated from measured times, and that nothing is where nothing was measured."""

import pytest

from services.tasks.pace import Pace, typical_seconds, until_end_of_queued, until_end_of_running


def test_only_attempts_that_succeeded_say_what_the_next_one_takes() -> None:
    runtimes = [b"5 1000 COMPLETED", b"0 90000 COMPLETED", b"9 3000 COMPLETED", b"0 1 ATTEMPT_FAILED"]
    assert typical_seconds(runtimes) == 3.0
    assert typical_seconds([b"0 1 WORKER_CRASHED"]) is None
    assert typical_seconds([]) is None


@pytest.mark.parametrize(
    ("position", "pace", "seconds"),
    [
        (1, Pace(10.0, slots=1, busy=0), 10.0),
        (1, Pace(10.0, slots=1, busy=1), 15.0),
        (3, Pace(10.0, slots=1, busy=1), 35.0),
        (3, Pace(10.0, slots=2, busy=2), 22.5),
        (3, Pace(10.0, slots=4, busy=1), 10.0),
        # More run than there are slots: a worker has just left.
        (1, Pace(10.0, slots=1, busy=3), 15.0),
        (0, Pace(10.0, slots=1, busy=0), None),
        (1, Pace(10.0, slots=0, busy=0), None),
        (1, Pace(None, slots=1, busy=0), None),
    ],
)
def test_a_queued_task_waits_for_those_before_it(position: int, pace: Pace, seconds: float | None) -> None:
    assert until_end_of_queued(position, pace) == seconds


def test_each_place_further_back_is_later() -> None:
    etas = [until_end_of_queued(position, Pace(7.0, slots=3, busy=2)) or 0 for position in range(1, 50)]
    assert etas == sorted(etas)


@pytest.mark.parametrize(
    ("elapsed", "typical", "told", "told_ago", "seconds"),
    [
        (4.0, 10.0, None, 0.0, 6.0),
        (4.0, 10.0, 30.0, 2.0, 28.0),
        (4.0, None, 30.0, 2.0, 28.0),
        (-1.0, 10.0, None, 0.0, 10.0),
        (10.0, 10.0, None, 0.0, None),
        (4.0, 10.0, 2.0, 3.0, None),
        (4.0, None, None, 0.0, None),
    ],
)
def test_a_running_task_has_what_its_worker_says_else_what_is_typical(
    elapsed: float, typical: float | None, told: float | None, told_ago: float, seconds: float | None
) -> None:
    assert until_end_of_running(elapsed, Pace(typical, 1, 1), told, told_ago) == seconds
