"""Many tasks created by one script: partial failure, repeats, and the log that they share."""

import asyncio
import uuid
from collections.abc import Sequence
from typing import Any

import pytest

from radmesh.errors import (
    BatchNotFoundError,
    CursorAheadError,
    CursorCompactedError,
    RequestIdReusedError,
)
from radmesh.tasks.v1.batch_service_pb2 import RequestError
from services.tasks.batch_records import BatchItem, BatchRecord, NewBatch, RefusedItem
from services.tasks.lifecycle import State
from services.tasks.records import FeedKind, ImageRecord, NewTask
from services.tasks.store import StoreSettings, TaskStore
from tests.integration.tasks.store.test_feed import following, take
from tests.support.store_contents import contents, lasting_keys
from tests.support.task_records import SetClock, new_task, queue_counts

PIPELINES = ["octa-vessels"]
REFUSED = RefusedItem(RequestError(reason="INVALID_REQUEST").SerializeToString())


def new_batch(items: Sequence[NewTask | RefusedItem], **changes: Any) -> NewBatch:
    fields: dict[str, Any] = {
        "batch_id": uuid.uuid4().hex,
        "owner": "alice",
        "request_id": str(uuid.uuid4()),
        "fingerprint": "f1",
        "items": tuple(items),
    }
    return NewBatch(**{**fields, **changes})


async def created(store: TaskStore, count: int) -> BatchRecord:
    batch, _ = await store.create_batch(new_batch([new_task() for _ in range(count)]))
    assert batch
    return batch


async def run_one(store: TaskStore, session: int, artifacts: Sequence[bytes] = ()) -> str:
    """Runs the task that is first in turn to its end."""
    grant = await store.acquire("w", session, PIPELINES, uuid.uuid4().hex)
    assert grant
    await store.finish(grant.lease, result=b"r", artifacts=artifacts)
    return grant.lease.task_id


def reasons(items: Sequence[BatchItem]) -> list[str]:
    return [RequestError.FromString(item.error).reason for item in items]


async def test_those_that_can_be_created_are_and_the_others_say_why_not(store: TaskStore) -> None:
    other, _ = await store.create(new_task())
    reused = new_task(request_id=other.request_id, fingerprint="f2")
    new = new_batch([new_task(), REFUSED, new_task(images=("b" * 64,)), reused, new_task()])
    batch, items = await store.create_batch(new)
    assert batch
    assert reasons(items) == ["", "INVALID_REQUEST", "IMAGE_NOT_FOUND", "REQUEST_ID_REUSED", ""]
    tasks = [item.record for item in items if item.record]
    assert [task.queue_position for task in tasks] == [2, 3]
    assert [member.task_id for member in batch.members] == [task.task_id for task in tasks]
    assert (batch.sequence, batch.end_time) == (2, None)
    for task in tasks:
        assert await store.get(task.task_id, "alice") == task
        assert task.batch == batch.batch_id


async def test_a_task_that_was_there_before_is_returned_and_is_no_member(store: TaskStore) -> None:
    before = new_task()
    await store.create(before)
    again = new_task(request_id=before.request_id)
    batch, items = await store.create_batch(new_batch([again, new_task()]))
    assert batch
    assert items[0].record
    assert (items[0].record.task_id, items[0].record.batch) == (before.task_id, "")
    assert len(batch.members) == 1


async def test_an_item_with_the_dedupe_key_of_an_active_task_returns_that_one(store: TaskStore) -> None:
    items = [new_task(dedupe_hash="d"), new_task(dedupe_hash="d"), new_task()]
    new = new_batch(items)
    batch, found = await store.create_batch(new)
    assert batch
    records = [item.record for item in found if item.record]
    assert [record.deduplicated for record in records] == [False, True, False]
    assert records[1].task_id == records[0].task_id
    assert len(batch.members) == 2
    _, again = await store.create_batch(new)
    assert [item.record.deduplicated for item in again if item.record] == [False, True, False]


async def test_a_repeat_is_answered_as_the_first_call_was_with_the_tasks_as_they_are_now(
    store: TaskStore, session: int
) -> None:
    new = new_batch([new_task(), REFUSED, new_task(images=("b" * 64,))])
    batch, items = await store.create_batch(new)
    assert batch
    done = await run_one(store, session)
    # The image has come, and what was refused could be created: the first answer holds all the same.
    await store.record_image("alice", ImageRecord("b" * 64, 5, "image/png"))
    repeat = new_batch([new_task(), new_task(), new_task()], request_id=new.request_id)
    again, answers = await store.create_batch(repeat)
    assert again
    assert again.batch_id == batch.batch_id
    assert [item.error for item in answers] == [item.error for item in items]
    assert answers[0].record
    assert (answers[0].record.task_id, answers[0].record.state) == (done, State.SUCCEEDED)
    assert answers[0].record.result == b""
    assert await store.acquire("w", session, PIPELINES, "op") is None


async def test_a_request_id_that_comes_with_another_batch_is_refused(store: TaskStore) -> None:
    new = new_batch([new_task()])
    await store.create_batch(new)
    with pytest.raises(RequestIdReusedError):
        await store.create_batch(new_batch([new_task()], request_id=new.request_id, fingerprint="f2"))


async def test_two_calls_at_once_with_one_request_id_create_one_batch(store: TaskStore) -> None:
    request_id = str(uuid.uuid4())
    ids = [str(uuid.uuid4()) for _ in range(20)]

    def batch() -> NewBatch:
        return new_batch([new_task(request_id=one) for one in ids], request_id=request_id)

    answers = await asyncio.gather(*(store.create_batch(batch()) for _ in range(8)))
    assert len({batch.batch_id for batch, _ in answers if batch}) == 1
    assert len({tuple(item.record.task_id for item in items if item.record) for _, items in answers}) == 1
    assert await queue_counts(store) == {("octa-vessels", State.QUEUED): 20}


async def test_a_batch_without_a_task_leaves_nothing(store: TaskStore, redis_url: str) -> None:
    await store.create(new_task())
    before = contents(redis_url)
    batch, items = await store.create_batch(new_batch([REFUSED, new_task(images=("b" * 64,))]))
    assert batch is None
    assert reasons(items) == ["INVALID_REQUEST", "IMAGE_NOT_FOUND"]
    assert contents(redis_url) == before


async def test_the_largest_batch_is_created_whole(store: TaskStore) -> None:
    batch = await created(store, 500)
    assert len(batch.members) == 500
    found, events = await store.read_batch(batch.batch_id, "alice", 0)
    assert [event.sequence for event in events] == list(range(1, 501))
    assert events[-1].open_tasks == 500
    assert found == batch


async def test_the_log_of_a_batch_holds_the_events_of_its_tasks_as_their_own_logs_do(
    store: TaskStore, session: int
) -> None:
    batch = await created(store, 3)
    for _ in range(2):
        await run_one(store, session, [b"mask", b"overlay"])
    await store.cancel(batch.members[2].task_id, "alice")
    found, events = await store.read_batch(batch.batch_id, "alice", 0)
    assert [event.sequence for event in events] == list(range(1, 13))
    assert [event.open_tasks for event in events] == [1, 2, 3, 3, 3, 3, 2, 2, 2, 2, 1, 0]
    assert found.end_time == events[-1].event.time.replace(microsecond=0)
    assert {member.state for member in found.members} == {State.SUCCEEDED, State.CANCELLED}
    for member in found.members:
        _, own = await store.read_log(member.task_id, "alice", 0)
        assert [event.event for event in events if event.task_id == member.task_id] == own
    for cursor in range(13):
        _, rest = await store.read_batch(batch.batch_id, "alice", cursor)
        assert rest == events[cursor:]
    with pytest.raises(CursorAheadError):
        await store.read_batch(batch.batch_id, "alice", 13)


async def test_the_tasks_of_a_batch_are_run_in_its_order(store: TaskStore, session: int) -> None:
    batch = await created(store, 30)
    ran = [await run_one(store, session) for _ in batch.members]
    assert ran == [member.task_id for member in batch.members]


async def test_another_owner_has_no_such_batch(store: TaskStore) -> None:
    batch = await created(store, 1)
    with pytest.raises(BatchNotFoundError):
        await store.read_batch(batch.batch_id, "bob", None)


async def test_the_feed_tells_where_an_event_stands_in_its_batch(store: TaskStore, session: int) -> None:
    async with following(store) as feed:
        batch = await created(store, 2)
        grant = await store.acquire("w", session, PIPELINES, "op")
        assert grant
        await store.report_progress(grant.lease, b"half")
        await store.finish(grant.lease, result=bytes(200_000))
        wake, running, progress, gap = await take(feed, 4)
    assert (wake.kind, wake.pipeline, wake.tasks) == (FeedKind.WAKE, "octa-vessels", 2)
    assert running.place
    assert (running.batch, running.place.sequence, running.place.open_tasks) == (batch.batch_id, 3, 2)
    assert (progress.kind, progress.batch) == (FeedKind.PROGRESS, batch.batch_id)
    assert (gap.kind, gap.batch) == (FeedKind.GAP, batch.batch_id)


async def test_events_that_are_many_or_long_are_read_in_parts(redis_url: str, session: int) -> None:
    settings = StoreSettings(batch_page_events=4, batch_page_bytes=1_500)
    store = await TaskStore.open(redis_url, settings)
    batch = await created(store, 3)
    for _ in range(3):
        await run_one(store, session, [b"a" * 1_000, b"b" * 2_000])
    seen: list[int] = []
    parts = 0
    while len(seen) < 15:
        _, events = await store.read_batch(batch.batch_id, "alice", len(seen))
        assert 1 <= len(events) <= 4
        seen += [event.sequence for event in events]
        parts += 1
    assert seen == list(range(1, 16))
    assert parts > 5
    await store.close()


@pytest.mark.parametrize("settings", [StoreSettings(batch_log_events=6), StoreSettings(log_events=2)])
async def test_what_is_no_longer_kept_is_never_left_out_silently(
    redis_url: str, session: int, settings: StoreSettings
) -> None:
    store = await TaskStore.open(redis_url, settings)
    batch = await created(store, 3)
    await run_one(store, session, [b"a", b"b"])
    await run_one(store, session, [b"a", b"b"])
    with pytest.raises(CursorCompactedError) as raised:
        await store.read_batch(batch.batch_id, "alice", 2)
    oldest = int(raised.value.metadata["oldest_sequence"])
    with pytest.raises(CursorCompactedError):
        await store.read_batch(batch.batch_id, "alice", oldest - 1)
    found, events = await store.read_batch(batch.batch_id, "alice", oldest)
    assert [event.sequence for event in events] == list(range(oldest + 1, found.sequence + 1))
    assert events
    await store.close()


async def test_a_batch_goes_with_the_last_of_its_tasks_and_nothing_is_left(
    store: TaskStore, session: int, clock: SetClock, redis_url: str
) -> None:
    before = lasting_keys(redis_url)
    new = new_batch([new_task(labels={"ward": "west"}), new_task()])
    batch, _ = await store.create_batch(new)
    assert batch
    first = await run_one(store, session)
    clock.advance(3_000)
    second = await run_one(store, session)
    clock.advance(3_000)
    assert (await store.tick()).deleted == 1
    found, _ = await store.read_batch(batch.batch_id, "alice", None)
    assert [(one.task_id, one.state) for one in found.members] == [
        (first, State.SUCCEEDED),
        (second, State.SUCCEEDED),
    ]
    with pytest.raises(CursorCompactedError) as raised:
        await store.read_batch(batch.batch_id, "alice", 0)
    _, events = await store.read_batch(batch.batch_id, "alice", int(raised.value.metadata["oldest_sequence"]))
    assert {event.task_id for event in events} == {second}
    _, items = await store.create_batch(new)
    assert reasons(items) == ["TASK_NOT_FOUND", ""]
    clock.advance(3_000)
    assert (await store.tick()).deleted == 1
    with pytest.raises(BatchNotFoundError):
        await store.read_batch(batch.batch_id, "alice", None)
    # A day has not passed: a late repeat runs nothing twice.
    with pytest.raises(BatchNotFoundError):
        await store.create_batch(new)
    left = {
        key
        for key in lasting_keys(redis_url) - before
        if not key.startswith(("feed", "last-tick", "runtimes"))
    }
    assert left == set()
    assert not [key for key in contents(redis_url) if key.startswith((b"{radmesh}:batch", b"{radmesh}:log"))]


async def test_an_ended_batch_expires_even_if_retention_never_runs(
    store: TaskStore, session: int, redis_url: str
) -> None:
    batch = await created(store, 2)
    await run_one(store, session)
    assert f"batch:{batch.batch_id}" in lasting_keys(redis_url)
    await run_one(store, session)
    assert not {
        key for key in lasting_keys(redis_url) if key.startswith(("task:", "log:", "request:", "batch"))
    }
