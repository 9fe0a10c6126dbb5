"""Pipelines stay known; workers count while they are heard of."""

import pytest
from redis import Redis

from radmesh.errors import ExhaustedError
from services.tasks.records import PipelineRecord
from services.tasks.store import StoreSettings, TaskStore
from tests.support.task_records import SetClock


async def test_a_pipeline_stays_known_when_its_worker_is_gone(store: TaskStore, clock: SetClock) -> None:
    await store.introduce({"octa-vessels": b"description"}, "d1", b"types")
    session, _ = await store.open_session("w", [], ["octa-vessels"])
    assert await store.list_pipelines() == [PipelineRecord("octa-vessels", b"description", "d1", 1)]
    await store.close_session("w", session)
    assert await store.list_pipelines() == [PipelineRecord("octa-vessels", b"description", "d1", 0)]
    assert await store.list_descriptor_sets() == {"d1": b"types"}


async def test_a_worker_that_falls_silent_is_no_longer_connected(store: TaskStore, clock: SetClock) -> None:
    await store.introduce({"octa-vessels": b"description"}, "d1", b"types")
    session, _ = await store.open_session("w", [], ["octa-vessels"])
    clock.advance(8)
    await store.heartbeat("w", session, [])
    clock.advance(8)
    assert (await store.list_pipelines())[0].connected_workers == 1
    clock.advance(8)
    assert (await store.list_pipelines())[0].connected_workers == 0


async def test_the_end_of_an_older_session_leaves_the_newer_one_connected(store: TaskStore) -> None:
    await store.introduce({"octa-vessels": b"description"}, "d1", b"types")
    older, _ = await store.open_session("w", [], ["octa-vessels"])
    await store.open_session("w", [], ["octa-vessels"])
    await store.close_session("w", older)
    assert (await store.list_pipelines())[0].connected_workers == 1


def everything(redis_url: str) -> dict[bytes, object]:
    """Every key of the store with what it holds."""
    found: dict[bytes, object] = {}
    with Redis.from_url(redis_url) as redis:
        for key in redis.keys("*"):
            found[key] = redis.dump(key)
    return found


@pytest.mark.parametrize(
    ("pipelines", "sha256", "descriptor_set", "reason"),
    [
        (["p1", "new"], "d3", b"", "TOO_MANY_PIPELINES"),
        (["new"], "d1", b"12345", "TOO_MANY_PIPELINES"),
        (["new", "newer"], "d1", b"12345", "TOO_MANY_PIPELINES"),
        (["p1"], "d3", b"12", "TOO_MANY_TYPES"),
    ],
)
async def test_what_finds_no_room_is_refused_and_leaves_nothing_of_it(
    redis_url: str, pipelines: list[str], sha256: str, descriptor_set: bytes, reason: str
) -> None:
    settings = StoreSettings(pipelines=2, descriptor_sets=3, descriptor_sets_bytes=10)
    store = await TaskStore.open(redis_url, settings)
    await store.introduce({"p1": b"description"}, "d1", b"12345")
    await store.introduce({"p2": b"description"}, "d2", b"1234")
    before = everything(redis_url)
    with pytest.raises(ExhaustedError) as refused:
        await store.introduce(dict.fromkeys(pipelines, b"changed"), sha256, descriptor_set)
    assert (refused.value.reason, refused.value.retry_after) == (reason, 60)
    assert everything(redis_url) == before
    await store.close()


async def test_there_is_room_up_to_the_limits_and_always_for_what_is_known(redis_url: str) -> None:
    settings = StoreSettings(pipelines=3, descriptor_sets=2, descriptor_sets_bytes=10)
    store = await TaskStore.open(redis_url, settings)
    await store.introduce({"p1": b"", "p2": b""}, "d1", b"12345")
    await store.introduce({"p2": b"", "p3": b""}, "d2", b"12345")
    with pytest.raises(ExhaustedError):
        await store.introduce({"p1": b""}, "d3", b"")
    await store.close()
    # Started again with less room, it takes those that come back, and no others.
    store = await TaskStore.open(redis_url, StoreSettings(pipelines=1, descriptor_sets=1))
    await store.introduce({"p1": b"again", "p2": b""}, "d1", b"12345")
    with pytest.raises(ExhaustedError):
        await store.introduce({"p4": b""}, "d1", b"12345")
    found = {one.pipeline: one.descriptor for one in await store.list_pipelines()}
    assert found == {"p1": b"again", "p2": b"", "p3": b""}
    assert set(await store.list_descriptor_sets()) == {"d1", "d2"}
    await store.close()


async def test_a_descriptor_set_is_dropped_a_day_after_its_last_use(
    store: TaskStore, clock: SetClock
) -> None:
    await store.introduce({"octa-vessels": b"old"}, "d1", b"old types")
    await store.introduce({"octa-vessels": b"new"}, "d2", b"types")
    assert set(await store.list_descriptor_sets()) == {"d1", "d2"}
    clock.advance(90_000)
    await store.introduce({"octa-vessels": b"new"}, "d2", b"types")
    assert await store.list_descriptor_sets() == {"d2": b"types"}


async def test_types_that_none_uses_any_more_take_no_room_from_new_ones(redis_url: str) -> None:
    clock = SetClock()
    settings = StoreSettings(descriptor_sets=2)
    store = await TaskStore.open(redis_url, settings, clock)
    await store.introduce({"p": b""}, "d1", b"")
    await store.introduce({"p": b""}, "d2", b"")
    clock.advance(90_000)
    await store.introduce({"p": b""}, "d3", b"")
    assert set(await store.list_descriptor_sets()) == {"d2", "d3"}
    await store.close()
