"""A worker tells of several ended attempts at once, as long as no slot of it waits for the answer."""

import pytest

from services.chassis.holding import may_hold


@pytest.mark.parametrize(
    ("messages", "ended", "running", "held"),
    [
        (1, 1, 2, False),  # nothing waits for a slot
        (1, 1, 33, True),
        (15, 15, 18, True),
        (16, 16, 18, False),  # half of what waited
        (1, 17, 17, True),  # what was told is not acknowledged
        (15, 31, 3, True),
        (16, 32, 2, False),
    ],
)
def test_messages_wait_while_more_assignments_do_or_others_are_not_acknowledged(
    messages: int, ended: int, running: int, held: bool
) -> None:
    assert may_hold(messages, assigned=ended + running, running=running, slots=2) is held
