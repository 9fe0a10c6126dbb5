"""Audit records: begun before, completed after, kept apart from the tasks, bounded."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from redis import Redis

from radmesh.errors import InvalidRequestError, PermissionDeniedError
from services.chassis import roles
from services.tasks.audit import audited
from services.tasks.records import AuditRecord
from services.tasks.store import StoreSettings, TaskStore
from tests.support.store_contents import lasting_keys
from tests.support.task_records import SetClock, new_task


async def records(store: TaskStore, page_size: int = 100) -> list[AuditRecord]:
    found, token = await store.list_audit(page_size, "")
    assert not token
    return found


@pytest.fixture
async def small(redis_url: str, clock: SetClock) -> AsyncIterator[TaskStore]:
    """A store that keeps 20 records, two of them of calls that changed nothing."""
    opened = await TaskStore.open(redis_url, StoreSettings(audit_records=20), clock)
    yield opened
    await opened.close()


async def test_a_call_is_recorded_however_it_ends(store: TaskStore) -> None:
    async with audited(store, "RecoverTasks", "all") as note:
        (begun,) = await records(store)
        assert begun.outcome == "UNFINISHED"
        note.tasks.append("a" * 32)
    with pytest.raises(PermissionDeniedError):
        async with audited(store, "PausePipeline", "pipelines/x"):
            roles.require_operator(())
    with pytest.raises(KeyError):
        async with audited(store, "PauseWorker", "x", principal="alice"):
            raise KeyError
    with pytest.raises(asyncio.CancelledError):
        async with audited(store, "CheckStuckTasks", "x"):
            raise asyncio.CancelledError
    found = [(one.principal, one.method, one.outcome) for one in await records(store)]
    assert found == [
        ("local", "CheckStuckTasks", "CANCELLED"),
        ("alice", "PauseWorker", "INTERNAL"),
        ("local", "PausePipeline", "ROLE_REQUIRED"),
        ("local", "RecoverTasks", "OK"),
    ]
    assert (await records(store))[-1].tasks == ("a" * 32,)


async def test_a_page_of_large_records_is_short(redis_url: str, clock: SetClock) -> None:
    store = await TaskStore.open(redis_url, StoreSettings(page_bytes=100), clock)
    for _ in range(5):
        async with audited(store, "RecoverTasks", "all") as note:
            note.tasks += ["a" * 32] * 2
    token = ""
    pages: list[list[int]] = []
    while not pages or token:
        page, token = await store.list_audit(100, token)
        pages.append([one.number for one in page])
    assert pages == [[5, 4], [3, 2], [1]]
    await store.close()


async def test_pages_go_from_new_to_old(store: TaskStore) -> None:
    for index in range(5):
        async with audited(store, "PausePipeline", str(index)):
            pass
    seen, token = [], ""
    while True:
        page, token = await store.list_audit(2, token)
        seen += [one.request for one in page]
        if not token:
            break
    assert seen == ["4", "3", "2", "1", "0"]
    with pytest.raises(InvalidRequestError):
        await store.list_audit(2, "?")


async def test_a_flood_of_refused_calls_pushes_out_no_record_of_a_change(small: TaskStore) -> None:
    async with audited(small, "RecoverTasks", "all") as note:
        note.tasks.append("a" * 32)
    for _ in range(30):
        with pytest.raises(PermissionDeniedError):
            async with audited(small, "RecoverTasks", "all", principal="mallory"):
                roles.require_operator(())
    found = await records(small)
    assert [one.outcome for one in found] == ["ROLE_REQUIRED", "ROLE_REQUIRED", "OK"]
    for index in range(25):
        async with audited(small, "PausePipeline", str(index)):
            pass
    assert [one.request for one in await records(small)] == [str(index) for index in range(24, 4, -1)]


async def test_records_outlive_the_tasks_that_they_name_and_then_go_by_themselves(
    store: TaskStore, clock: SetClock, redis_url: str
) -> None:
    created, _ = await store.create(new_task())
    await store.cancel(created.task_id, "alice")
    async with audited(store, "RecoverTasks", "all") as note:
        note.tasks.append(created.task_id)
    clock.advance(4000)
    assert (await store.tick()).deleted == 1
    (found,) = await records(store)
    assert found.tasks == (created.task_id,)
    assert "audit:1" not in lasting_keys(redis_url)
    with Redis.from_url(redis_url) as client:
        left = client.pttl("{radmesh}:audit:1") / 86_400_000
        # The test's clock stands in 2027: the server's time to live is longer than the setting by as much.
        assert left > 364
        client.delete("{radmesh}:audit:1")
    assert await records(store) == []
