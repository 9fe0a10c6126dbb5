"""The files of reviewed stages: artifacts of several attempts, replacements, and what is left of them."""

import hashlib
from typing import Any

import pytest

from radmesh.errors import ImageNotFoundError
from radmesh.tasks.v1 import task_pb2
from services.tasks.lifecycle import State
from services.tasks.records import LeaseKey
from services.tasks.reviews import Replacement
from services.tasks.store import StoreSettings, TaskStore
from tests.integration.tasks.store.reviewing import (
    LAST,
    MASK,
    REJECTED,
    STAGE,
    acquire,
    decision,
    upload,
    waiting,
)
from tests.support.store_contents import contents, lasting_keys
from tests.support.task_records import SetClock, new_task, task_error

DAY = 86_400


async def test_replacements_are_kept_for_the_next_stage_and_shown_to_the_owner(
    store: TaskStore, session: int
) -> None:
    await upload(store, "bob")
    record, _ = await waiting(store, session)
    after = await store.review(decision(record, replacements={"slice.png": MASK}), "bob", any_owner=True)
    assert after.reviews[-1].replacements == (Replacement("slice.png", MASK, 5, "image/png"),)
    assert (await acquire(store, session)).reviews == after.reviews
    assert await store.get_image("alice", MASK)


async def test_a_replacement_that_the_reviewer_did_not_upload_changes_nothing(
    store: TaskStore, session: int, redis_url: str
) -> None:
    record, _ = await waiting(store, session)
    await upload(store, "bob")
    await upload(store, sha256="b" * 64)
    before = contents(redis_url)
    with pytest.raises(ImageNotFoundError) as raised:
        await store.review(decision(record, replacements={"a.png": "b" * 64, "slice.png": MASK}), "alice")
    assert raised.value.metadata == {"image": f"images/{MASK}"}
    assert contents(redis_url) == before


async def test_a_replacement_stays_as_long_as_its_task(
    store: TaskStore, session: int, clock: SetClock
) -> None:
    await upload(store)
    record, _ = await waiting(store, session, queue_timeout=9 * DAY)
    await store.review(decision(record, replacements={"slice.png": MASK}), "alice")
    clock.advance(2 * DAY)
    await store.tick()
    assert await store.get_image("alice", MASK)
    await store.cancel(record.task_id, "alice")
    clock.advance(3600)
    assert (await store.tick()).deleted == 1
    await store.tick()
    assert await store.images_let_go() == [MASK]


async def test_an_outcome_of_an_earlier_stage_may_be_repeated_when_another_runs(
    store: TaskStore, session: int
) -> None:
    """Told that it came too late, the worker would delete artifacts that the task refers to."""
    record, first = await waiting(store, session)
    assert await store.finish(first, **STAGE)
    await store.review(decision(record), "alice")
    grant = await acquire(store, session)
    assert await store.finish(first, **STAGE)
    await store.finish(grant.lease, error=task_error(retryable=True))
    assert await store.finish(first, **STAGE)
    assert not await store.finish(first, **LAST)
    assert not await store.finish(LeaseKey(first.task_id, 1, "1.forged"), **STAGE)


@pytest.mark.parametrize("kind", [{"result": b"r"}, {"stage_result": b"s2"}])
async def test_a_stage_must_not_write_a_file_of_one_before_it(
    store: TaskStore, session: int, kind: dict[str, Any]
) -> None:
    record, _ = await waiting(store, session)
    await store.review(decision(record), "alice")
    grant = await acquire(store, session)
    twice: dict[str, Any] = {"artifacts": [b"new", b"again"], "file_names": ["new.png", "slice.png"]}
    assert await store.finish(grant.lease, **kind, **twice)
    after = await store.get(record.task_id, "alice")
    assert (after.state, after.artifacts) == (State.FAILED, (b"slice",))
    assert task_pb2.TaskError.FromString(after.error).reason == "INVALID_OUTCOME"
    assert await store.finish(grant.lease, **kind, **twice), "the answer may be asked for again"


async def test_a_stage_without_files_can_be_reviewed(store: TaskStore, session: int) -> None:
    await store.create(new_task())
    grant = await acquire(store, session)
    assert await store.finish(grant.lease, stage_result=b"s")
    record = await store.get(grant.lease.task_id, "alice")
    assert (record.state, record.artifacts) == (State.AWAITING_REVIEW, ())


async def test_no_end_of_a_review_leaves_anything_behind(
    redis_url: str, clock: SetClock, session: int
) -> None:
    store = await TaskStore.open(redis_url, StoreSettings(retention_seconds=60), clock)
    before = {key for key in lasting_keys(redis_url) if not key.startswith(("runtimes", "failures"))}
    numbers = iter(range(100))
    for end in ("accepted", "rejected", "expired", "cancelled", "refused"):
        mask = hashlib.sha256(end.encode()).hexdigest()
        await upload(store, "bob", mask)
        record, _ = await waiting(store, session, review_timeout=90)
        if end == "accepted":
            asked = decision(record, replacements={"slice.png": mask})
            await store.review(asked, "bob", any_owner=True)
            await store.finish((await acquire(store, session, str(next(numbers)))).lease, **LAST)
        elif end == "refused":
            for answer in range(2):
                shown = await store.get(record.task_id, "alice")
                asked = decision(shown, replacements={"slice.png": mask})
                await store.review(asked, "bob", any_owner=True)
                grant = await acquire(store, session, f"refused {answer}")
                await store.finish(grant.lease, answer_refused=task_error())
        elif end == "rejected":
            await store.review(decision(record, **REJECTED), "alice")
        elif end == "cancelled":
            await store.cancel(record.task_id, "alice")
    assert "review-timeouts" in lasting_keys(redis_url)
    for _ in range(50):
        clock.advance(4)
        await store.tick()
    clock.advance(DAY)
    await store.tick()
    await store.tick()
    for sha256 in await store.images_let_go():
        await store.forget_image(sha256)
    left = {key for key in lasting_keys(redis_url) if not key.startswith(("runtimes", "failures"))}
    assert left - before <= {"feed", "feed-number", "last-tick"}
    await store.close()
