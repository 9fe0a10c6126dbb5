"""A dedupe key stands for one active task of an owner and a pipeline, and is written nowhere."""

import asyncio
import uuid

import pytest
from redis import Redis

from radmesh.errors import RequestIdReusedError
from services.tasks.lifecycle import Cause, State
from services.tasks.records import TaskRecord
from services.tasks.store import StoreSettings, TaskStore
from services.tasks.submission import dedupe_hash
from tests.support.store_contents import contents, lasting_keys
from tests.support.task_records import OUTCOMES, SetClock, new_task

PIPELINES = ["octa-vessels"]
KEY = "patient 4711, 2026-01-31"


async def create(
    store: TaskStore, key: str = KEY, owner: str = "alice", pipeline: str = "octa-vessels", **fields: object
) -> tuple[TaskRecord, bool]:
    hashed = dedupe_hash(await store.dedupe_secret(), owner, pipeline, key)
    return await store.create(new_task(owner=owner, pipeline=pipeline, dedupe_hash=hashed, **fields))


def active_keys(url: str) -> list[str]:
    return [name for name in lasting_keys(url) if name.startswith("dedupe:")]


async def test_while_a_task_is_active_a_create_returns_it_unchanged(store: TaskStore, session: int) -> None:
    first, created = await create(store, labels={"ward": "west"})
    assert created
    assert not first.deduplicated
    again, created = await create(store, labels={"ward": "east"}, fingerprint="f2")
    assert (again.task_id, again.labels, created, again.deduplicated) == (
        first.task_id,
        {"ward": "west"},
        False,
        True,
    )
    await store.acquire("w", session, PIPELINES, "op")
    running, _ = await create(store)
    assert (running.task_id, running.state) == (first.task_id, State.RUNNING)
    await store.cancel(first.task_id, "alice")
    cancelling, _ = await create(store)
    assert (cancelling.task_id, cancelling.state) == (first.task_id, State.CANCELLING)
    _, events = await store.read_log(first.task_id, "alice", 0)
    assert [event.reason for event in events] == ["CREATED", "ASSIGNED", "CANCEL_REQUESTED"]


async def test_owners_pipelines_and_keys_do_not_meet(store: TaskStore) -> None:
    made = [
        await create(store),
        await create(store, key=f"{KEY} "),
        await create(store, owner="bob"),
        await create(store, pipeline="ct-l3"),
        await create(store, key="", fingerprint="f2"),
        await create(store, key="", fingerprint="f3"),
    ]
    assert all(created for _, created in made)


@pytest.mark.parametrize("cause", [Cause.COMPLETED, Cause.ATTEMPT_FAILED, Cause.CANCEL_REQUESTED, None])
async def test_after_its_end_a_new_task_is_made(
    store: TaskStore, session: int, clock: SetClock, redis_url: str, cause: Cause | None
) -> None:
    first, _ = await create(store, queue_timeout=5)
    if cause is Cause.CANCEL_REQUESTED:
        await store.cancel(first.task_id, "alice")
    elif cause is None:
        await store.tick()
        clock.advance(5)
        await store.tick()
    else:
        grant = await store.acquire("w", session, PIPELINES, "op")
        assert grant
        await store.finish(grant.lease, **OUTCOMES[cause])
    assert active_keys(redis_url) == []
    second, created = await create(store, queue_timeout=1e6)
    assert created
    assert second.task_id != first.task_id
    # The end and the deletion of the first do not take the key from the second.
    clock.advance(3601)
    await store.tick()
    assert len(active_keys(redis_url)) == 1


async def test_a_task_that_is_tried_again_keeps_its_key(store: TaskStore, session: int) -> None:
    first, _ = await create(store)
    grant = await store.acquire("w", session, PIPELINES, "op")
    assert grant
    await store.finish(grant.lease, **OUTCOMES[Cause.TRANSIENT_FAILURE])
    again, created = await create(store)
    assert (again.task_id, created) == (first.task_id, False)


async def test_the_second_request_is_remembered(store: TaskStore, session: int) -> None:
    first, _ = await create(store)
    request_id = str(uuid.uuid4())
    await create(store, request_id=request_id)
    await store.cancel(first.task_id, "alice")
    # It said `deduplicated` once, so it says so again, and makes no new task though the first has ended.
    repeated, created = await create(store, request_id=request_id)
    assert (repeated.task_id, repeated.state, repeated.deduplicated, created) == (
        first.task_id,
        State.CANCELLED,
        True,
        False,
    )
    with pytest.raises(RequestIdReusedError):
        await create(store, request_id=request_id, fingerprint="f2")


async def test_two_creates_at_once_give_one_task(redis_url: str) -> None:
    stores = [await TaskStore.open(redis_url) for _ in range(2)]
    made = await asyncio.gather(*(create(stores[number % 2]) for number in range(20)))
    assert len({record.task_id for record, _ in made}) == 1
    assert sum(created for _, created in made) == 1
    for store in stores:
        await store.close()


async def test_a_plain_key_is_nowhere_and_nothing_is_left(
    redis_url: str, clock: SetClock, store: TaskStore
) -> None:
    first, _ = await create(store, key="4711-secret")
    await create(store, key="4711-secret")
    dumped = contents(redis_url)
    assert not [name for name, value in dumped.items() if b"4711" in name + value]
    assert "4711" not in repr(first)
    await store.cancel(first.task_id, "alice")
    clock.advance(3601)
    await store.tick()
    left = {name for name in lasting_keys(redis_url) if name.startswith(("dedupe:", "request:", "task:"))}
    assert left == set()


async def test_an_operators_secret_is_not_kept_in_the_store(redis_url: str) -> None:
    store = await TaskStore.open(redis_url, StoreSettings(dedupe_secret="s1"))
    assert await store.dedupe_secret() == b"s1"
    await create(store)
    await store.close()
    assert "dedupe-secret" not in lasting_keys(redis_url)
    assert "s1" not in repr(StoreSettings(dedupe_secret="s1"))


async def test_replicas_agree_on_the_stores_own_secret_even_after_a_flush(redis_url: str) -> None:
    stores = [await TaskStore.open(redis_url) for _ in range(2)]
    before = {await store.dedupe_secret() for store in stores}
    with Redis.from_url(redis_url) as client:
        client.flushall()
    after = set(await asyncio.gather(*(store.dedupe_secret() for store in stores for _ in range(5))))
    assert (len(before), len(after)) == (1, 1)
    assert before != after
    for store in stores:
        await store.close()
