"""The log of a task: cursors, and what is no longer kept."""

from collections.abc import AsyncIterator

import pytest

from radmesh.errors import CursorAheadError, CursorCompactedError
from services.tasks.records import EventRecord
from services.tasks.store import StoreSettings, TaskStore
from tests.support.task_records import new_task


@pytest.fixture
async def forgetful(redis_url: str) -> AsyncIterator[TaskStore]:
    """A store that keeps four events of a task."""
    opened = await TaskStore.open(redis_url, StoreSettings(log_events=4))
    yield opened
    await opened.close()


async def finish_with_artifacts(store: TaskStore, count: int) -> str:
    """A task of count + 3 events."""
    created, _ = await store.create(new_task())
    session, _ = await store.open_session("w", [], ["octa-vessels"])
    grant = await store.acquire("w", session, ["octa-vessels"], "op")
    assert grant
    artifacts = [f"file {number}".encode() for number in range(count)]
    await store.finish(grant.lease, result=b"r", artifacts=artifacts)
    return created.task_id


def numbers(events: list[EventRecord]) -> list[int]:
    return [event.sequence for event in events]


async def test_every_cursor_gives_exactly_the_events_after_it(store: TaskStore) -> None:
    task_id = await finish_with_artifacts(store, 2)
    for cursor in range(6):
        record, events = await store.read_log(task_id, "alice", cursor)
        assert numbers(events) == list(range(cursor + 1, 6))
        assert record.sequence == 5


async def test_without_a_cursor_there_are_no_events(store: TaskStore) -> None:
    task_id = await finish_with_artifacts(store, 2)
    assert (await store.read_log(task_id, "alice", None))[1] == []


async def test_a_cursor_past_the_end_is_refused_with_the_newest_sequence(store: TaskStore) -> None:
    task_id = await finish_with_artifacts(store, 2)
    with pytest.raises(CursorAheadError) as raised:
        await store.read_log(task_id, "alice", 6)
    assert raised.value.metadata == {"newest_sequence": "5"}


async def test_a_cursor_before_what_is_kept_is_refused_with_the_oldest_that_works(
    forgetful: TaskStore,
) -> None:
    task_id = await finish_with_artifacts(forgetful, 5)
    with pytest.raises(CursorCompactedError) as raised:
        await forgetful.read_log(task_id, "alice", 3)
    assert raised.value.metadata == {"oldest_sequence": "4"}
    _, events = await forgetful.read_log(task_id, "alice", 4)
    assert numbers(events) == [5, 6, 7, 8]
    assert events[-1].result == b"r"


async def test_a_task_keeps_its_artifacts_though_their_events_are_compacted(forgetful: TaskStore) -> None:
    task_id = await finish_with_artifacts(forgetful, 9)
    assert len((await forgetful.get(task_id, "alice")).artifacts) == 9
