"""A reviewer's answer that cannot be used: its stage is shown again, and nothing of it stays in force."""

from dataclasses import replace
from typing import Any

import pytest

from radmesh.errors import AbortedError
from radmesh.tasks.v1 import task_pb2
from services.tasks.lifecycle import Decision, State
from services.tasks.records import TaskRecord
from services.tasks.review_messages import add_reviews
from services.tasks.reviewed_parameters import ReviewedParameters
from services.tasks.reviews import RefusedAnswer, replacements_in_force
from services.tasks.store import TaskStore
from tests.integration.tasks.store.reviewing import (
    LAST,
    MASK,
    STAGE_RESULT,
    acquire,
    decision,
    upload,
    waiting,
)
from tests.support.store_contents import contents
from tests.support.task_records import SetClock, new_task

WHY = task_pb2.TaskError(
    code=10001, reason="INVALID_REQUEST", message="5:99 is no range: 1 to 7 \u00b5.", metadata={"most": "7"}
)
REFUSED: dict[str, Any] = {"answer_refused": WHY.SerializeToString()}
BEFORE, CHANGED = '{"slices":"1:2"}', '{"slices":"5:99"}'


async def answered(store: TaskStore, session: int, record: TaskRecord, **said: Any) -> TaskRecord:
    """The task once an answer to its open review was refused."""
    asked = decision(record, replacements=said.get("replacements"))
    if given := said.get("given"):
        asked = replace(asked, parameters=ReviewedParameters(given, given))
    await store.review(asked, "alice")
    grant = await acquire(store, session, f"{record.task_id} {record.sequence}")
    assert await store.finish(grant.lease, **REFUSED)
    return await store.get(record.task_id, "alice")


async def test_the_stage_is_shown_again_with_the_reason_and_the_first_decision_kept(
    store: TaskStore, session: int, clock: SetClock
) -> None:
    first, _ = await waiting(store, session, review_timeout=90)
    clock.advance(60)
    again = await answered(store, session, first)
    assert (again.state, again.stage, again.stage_result) == (State.AWAITING_REVIEW, 1, STAGE_RESULT)
    refused, opened = again.reviews
    assert (refused.decision, refused.reviewer) == (Decision.ACCEPTED, "alice")
    assert refused.refused == RefusedAnswer("INVALID_REQUEST", WHY.message, {"most": "7"})
    assert (opened.stage, opened.attempt, opened.decision) == (1, 1, Decision.UNDECIDED)
    assert opened.sequence == again.sequence > refused.sequence
    assert (opened.expire_time - refused.expire_time).total_seconds() == 60, "all of its time anew"
    shown = task_pb2.Task(name=f"tasks/{again.task_id}")
    add_reviews(shown, again)
    assert shown.reviews[-1].stage_result.type_url.endswith("/s1")
    assert shown.reviews[0].refused_answer.message == WHY.message
    assert not shown.reviews[1].HasField("refused_answer")
    _, events = await store.read_log(first.task_id, "alice", first.sequence)
    assert [(event.state, event.reason) for event in events] == [
        (State.QUEUED, "REVIEW_ACCEPTED"),
        (State.RUNNING, "ASSIGNED"),
        (State.AWAITING_REVIEW, "ANSWER_REFUSED"),
    ]
    with pytest.raises(AbortedError):
        await store.review(decision(first, Decision.REJECTED, "as seen before"), "alice")


async def test_neither_replacements_nor_parameters_of_the_refused_answer_are_in_force(
    store: TaskStore, session: int
) -> None:
    await upload(store)
    await upload(store, sha256="c" * 64)
    first, _ = await waiting(store, session, parameters_json=BEFORE)
    again = await answered(store, session, first, replacements={"slice.png": MASK}, given=CHANGED)
    assert again.parameters_json == BEFORE
    assert again.reviews[0].parameters_json == CHANGED
    third = await answered(store, session, again, replacements={"slice.png": "c" * 64})
    assert third.parameters_json == BEFORE
    assert not replacements_in_force(third.reviews)
    await store.review(decision(third, replacements={"slice.png": MASK}), "alice")
    grant = await acquire(store, session)
    assert (grant.stage, grant.stage_result, grant.artifacts) == (2, STAGE_RESULT, (b"slice",))
    assert [one.image for one in replacements_in_force(grant.reviews)] == [MASK]
    assert grant.parameters_json == BEFORE
    assert await store.finish(grant.lease, **LAST)
    ended = await store.get(first.task_id, "alice")
    assert (ended.state, ended.artifacts) == (State.SUCCEEDED, (b"slice", b"mask"))


async def test_a_later_stage_goes_back_to_the_one_before_it_only(store: TaskStore, session: int) -> None:
    first, _ = await waiting(store, session, parameters_json=BEFORE)
    asked = replace(decision(first), parameters=ReviewedParameters(CHANGED, CHANGED))
    await store.review(asked, "alice")
    second: dict[str, Any] = {"stage_result": b"s2", "artifacts": [b"m"], "file_names": ["m.png"]}
    await store.finish((await acquire(store, session)).lease, **second)
    shown = await store.get(first.task_id, "alice")
    again = await answered(store, session, shown)
    assert [(one.stage, one.attempt) for one in again.reviews] == [(1, 1), (2, 2), (2, 2)]
    assert (again.stage, again.stage_result, again.parameters_json) == (2, b"s2", CHANGED)
    assert (await store.review(decision(again), "alice")).stage == 3
    third: dict[str, Any] = {"stage_result": b"s3", "artifacts": [b"n"], "file_names": ["n.png"]}
    await store.finish((await acquire(store, session, "third")).lease, **third)
    last = await store.get(first.task_id, "alice")
    assert (last.stage, last.reviews[-1].stage, last.reviews[-1].attempt) == (3, 3, 4)


async def test_a_refusal_may_be_told_twice(store: TaskStore, session: int, redis_url: str) -> None:
    first, _ = await waiting(store, session)
    await store.review(decision(first), "alice")
    grant = await acquire(store, session)
    assert await store.finish(grant.lease, **REFUSED)
    before = contents(redis_url)
    assert await store.finish(grant.lease, **REFUSED)
    assert contents(redis_url) == before


async def test_a_second_review_expires_and_is_cancelled_as_the_first_would(
    store: TaskStore, session: int, clock: SetClock
) -> None:
    first, _ = await waiting(store, session, review_timeout=90)
    again = await answered(store, session, first)
    other, _ = await waiting(store, session, review_timeout=90)
    other = await answered(store, session, other)
    assert (await store.cancel(other.task_id, "alice")).state is State.CANCELLED
    clock.advance(89.999)
    assert (await store.tick()).timed_out == 0
    clock.advance(0.001)
    assert (await store.tick()).timed_out == 1
    expired = await store.get(again.task_id, "alice")
    assert [one.decision for one in expired.reviews] == [Decision.ACCEPTED, Decision.EXPIRED]


async def test_without_a_review_before_it_the_attempt_has_failed_with_the_reason(
    store: TaskStore, session: int
) -> None:
    created, _ = await store.create(new_task())
    assert await store.finish((await acquire(store, session)).lease, **REFUSED)
    ended = await store.get(created.task_id, "alice")
    assert (ended.state, ended.reviews) == (State.FAILED, ())
    assert task_pb2.TaskError.FromString(ended.error) == WHY


async def test_what_answers_wrongly_for_ever_ends_with_the_reason(store: TaskStore, session: int) -> None:
    record, _ = await waiting(store, session)
    rounds = 0
    while record.state is State.AWAITING_REVIEW:
        record, rounds = await answered(store, session, record), rounds + 1
    assert (record.state, rounds, len(record.reviews)) == (State.FAILED, 20, 20)
    assert task_pb2.TaskError.FromString(record.error) == WHY


async def test_an_answer_refused_under_a_cancel_is_not_asked_for_again(
    store: TaskStore, session: int
) -> None:
    record, _ = await waiting(store, session)
    await store.review(decision(record), "alice")
    grant = await acquire(store, session)
    await store.cancel(record.task_id, "alice")
    assert await store.finish(grant.lease, **REFUSED)
    assert (await store.get(record.task_id, "alice")).state is State.CANCELLED
