"""What the table of a task's life promises."""

from dataclasses import replace

import pytest

from radmesh.tasks.v1 import task_pb2
from services.tasks.lifecycle import (
    LEASED,
    RETRIES,
    TERMINAL,
    TRANSITIONS,
    Cause,
    State,
    Tally,
    backoff_ms,
    ending,
    jittered_ms,
    step,
)

FRESH = Tally(counted=1, crashes=0, max_attempts=3)


def test_states_are_numbered_as_in_the_contract() -> None:
    contract = {name.removeprefix("TASK_STATE_"): number for name, number in task_pb2.TaskState.items()}
    assert contract.pop("UNSPECIFIED") == State.NONE
    assert contract == {state.name: state.value for state in State if state is not State.NONE}


def test_nothing_leads_out_of_an_ended_task() -> None:
    assert not {source for source, _ in TRANSITIONS} & TERMINAL


def test_cancelling_never_goes_back_to_the_queue() -> None:
    targets = {target for (source, _), target in TRANSITIONS.items() if source is State.CANCELLING}
    assert targets == {State.SUCCEEDED, State.CANCELLED}


def test_a_queued_task_cancels_at_once() -> None:
    assert TRANSITIONS[State.QUEUED, Cause.CANCEL_REQUESTED] is State.CANCELLED


@pytest.mark.parametrize("cause", list(Cause))
@pytest.mark.parametrize("state", list(State))
def test_a_pair_that_is_not_in_the_table_changes_nothing(state: State, cause: Cause) -> None:
    assert (step(state, cause, FRESH) is None) == ((state, cause) not in TRANSITIONS)


@pytest.mark.parametrize("state", sorted(LEASED))
def test_every_end_of_an_attempt_has_its_place_in_every_leased_state(state: State) -> None:
    ends = set(Cause) - {
        Cause.CREATED,
        Cause.ASSIGNED,
        Cause.QUEUE_TIMEOUT,
        Cause.CANCEL_REQUESTED,
        Cause.REVIEW_ACCEPTED,
        Cause.REVIEW_REJECTED,
        Cause.REVIEW_EXPIRED,
    }
    if state is State.RUNNING:
        ends.remove(Cause.ATTEMPT_CANCELLED)
    assert all(step(state, cause, FRESH) for cause in ends)


@pytest.mark.parametrize("cause", [Cause.LEASE_EXPIRED, Cause.NO_PROGRESS])
def test_what_a_timer_ended_goes_back_at_once_then_waits_longer_and_then_fails(cause: Cause) -> None:
    lost = [step(State.RUNNING, cause, Tally(counted, 0, 4)) for counted in (1, 2, 3, 4)]
    found = [(one.state, one.delay_ms) for one in lost if one]
    assert found == [(State.QUEUED, 0), (State.QUEUED, 250), (State.QUEUED, 500), (State.FAILED, 0)]
    assert lost[-1]
    assert lost[-1].reason == cause.value


@pytest.mark.parametrize("cause", [Cause.TRANSIENT_FAILURE, Cause.WORKER_CRASHED])
def test_what_a_model_did_waits_before_it_is_tried_again(cause: Cause) -> None:
    delays = [backoff_ms(RETRIES[cause], counted) for counted in (1, 2, 3)]
    assert delays == [RETRIES[cause].backoff_ms * factor for factor in (1, 2, 4)]


def test_a_wait_is_between_half_of_the_longest_and_all_of_it_and_the_same_each_time() -> None:
    waits = [jittered_ms(1_000, "f" * 32, attempt) for attempt in range(1, 101)]
    assert waits == [jittered_ms(1_000, "f" * 32, attempt) for attempt in range(1, 101)]
    assert all(500 < wait <= 1_000 for wait in waits)
    assert max(waits) - min(waits) > 400
    assert jittered_ms(0, "f" * 32, 1) == 0


def test_the_backoff_has_a_limit() -> None:
    late = step(State.RUNNING, Cause.LEASE_EXPIRED, Tally(60, 0, 100))
    assert late
    assert late.delay_ms == 30_000


def test_a_second_crash_fails_the_task_though_attempts_are_left() -> None:
    again = step(State.RUNNING, Cause.WORKER_CRASHED, Tally(2, 1, 9))
    assert again
    assert (again.state, again.reason) == (State.FAILED, "WORKER_CRASHED_REPEATEDLY")


def test_a_released_attempt_does_not_count_and_is_ready_at_once() -> None:
    released = step(State.RUNNING, Cause.RELEASED, Tally(3, 0, 3))
    assert released
    assert (released.state, released.tally.counted, released.delay_ms) == (State.QUEUED, 2, 0)


def test_what_is_handed_back_again_and_again_waits_longer_and_is_given_up_in_the_end() -> None:
    tally, found = Tally(1, 0, 1), []
    for _ in range(RETRIES[Cause.RELEASED].limit):
        back = step(State.RUNNING, Cause.RELEASED, tally)
        assert back
        found.append((back.state, back.reason, back.delay_ms))
        tally = replace(back.tally, counted=1)
    assert found[:4] == [(State.QUEUED, "RELEASED", wait) for wait in (0, 250, 500, 1_000)]
    assert found[-2:] == [(State.QUEUED, "RELEASED", 60_000), (State.FAILED, "HANDED_BACK_REPEATEDLY", 0)]
    assert ending(State.FAILED, "HANDED_BACK_REPEATEDLY").retryable


def test_bad_input_is_never_retried() -> None:
    failed = step(State.RUNNING, Cause.ATTEMPT_FAILED, FRESH)
    assert failed
    assert failed.state is State.FAILED


def test_a_cancelled_task_says_so_whatever_ended_its_attempt() -> None:
    assert ending(State.CANCELLED, "LEASE_EXPIRED").reason == "TASK_CANCELLED"
    assert ending(State.FAILED, "LEASE_EXPIRED").reason == "LEASE_EXPIRED"


@pytest.mark.parametrize(
    ("reason", "timer"),
    [
        ("QUEUE_TIMEOUT", "queue_timeout"),
        ("ATTEMPT_TIMEOUT", "attempt_timeout"),
        ("LEASE_EXPIRED", "heartbeat_timeout"),
        ("NO_PROGRESS", "progress_timeout"),
    ],
)
def test_what_a_timer_ended_says_which_one_and_how_long(reason: str, timer: str) -> None:
    assert f"{timer}, 1.5 s" in ending(State.FAILED, reason, "1.5").message


def test_a_task_that_was_lost_from_the_queue_goes_back_with_its_attempts_as_they_were() -> None:
    back = step(State.QUEUED, Cause.RECOVERED, Tally(1, 1, 3))
    assert back
    assert (back.state, back.tally) == (State.QUEUED, Tally(1, 1, 3))


def test_a_recovered_attempt_does_not_count() -> None:
    back = step(State.RUNNING, Cause.RECOVERED, Tally(3, 0, 3))
    assert back
    assert (back.state, back.tally.counted) == (State.QUEUED, 2)


def test_an_accepted_stage_gives_the_next_one_all_attempts() -> None:
    accepted = step(State.AWAITING_REVIEW, Cause.REVIEW_ACCEPTED, Tally(2, 1, 3, handbacks=5))
    assert accepted
    assert (accepted.state, accepted.tally) == (State.QUEUED, Tally(0, 0, 3, handbacks=0))


def test_an_answer_that_cannot_be_used_is_asked_for_again_and_costs_no_attempt_in_the_end() -> None:
    refused = step(State.RUNNING, Cause.ANSWER_REFUSED, Tally(3, 0, 3))
    assert refused
    assert (refused.state, refused.reason) == (State.AWAITING_REVIEW, "ANSWER_REFUSED")
    accepted = step(refused.state, Cause.REVIEW_ACCEPTED, refused.tally)
    assert accepted
    assert accepted.tally.counted == 0
    cancelled = step(State.CANCELLING, Cause.ANSWER_REFUSED, FRESH)
    assert cancelled
    assert cancelled.state is State.CANCELLED


def test_a_stage_that_ends_after_a_cancel_is_not_reviewed() -> None:
    done = step(State.CANCELLING, Cause.REVIEW_REQUESTED, FRESH)
    assert done
    assert done.state is State.CANCELLED
