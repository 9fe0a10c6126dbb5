"""A stage that is shown to a person: what a decision changes, and that only one counts."""

import asyncio
from typing import Any

import pytest

from radmesh.errors import AbortedError, FailedPreconditionError, TaskNotFoundError
from radmesh.tasks.v1 import task_pb2
from services.tasks.lifecycle import Decision, State
from services.tasks.records import TaskRecord
from services.tasks.store import TaskStore
from tests.integration.tasks.store.reviewing import (
    LAST,
    PIPELINES,
    REJECTED,
    STAGE,
    STAGE_RESULT,
    acquire,
    decision,
    waiting,
)
from tests.support.store_contents import contents
from tests.support.task_records import SetClock, new_task, task_error


async def test_a_finished_stage_waits_without_a_lease_and_shows_what_it_made(
    store: TaskStore, session: int, clock: SetClock
) -> None:
    record, lease = await waiting(store, session)
    _, events = await store.read_log(record.task_id, "alice", 0)
    assert [(event.state, event.reason or event.artifact) for event in events[2:]] == [
        (None, b"slice"),
        (State.AWAITING_REVIEW, "REVIEW_REQUESTED"),
    ]
    assert (record.state, record.stage, record.stage_result) == (State.AWAITING_REVIEW, 1, STAGE_RESULT)
    assert record.artifacts == (b"slice",)
    (review,) = record.reviews
    assert (review.stage, review.attempt, review.sequence) == (1, 1, record.sequence)
    assert (review.expire_time - review.open_time).total_seconds() == 3600
    assert review.decision is Decision.UNDECIDED
    assert await store.acquire("w", session, PIPELINES, "other") is None
    clock.advance(3599)
    assert (await store.tick()).expired == 0
    assert (await store.get(record.task_id, "alice")).state is State.AWAITING_REVIEW
    assert not await store.report_progress(lease, b"late")


async def test_an_accepted_stage_goes_on_with_what_it_left(store: TaskStore, session: int) -> None:
    record, _ = await waiting(store, session)
    after = await store.review(decision(record, reason="fine"), "alice")
    assert (after.state, after.stage) == (State.QUEUED, 2)
    (review,) = after.reviews
    assert (review.decision, review.reviewer, review.reason) == (Decision.ACCEPTED, "alice", "fine")
    assert review.decide_time == review.open_time
    grant = await acquire(store, session)
    assert (grant.stage, grant.stage_result, grant.lease.attempt) == (2, STAGE_RESULT, 2)
    assert await store.finish(grant.lease, **LAST)
    ended = await store.get(record.task_id, "alice")
    assert (ended.state, ended.result, ended.stage) == (State.SUCCEEDED, b"r", 2)
    assert ended.artifacts == (b"slice", b"mask")
    _, events = await store.read_log(record.task_id, "alice", review.sequence)
    assert [event.reason or event.artifact for event in events] == [
        *("REVIEW_ACCEPTED", "ASSIGNED"),
        *(b"mask", "COMPLETED"),
    ]


async def test_the_next_stage_has_all_attempts_before_it(
    store: TaskStore, session: int, clock: SetClock
) -> None:
    created, _ = await store.create(new_task(max_attempts=2))
    for outcome in ({"error": task_error(retryable=True)}, STAGE):
        await store.finish((await acquire(store, session, str(outcome))).lease, **outcome)
        clock.advance(60)
        await store.tick()
    record = await store.get(created.task_id, "alice")
    await store.review(decision(record), "alice")
    for state in (State.QUEUED, State.FAILED):
        grant = await acquire(store, session, state.name)
        await store.finish(grant.lease, error=task_error(retryable=True))
        assert (await store.get(created.task_id, "alice")).state is state
        clock.advance(60)
        await store.tick()


async def test_a_stage_keeps_its_place_before_younger_tasks(
    store: TaskStore, session: int, clock: SetClock
) -> None:
    record, _ = await waiting(store, session)
    clock.advance(60)
    await store.create(new_task())
    clock.advance(60)
    await store.review(decision(record), "alice")
    assert (await acquire(store, session)).lease.task_id == record.task_id


async def test_a_rejected_stage_fails_the_task_with_the_reviewers_reason(
    store: TaskStore, session: int
) -> None:
    record, _ = await waiting(store, session)
    after = await store.review(decision(record, **REJECTED), "alice")
    assert after.state is State.FAILED
    error = task_pb2.TaskError.FromString(after.error)
    assert (error.reason, error.retryable) == ("REVIEW_REJECTED", False)
    assert error.message.endswith("not L3")
    assert dict(error.metadata) == {"reviewer": "alice", "review_reason": "not L3"}
    _, events = await store.read_log(record.task_id, "alice", record.sequence)
    assert [event.error for event in events] == [after.error]
    assert after.artifacts == (b"slice",), "what was rejected can still be looked at"


async def test_a_review_expires(store: TaskStore, session: int, clock: SetClock) -> None:
    record, _ = await waiting(store, session, review_timeout=90)
    clock.advance(89.999)
    assert (await store.tick()).timed_out == 0
    clock.advance(0.001)
    assert (await store.tick()).timed_out == 1
    after = await store.get(record.task_id, "alice")
    error = task_pb2.TaskError.FromString(after.error)
    assert (after.state, error.reason, error.retryable) == (State.FAILED, "REVIEW_EXPIRED", True)
    assert "90" in error.message
    assert after.reviews[-1].decision is Decision.EXPIRED
    with pytest.raises(FailedPreconditionError) as raised:
        await store.review(decision(record), "alice")
    assert (raised.value.reason, raised.value.metadata) == ("NOT_AWAITING_REVIEW", {"state": "FAILED"})


async def test_the_tick_is_told_when_a_review_is_due(store: TaskStore, session: int) -> None:
    await waiting(store, session, review_timeout=90)
    assert (await store.tick()).next_due == 90


async def test_a_cancel_ends_a_review_at_once(store: TaskStore, session: int, clock: SetClock) -> None:
    record, _ = await waiting(store, session, review_timeout=90)
    after = await store.cancel(record.task_id, "alice")
    assert (after.state, after.artifacts) == (State.CANCELLED, (b"slice",))
    assert after.reviews[-1].decision is Decision.UNDECIDED
    clock.advance(90)
    assert (await store.tick()).timed_out == 0


async def test_a_stage_that_was_finished_under_a_cancel_is_not_shown(store: TaskStore, session: int) -> None:
    created, _ = await store.create(new_task())
    grant = await acquire(store, session)
    await store.cancel(created.task_id, "alice")
    assert await store.finish(grant.lease, **STAGE)
    after = await store.get(created.task_id, "alice")
    assert (after.state, after.artifacts, after.reviews) == (State.CANCELLED, (), ())


@pytest.mark.parametrize("said", [{}, REJECTED])
async def test_a_decision_may_be_repeated_and_another_is_refused(
    store: TaskStore, session: int, redis_url: str, said: dict[str, Any]
) -> None:
    record, _ = await waiting(store, session)
    first = await store.review(decision(record, **said), "alice")
    before = contents(redis_url)
    assert await store.review(decision(record, **said), "alice") == first
    others = [decision(record, **REJECTED)] if not said else [decision(record)]
    for other in (*others, decision(record, Decision.REJECTED, "another reason")):
        with pytest.raises(FailedPreconditionError) as raised:
            await store.review(other, "alice")
        assert raised.value.reason == "NOT_AWAITING_REVIEW"
    assert contents(redis_url) == before


async def test_a_decision_on_another_stage_than_the_one_shown_changes_nothing(
    store: TaskStore, session: int, redis_url: str
) -> None:
    record, _ = await waiting(store, session)
    await store.review(decision(record), "alice")
    grant = await acquire(store, session)
    second: dict[str, Any] = {"stage_result": b"s2", "artifacts": [b"m"], "file_names": ["m.png"]}
    await store.finish(grant.lease, **second)
    before = contents(redis_url)
    for sequence in (record.sequence, 1, 99):
        with pytest.raises(AbortedError) as raised:
            await store.review(decision(record, **REJECTED, sequence=sequence), "alice")
        assert raised.value.reason == "REVIEW_CHANGED"
    assert (await store.review(decision(record), "alice")).state is State.AWAITING_REVIEW, "a repeat"
    assert contents(redis_url) == before
    now = await store.get(record.task_id, "alice")
    assert [(one.stage, one.attempt) for one in now.reviews] == [(1, 1), (2, 2)]
    assert (await store.review(decision(now), "alice")).stage == 3


async def test_of_many_reviewers_at_once_one_decides(store: TaskStore, session: int, redis_url: str) -> None:
    record, _ = await waiting(store, session)
    decisions = [decision(record), decision(record, **REJECTED)] * 5
    answers = await asyncio.gather(
        *(store.review(one, f"reviewer{number}", any_owner=True) for number, one in enumerate(decisions)),
        return_exceptions=True,
    )
    won = [number for number, answer in enumerate(answers) if isinstance(answer, TaskRecord)]
    assert len(won) == 1
    after = await store.get(record.task_id, "alice")
    assert after.reviews[-1].reviewer == f"reviewer{won[0]}"
    assert {answer.reason for answer in answers if isinstance(answer, FailedPreconditionError)} == {
        "NOT_AWAITING_REVIEW"
    }


async def test_others_neither_see_nor_decide_and_reviewers_do_once_a_stage_was_shown(
    store: TaskStore, session: int
) -> None:
    created, _ = await store.create(new_task())
    for asked in (1, 2):
        with pytest.raises(TaskNotFoundError):
            await store.get(created.task_id, "bob", reviewer=True)
        with pytest.raises(TaskNotFoundError):
            await store.review(decision(created, sequence=asked), "bob", any_owner=True)
    grant = await acquire(store, session)
    await store.finish(grant.lease, **STAGE)
    with pytest.raises(TaskNotFoundError):
        await store.get(created.task_id, "bob")
    record = await store.get(created.task_id, "bob", reviewer=True)
    with pytest.raises(TaskNotFoundError):
        await store.review(decision(record), "bob")
    after = await store.review(decision(record), "bob", any_owner=True)
    assert after.reviews[-1].reviewer == "bob"


async def test_words_of_people_are_kept_as_they_are(store: TaskStore, session: int) -> None:
    record, _ = await waiting(store, session)
    words = 'Wirbel "L3"?\n\\ über\x00 🦴'
    after = await store.review(decision(record, Decision.REJECTED, words), "alice")
    assert after.reviews[-1].reason == words
    assert (await store.get(record.task_id, "alice")).reviews == after.reviews
