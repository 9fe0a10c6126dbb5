"""What reviewers list: every owner's tasks, but only while they await a review."""

from datetime import timedelta

import pytest

from services.tasks.lifecycle import State
from services.tasks.records import TaskFilter, TaskRecord
from services.tasks.store import StoreSettings, TaskStore
from tests.integration.tasks.store.reviewing import REJECTED, STAGE, acquire, decision, waiting
from tests.support.store_contents import lasting_keys
from tests.support.task_records import SetClock, new_task

UNDECIDED = TaskFilter(state=State.AWAITING_REVIEW)


async def shown(store: TaskStore, session: int, owner: str, **changes: object) -> str:
    """A task of an owner that waits for a review."""
    created, _ = await store.create(new_task(owner=owner, **changes))
    grant = await store.acquire("w", session, [created.pipeline], created.task_id)
    assert grant
    assert await store.finish(grant.lease, **STAGE)
    return created.task_id


async def listed(
    store: TaskStore, task_filter: TaskFilter = UNDECIDED, page_size: int = 50, owner: str | None = None
) -> list[TaskRecord]:
    found, token = await store.list_tasks(owner, task_filter, page_size, "")
    while token:
        page, token = await store.list_tasks(owner, task_filter, page_size, token)
        assert len(page) <= page_size
        found += page
    return found


def ids(records: list[TaskRecord]) -> list[str]:
    return [record.task_id for record in records]


@pytest.mark.parametrize("page_size", [1, 2, 50])
async def test_tasks_of_all_owners_are_listed_once_by_create_time(
    store: TaskStore, session: int, clock: SetClock, page_size: int
) -> None:
    names = []
    for owner in ("alice", "bob", "alice", "carol"):
        clock.advance(1)
        await store.create(new_task(owner=owner, pipeline="other"))
        names.append(await shown(store, session, owner))
    found = await listed(store, page_size=page_size)
    assert ids(found) == names
    assert [one.owner for one in found] == ["alice", "bob", "alice", "carol"]
    assert all(one.artifacts == () for one in found)


async def test_filters_hold_for_every_owner(store: TaskStore, session: int, clock: SetClock) -> None:
    first = await shown(store, session, "alice", labels={"ward": "west"})
    clock.advance(1)
    second = await shown(store, session, "bob", labels={"ward": "west"}, pipeline="ct-l3")
    clock.advance(1)
    third = await shown(store, session, "bob", labels={"ward": "east"})

    async def found(**asked: object) -> list[str]:
        return ids(await listed(store, TaskFilter(state=State.AWAITING_REVIEW, **asked)))  # type: ignore[arg-type]

    assert await found(labels={"ward": "west"}) == [first, second]
    assert await found(labels={"ward": "west"}, pipeline="ct-l3") == [second]
    begun = (await store.get(second, "bob")).create_time
    assert begun
    assert await found(create_from=begun) == [second, third]
    assert await found(create_before=begun + timedelta(milliseconds=1)) == [first, second]
    assert ids(await listed(store, owner="bob")) == [second, third]


@pytest.mark.parametrize("end", ["accepted", "rejected", "expired", "cancelled"])
async def test_what_is_decided_is_listed_no_more(
    redis_url: str, session: int, clock: SetClock, end: str
) -> None:
    store = await TaskStore.open(redis_url, StoreSettings(), clock)
    record, _ = await waiting(store, session, review_timeout=90)
    assert ids(await listed(store)) == [record.task_id]
    if end == "accepted":
        await store.review(decision(record), "bob", any_owner=True)
    elif end == "rejected":
        await store.review(decision(record, **REJECTED), "bob", any_owner=True)
    elif end == "cancelled":
        await store.cancel(record.task_id, "alice")
    else:
        clock.advance(91)
        await store.tick()
    assert await listed(store) == []
    assert "undecided" not in lasting_keys(redis_url)
    if end == "accepted":
        grant = await acquire(store, session, "next")
        await store.finish(grant.lease, stage_result=b"s2", artifacts=[b"x"], file_names=["x.png"])
        assert ids(await listed(store)) == [record.task_id], "its next stage waits for another review"
    await store.close()
