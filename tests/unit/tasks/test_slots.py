"""A worker's free slots, as its replica counts them."""

from services.tasks.records import LeaseKey
from services.tasks.slots import Slots

A, B, C, D, E = (LeaseKey(letter * 32, 1, "token") for letter in "abcde")


def test_leases_of_the_hello_and_assignments_fill_slots() -> None:
    slots = Slots(3, [A])
    assert slots.free() == 2
    slots.fill(B)
    assert (slots.free(), slots.holds(A), slots.holds(B), slots.holds(C)) == (1, True, True, False)
    slots.clear(A)
    slots.clear(C)
    assert slots.free() == 2


def test_a_heartbeat_that_crossed_an_assignment_takes_nothing_away() -> None:
    slots = Slots(1, [])
    slots.fill(A)
    slots.heard([], free_slots=1)
    assert slots.free() == 0
    slots.heard([A], free_slots=0)
    slots.clear(A)
    assert slots.free() == 1


def test_an_outcome_that_waits_for_its_acknowledgement_is_not_counted_twice() -> None:
    slots = Slots(2, [A])
    slots.heard([A], free_slots=2)
    assert slots.free() == 1


def test_direct_calls_take_slots_until_a_heartbeat_says_otherwise() -> None:
    slots = Slots(2, [])
    slots.heard([], free_slots=1)
    assert slots.free() == 1
    slots.fill(A)
    assert slots.free() == 0
    slots.heard([A], free_slots=1)
    assert slots.free() == 1


def test_a_dropped_lease_frees_its_slot_when_the_worker_has_stopped_it() -> None:
    slots = Slots(1, [A])
    slots.drop(A)
    slots.drop(A)
    slots.drop(B)
    assert (slots.free(), slots.holds(A)) == (0, False)
    slots.heard([A], free_slots=0)
    assert slots.free() == 0
    slots.heard([], free_slots=1)
    assert slots.free() == 1


def test_free_slots_are_never_negative() -> None:
    slots = Slots(1, [A, B])
    assert slots.free() == 0


def test_assignments_ahead_wait_beyond_the_slots() -> None:
    """They count as held, so that no more come; a worker that is busy elsewhere gets none."""
    slots = Slots(2, [A])
    assert slots.free(ahead=3) == 4
    slots.fill(B)
    slots.fill(C)
    assert (slots.free(ahead=3), slots.free()) == (2, 0)
    slots = Slots(2, [])
    slots.heard([], free_slots=0)
    assert slots.free(ahead=3) == 0


def test_assignments_ahead_are_taken_many_at_a_time() -> None:
    """Not one for each that ends: only when half of those that wait are gone."""
    slots = Slots(2, [A, B])
    assert slots.free(ahead=4) == 4
    slots.fill(C)
    slots.fill(D)
    assert slots.free(ahead=4) == 2
    slots.fill(E)
    assert slots.free(ahead=4) == 0
    slots.clear(A)
    assert slots.free(ahead=4) == 2
    assert slots.free(ahead=0) == 0
