"""Pipelines stay known; workers count while they are heard of."""

import pytest

from radmesh.errors import ExhaustedError
from services.tasks.records import PipelineRecord
from services.tasks.store import StoreSettings, TaskStore
from tests.support.task_records import SetClock


async def test_a_pipeline_stays_known_when_its_worker_is_gone(store: TaskStore, clock: SetClock) -> None:
    await store.put_descriptor_set("d1", b"types")
    await store.put_pipeline("octa-vessels", b"description", "d1")
    session, _ = await store.open_session("w", [], ["octa-vessels"])
    assert await store.list_pipelines() == [PipelineRecord("octa-vessels", b"description", "d1", 1)]
    await store.close_session("w", session)
    assert await store.list_pipelines() == [PipelineRecord("octa-vessels", b"description", "d1", 0)]
    assert await store.list_descriptor_sets() == {"d1": b"types"}


async def test_a_worker_that_falls_silent_is_no_longer_connected(store: TaskStore, clock: SetClock) -> None:
    await store.put_pipeline("octa-vessels", b"description", "d1")
    session, _ = await store.open_session("w", [], ["octa-vessels"])
    clock.advance(8)
    await store.heartbeat("w", session, [])
    clock.advance(8)
    assert (await store.list_pipelines())[0].connected_workers == 1
    clock.advance(8)
    assert (await store.list_pipelines())[0].connected_workers == 0


async def test_the_end_of_an_older_session_leaves_the_newer_one_connected(store: TaskStore) -> None:
    await store.put_pipeline("octa-vessels", b"description", "d1")
    older, _ = await store.open_session("w", [], ["octa-vessels"])
    await store.open_session("w", [], ["octa-vessels"])
    await store.close_session("w", older)
    assert (await store.list_pipelines())[0].connected_workers == 1


async def test_no_more_pipelines_and_types_are_kept_than_there_is_room_for(redis_url: str) -> None:
    settings = StoreSettings(pipelines=2, descriptor_sets=3, descriptor_sets_bytes=10)
    store = await TaskStore.open(redis_url, settings)
    for name in ("p1", "p2", "p1"):
        await store.put_pipeline(name, b"description", "d1")
    for sha256, content in (("d1", b"12345"), ("d2", b"1234"), ("d1", b"12345")):
        await store.put_descriptor_set(sha256, content)
    for call, reason in (
        (store.put_pipeline("p3", b"description", "d1"), "TOO_MANY_PIPELINES"),
        (store.put_descriptor_set("d3", b"12"), "TOO_MANY_TYPES"),
    ):
        with pytest.raises(ExhaustedError) as refused:
            await call
        assert (refused.value.reason, refused.value.retry_after) == (reason, 60)
    await store.put_descriptor_set("d3", b"1")
    with pytest.raises(ExhaustedError):
        await store.put_descriptor_set("d4", b"")
    assert [one.pipeline for one in await store.list_pipelines()] == ["p1", "p2"]
    assert set(await store.list_descriptor_sets()) == {"d1", "d2", "d3"}
    await store.close()


async def test_a_descriptor_set_is_dropped_a_day_after_its_last_use(
    store: TaskStore, clock: SetClock
) -> None:
    await store.put_descriptor_set("d1", b"old types")
    await store.put_pipeline("octa-vessels", b"old", "d1")
    await store.put_descriptor_set("d2", b"types")
    await store.put_pipeline("octa-vessels", b"new", "d2")
    assert set(await store.list_descriptor_sets()) == {"d1", "d2"}
    clock.advance(90_000)
    await store.put_pipeline("octa-vessels", b"new", "d2")
    assert await store.list_descriptor_sets() == {"d2": b"types"}
