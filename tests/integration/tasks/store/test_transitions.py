"""What is not in the lifecycle's table changes nothing: not one key."""

from typing import Any

import pytest

from services.tasks.lifecycle import TERMINAL, TRANSITIONS, Cause, State
from services.tasks.records import LeaseKey
from services.tasks.store import TaskStore
from tests.support.store_contents import contents
from tests.support.task_records import OUTCOMES, SetClock, new_task, task_error

PIPELINES = ["octa-vessels"]
STATES = [State.QUEUED, State.RUNNING, State.CANCELLING, State.AWAITING_REVIEW, *sorted(TERMINAL)]


async def bring(store: TaskStore, session: int, state: State) -> LeaseKey:
    """Brings a task to a state on a way that leaves a lease behind, in force or lost."""
    await store.create(new_task())
    grant = await store.acquire("w", session, PIPELINES, "op")
    assert grant
    lease = grant.lease
    if state in {State.CANCELLING, State.CANCELLED}:
        await store.cancel(lease.task_id, "alice")
    ends: dict[State, dict[str, Any]] = {
        State.QUEUED: {"released": "FIRST"},
        State.AWAITING_REVIEW: OUTCOMES[Cause.REVIEW_REQUESTED],
        State.SUCCEEDED: {"result": b"first"},
        State.FAILED: {"error": task_error("FIRST")},
        State.CANCELLED: {"error": task_error("FIRST")},
    }
    if state in ends:
        assert await store.finish(lease, **ends[state])
    assert (await store.get(lease.task_id, "alice")).state is state
    return lease


@pytest.mark.parametrize("cause", list(OUTCOMES))
@pytest.mark.parametrize("state", STATES)
async def test_an_outcome_counts_only_where_the_table_says_so(
    store: TaskStore, session: int, redis_url: str, state: State, cause: Cause
) -> None:
    lease = await bring(store, session, state)
    before = contents(redis_url)
    accepted = await store.finish(lease, **OUTCOMES[cause])
    after = (await store.get(lease.task_id, "alice")).state
    if (state, cause) in TRANSITIONS:
        assert accepted
        assert after is TRANSITIONS[state, cause]
    else:
        assert after is state
        assert contents(redis_url) == before
        # The cause that ended the attempt is the worker's repetition of what was accepted.
        ended_by = {
            State.QUEUED: Cause.RELEASED,
            State.SUCCEEDED: Cause.COMPLETED,
            State.AWAITING_REVIEW: Cause.REVIEW_REQUESTED,
        }
        repeated = ended_by.get(state, Cause.ATTEMPT_FAILED) is cause and state is not State.RUNNING
        assert accepted == repeated


@pytest.mark.parametrize("state", [state for state in STATES if state is not State.QUEUED])
async def test_only_a_queued_task_is_assigned(
    store: TaskStore, session: int, redis_url: str, state: State
) -> None:
    await bring(store, session, state)
    before = contents(redis_url)
    assert await store.acquire("w", session, PIPELINES, "another") is None
    assert contents(redis_url) == before


@pytest.mark.parametrize("state", sorted(TERMINAL))
async def test_no_timer_touches_an_ended_task(
    store: TaskStore, session: int, clock: SetClock, redis_url: str, state: State
) -> None:
    await bring(store, session, state)
    await store.tick()
    before = contents(redis_url)
    clock.advance(3000)
    await store.tick()
    before.pop(b"{radmesh}:last-tick")
    after = contents(redis_url)
    after.pop(b"{radmesh}:last-tick")
    assert after == before
