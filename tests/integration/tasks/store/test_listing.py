"""Lists of an owner's tasks."""

import pytest

from radmesh.errors import InvalidRequestError
from services.tasks.lifecycle import State
from services.tasks.records import TaskFilter
from services.tasks.store import StoreSettings, TaskStore
from tests.support.task_records import SetClock, new_task


async def create_many(store: TaskStore, clock: SetClock) -> list[str]:
    """Twelve tasks of alice, two at each of six instants, in the order of a list, and one of bob."""
    names = []
    for instant in range(6):
        clock.advance(1)
        pair = []
        for number in (2 * instant, 2 * instant + 1):
            labels = {"ward": "west" if number % 3 == 0 else "east", "run": "a b:c"}
            pipeline = "ct-l3" if number < 4 else "octa-vessels"
            created, _ = await store.create(new_task(pipeline=pipeline, labels=labels))
            pair.append(created.task_id)
        names += sorted(pair)
    await store.create(new_task(owner="bob"))
    return names


async def all_pages(
    store: TaskStore, task_filter: TaskFilter, page_size: int, owner: str = "alice"
) -> list[list[str]]:
    pages, token = [], ""
    while True:
        page, token = await store.list_tasks(owner, task_filter, page_size, token)
        pages.append([record.task_id for record in page])
        if not token:
            return pages


@pytest.mark.parametrize("page_size", [1, 5, 6, 12, 50])
async def test_pages_hold_each_task_once_by_create_time(
    store: TaskStore, clock: SetClock, page_size: int
) -> None:
    names = await create_many(store, clock)
    pages = await all_pages(store, TaskFilter(), page_size)
    assert [task_id for page in pages for task_id in page] == names
    assert all(len(page) <= page_size for page in pages)


async def test_owners_see_only_their_own(store: TaskStore, clock: SetClock) -> None:
    await create_many(store, clock)
    assert len((await all_pages(store, TaskFilter(), 50, "bob"))[0]) == 1
    assert await all_pages(store, TaskFilter(), 50, "eve") == [[]]


async def test_filters_are_joined(store: TaskStore, clock: SetClock, session: int) -> None:
    names = await create_many(store, clock)
    await store.acquire("w", session, ["octa-vessels"], "op")

    async def count(task_filter: TaskFilter) -> int:
        return sum(len(page) for page in await all_pages(store, task_filter, 5))

    assert await count(TaskFilter(pipeline="ct-l3")) == 4
    assert await count(TaskFilter(labels={"ward": "west"})) == 4
    assert await count(TaskFilter(labels={"ward": "west", "run": "a b:c"}, pipeline="ct-l3")) == 2
    assert await count(TaskFilter(labels={"ward": "north"})) == 0
    assert await count(TaskFilter(state=State.QUEUED)) == len(names) - 1
    assert await count(TaskFilter(state=State.RUNNING)) == 1
    assert await count(TaskFilter(state=State.RUNNING, pipeline="ct-l3")) == 0


async def test_a_range_includes_its_start_and_excludes_its_end(store: TaskStore, clock: SetClock) -> None:
    names = await create_many(store, clock)
    times = {(await store.get(task_id, "alice")).create_time for task_id in names}
    second, fourth = sorted(time for time in times if time)[1:4:2]
    pages = await all_pages(store, TaskFilter(create_from=second, create_before=fourth), 3)
    assert [task_id for page in pages for task_id in page] == names[2:6]


async def test_a_page_looks_at_few_entries_and_may_be_short(redis_url: str, clock: SetClock) -> None:
    store = await TaskStore.open(redis_url, StoreSettings(page_scan=3), clock)
    names = await create_many(store, clock)
    pages = await all_pages(store, TaskFilter(pipeline="octa-vessels", labels={"run": "a b:c"}), 50)
    assert [task_id for page in pages for task_id in page] == names[4:]
    assert len(pages) >= 3
    await store.close()


async def test_a_page_of_large_tasks_is_short(redis_url: str, clock: SetClock) -> None:
    store = await TaskStore.open(redis_url, StoreSettings(page_bytes=2_000), clock)
    for number in range(6):
        clock.advance(1)
        await store.create(new_task(parameters_json=f'{{"number": {number}, "text": "{"x" * 1500}"}}'))
    pages = await all_pages(store, TaskFilter(), 50)
    assert [len(page) for page in pages] == [2, 2, 2]
    assert len({task_id for page in pages for task_id in page}) == 6
    await store.close()


async def test_lists_omit_outcomes(store: TaskStore, session: int) -> None:
    await store.create(new_task())
    grant = await store.acquire("w", session, ["octa-vessels"], "op")
    assert grant
    await store.finish(grant.lease, result=b"r", artifacts=[b"mask"])
    (record,), _ = await store.list_tasks("alice", TaskFilter(), 10, "")
    assert (record.state, record.result, record.artifacts) == (State.SUCCEEDED, b"", ())


@pytest.mark.parametrize("token", ["?", "bm8=", "AAAA", "eCB5IHo="])
async def test_a_token_that_is_none_is_refused(store: TaskStore, token: str) -> None:
    with pytest.raises(InvalidRequestError) as raised:
        await store.list_tasks("alice", TaskFilter(), 10, token)
    assert raised.value.violations[0].field == "page_token"
