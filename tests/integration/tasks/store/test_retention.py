"""What is kept how long, and that nothing stays behind."""

from typing import Any

import pytest
from redis import Redis

from radmesh.errors import ImageNotFoundError, TaskNotFoundError, UnavailableError
from services.tasks.lifecycle import State
from services.tasks.records import ImageRecord, TaskFilter
from services.tasks.store import StoreSettings, TaskStore
from services.tasks.submission import dedupe_hash
from tests.support.store_contents import contents, lasting_keys
from tests.support.task_records import SetClock, new_task, queue_counts, task_error

SHA = "a" * 64
PIPELINES = ["octa-vessels"]
DAY = 86_400
# These belong to the mesh or a pipeline, not to a task, a worker or an image.
OF_THE_MESH = {
    "schema",
    "feed",
    "feed-number",
    "last-tick",
    "sessions",
    "dedupe-secret",
    "runtimes:octa-vessels",
    "tally:octa-vessels",
    "failures:octa-vessels",
    "failures:ct-l3",
}


async def upload(store: TaskStore, owner: str = "alice") -> ImageRecord:
    return await store.record_image(owner, ImageRecord(SHA, 5, "image/png"))


async def test_an_image_belongs_to_those_who_uploaded_it(store: TaskStore) -> None:
    recorded = await upload(store)
    assert recorded.create_time
    assert recorded.expire_time
    assert (recorded.expire_time - recorded.create_time).total_seconds() == DAY
    assert await store.get_image("alice", SHA) == recorded
    with pytest.raises(ImageNotFoundError):
        await store.get_image("bob", SHA)
    with pytest.raises(ImageNotFoundError) as raised:
        await store.create(new_task(owner="bob", images=(SHA,)))
    assert raised.value.metadata == {"image": f"images/{SHA}"}


async def test_a_refused_create_leaves_nothing(store: TaskStore, redis_url: str) -> None:
    await upload(store)
    before = contents(redis_url)
    with pytest.raises(ImageNotFoundError):
        await store.create(new_task(images=(SHA, "b" * 64)))
    assert contents(redis_url) == before


async def test_a_grant_names_its_images_in_order(store: TaskStore, session: int) -> None:
    other = ImageRecord("b" * 64, 7, "image/tiff")
    await store.record_image("alice", other)
    await upload(store)
    await store.create(new_task(images=(other.sha256, SHA)))
    grant = await store.acquire("w", session, PIPELINES, "op")
    assert grant
    assert grant.images == (other, ImageRecord(SHA, 5, "image/png"))


async def test_an_image_is_let_go_when_its_pin_ends(store: TaskStore, clock: SetClock) -> None:
    await upload(store)
    clock.advance(DAY - 1)
    await store.tick()
    assert await store.get_image("alice", SHA)
    clock.advance(1)
    await store.tick()
    with pytest.raises(ImageNotFoundError):
        await store.get_image("alice", SHA)
    assert await store.images_let_go() == [SHA]
    await store.forget_image(SHA)
    assert await store.images_let_go() == []


async def test_an_image_stays_as_long_as_a_task_needs_it(
    store: TaskStore, session: int, clock: SetClock
) -> None:
    await upload(store)
    await store.create(new_task(images=(SHA,), queue_timeout=9 * DAY))
    clock.advance(2 * DAY)
    await store.tick()
    grant = await store.acquire("w", session, PIPELINES, "op")
    assert grant
    assert grant.images[0].size_bytes == 5
    await store.finish(grant.lease, result=b"r")
    clock.advance(3600)
    assert (await store.tick()).deleted == 1
    await store.tick()
    assert await store.images_let_go() == [SHA]


async def test_an_image_uploaded_again_is_not_let_go(store: TaskStore, clock: SetClock) -> None:
    await upload(store)
    clock.advance(DAY)
    await store.tick()
    await upload(store, "bob")
    assert await store.images_let_go() == []
    assert await store.get_image("bob", SHA)


async def test_an_ended_task_is_deleted_after_its_retention(
    store: TaskStore, session: int, clock: SetClock
) -> None:
    ended = new_task(labels={"ward": "west"})
    await store.create(ended)
    grant = await store.acquire("w", session, PIPELINES, "op")
    assert grant
    await store.finish(grant.lease, result=b"r")
    waiting, _ = await store.create(new_task(labels={"ward": "west"}))
    clock.advance(3599)
    await store.tick()
    assert await store.get(ended.task_id, "alice")
    clock.advance(1)
    assert (await store.tick()).deleted == 1
    with pytest.raises(TaskNotFoundError):
        await store.get(ended.task_id, "alice")
    for task_filter in (TaskFilter(), TaskFilter(labels={"ward": "west"})):
        page, _ = await store.list_tasks("alice", task_filter, 10, "")
        assert [record.task_id for record in page] == [waiting.task_id]
    # A day has not passed: its request id is known, so that a late repetition runs nothing twice.
    with pytest.raises(TaskNotFoundError):
        await store.create(new_task(request_id=ended.request_id))


async def test_a_full_server_takes_no_task_but_deletes_those_that_are_due(
    store: TaskStore, clock: SetClock, redis_url: str
) -> None:
    ended, _ = await store.create(new_task())
    await store.cancel(ended.task_id, "alice")
    waiting, _ = await store.create(new_task())
    clock.advance(3601)
    with Redis.from_url(redis_url) as client:
        client.config_set("maxmemory", 1)
        try:
            with pytest.raises(UnavailableError):
                await store.create(new_task())
            assert (await store.cancel(waiting.task_id, "alice")).state is State.CANCELLED
            assert (await store.tick()).deleted == 1
        finally:
            client.config_set("maxmemory", 0)
    with pytest.raises(TaskNotFoundError):
        await store.get(ended.task_id, "alice")


async def test_nothing_is_left_without_an_owner_or_a_time_to_live(
    redis_url: str, clock: SetClock, session: int
) -> None:
    """Every way that a task can end, then retention: only the mesh's own keys and expiring ones remain."""
    store = await TaskStore.open(redis_url, StoreSettings(lease_seconds=10, retention_seconds=60), clock)
    await upload(store)
    outcomes: list[dict[str, Any]] = [
        {"result": b"r", "artifacts": [b"mask"]},
        {"error": task_error()},
        {"released": "R"},
    ]
    for number, outcome in enumerate([*outcomes, None]):
        hashed = dedupe_hash(await store.dedupe_secret(), "alice", "octa-vessels", f"patient {number}")
        await store.create(
            new_task(images=(SHA,), labels={"ward": "west"}, max_attempts=1, dedupe_hash=hashed)
        )
        grant = await store.acquire("w", session, PIPELINES, f"op{number}")
        assert grant
        if outcome is not None:
            await store.report_progress(grant.lease, b"p")
            await store.finish(grant.lease, **outcome)
        if outcome == {"released": "R"}:
            await store.cancel(grant.lease.task_id, "alice")
    await store.create(new_task(pipeline="ct-l3", queue_timeout=5))
    before = lasting_keys(redis_url)
    assert {"leases", "counts", "image-pins", "index:owner:alice"} < before
    for _ in range(100):
        clock.advance(4)
        await store.tick()
    assert await queue_counts(store) == {}
    clock.advance(DAY)
    await store.tick()
    await store.forget_image(SHA)
    assert lasting_keys(redis_url) == OF_THE_MESH
    assert not [key for key in contents(redis_url) if key.startswith((b"{radmesh}:task", b"{radmesh}:log"))]
    await store.close()


async def test_an_ended_task_expires_even_if_retention_never_runs(
    store: TaskStore, session: int, redis_url: str
) -> None:
    created, _ = await store.create(new_task())
    assert f"task:{created.task_id}" in lasting_keys(redis_url)
    await store.cancel(created.task_id, "alice")
    assert not {key for key in lasting_keys(redis_url) if key.startswith(("task:", "log:", "request:"))}


async def test_counts_follow_every_task(store: TaskStore, session: int) -> None:
    for _ in range(3):
        await store.create(new_task())
    await store.acquire("w", session, PIPELINES, "op")
    assert await queue_counts(store) == {
        ("octa-vessels", State.QUEUED): 2,
        ("octa-vessels", State.RUNNING): 1,
    }
