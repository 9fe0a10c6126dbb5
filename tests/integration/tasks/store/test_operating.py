"""Pauses, workers and the end of a pipeline."""

import pytest

from radmesh.errors import PipelineInUseError, PipelineNotFoundError, WorkerNotFoundError
from services.tasks.lifecycle import State
from services.tasks.records import FeedKind
from services.tasks.store import TaskStore
from tests.support.task_records import SetClock, new_task

OCTA = "octa-vessels"


@pytest.fixture
async def known(store: TaskStore, session: int) -> int:
    """The session of worker `w`, whose pipelines `octa-vessels` and `ct-l3` are known."""
    for pipeline in (OCTA, "ct-l3"):
        await store.introduce({pipeline: b""}, "", b"types")
    return session


async def paused(store: TaskStore) -> dict[str, bool]:
    return {one.pipeline: one.pause is not None for one in await store.list_pipelines()}


async def test_a_paused_pipeline_hands_out_nothing_and_holds_up_no_other(
    store: TaskStore, known: int
) -> None:
    await store.create(new_task())
    running = await store.acquire("w", known, [OCTA], "before")
    assert running
    waiting, _ = await store.create(new_task())
    assert await store.pause_pipeline(OCTA, "new scanner")
    assert not await store.pause_pipeline(OCTA, "again")
    assert await paused(store) == {OCTA: True, "ct-l3": False}
    assert {one.pipeline: one.pause for one in await store.list_pipelines()} == {
        OCTA: "new scanner",
        "ct-l3": None,
    }
    other, _ = await store.create(new_task(pipeline="ct-l3"))
    grant = await store.acquire("w", known, [OCTA, "ct-l3"], "during")
    assert grant
    assert grant.lease.task_id == other.task_id
    assert await store.acquire("w", known, [OCTA, "ct-l3"], "more") is None
    # What runs goes on.
    assert await store.finish(running.lease, result=b"r")
    assert await store.resume_pipeline(OCTA)
    assert not await store.resume_pipeline(OCTA)
    grant = await store.acquire("w", known, [OCTA], "after")
    assert grant
    assert grant.lease.task_id == waiting.task_id


async def test_a_resume_wakes_every_worker_at_once(store: TaskStore, known: int) -> None:
    await store.pause_pipeline(OCTA, "")
    feed = store.feed()
    assert (await anext(feed)).kind is FeedKind.GAP
    await store.resume_pipeline(OCTA)
    entry = await anext(feed)
    assert (entry.kind, entry.pipeline) == (FeedKind.WAKE, "")
    await feed.aclose()


async def test_no_wait_times_out_for_a_pause(store: TaskStore, known: int, clock: SetClock) -> None:
    """What waits when the pause ends has its whole queue timeout from then on."""
    before, _ = await store.create(new_task(queue_timeout=60))
    await store.create(new_task(pipeline="ct-l3", queue_timeout=60))
    clock.advance(30)
    await store.pause_pipeline(OCTA, "")
    during, _ = await store.create(new_task(queue_timeout=60))
    timed_out = 0
    for _ in range(10):
        clock.advance(50)
        timed_out += (await store.tick()).timed_out
    assert timed_out == 1  # of the other pipeline
    await store.resume_pipeline(OCTA)
    clock.advance(59)
    assert (await store.tick()).timed_out == 0
    after, _ = await store.create(new_task(queue_timeout=60))
    clock.advance(1)
    assert (await store.tick()).timed_out == 2
    for task in (before, during):
        assert (await store.get(task.task_id, "alice")).state is State.FAILED
    clock.advance(58)
    assert (await store.tick()).timed_out == 0
    clock.advance(1)
    assert (await store.tick()).timed_out == 1
    assert (await store.get(after.task_id, "alice")).state is State.FAILED


async def test_a_pipeline_is_forgotten_when_nobody_serves_or_waits_for_it(
    store: TaskStore, known: int, clock: SetClock
) -> None:
    with pytest.raises(PipelineInUseError) as caught:
        await store.delete_pipeline(OCTA)
    assert caught.value.reason == "PIPELINE_IN_USE"
    assert caught.value.metadata == {"connected_workers": "1", "tasks": "0"}
    assert caught.value.message.endswith("in use: 1 connected worker serves it. First stop its workers.")
    await store.close_session("w", known)
    created, _ = await store.create(new_task())
    with pytest.raises(PipelineInUseError, match="1 of its tasks has not ended"):
        await store.delete_pipeline(OCTA)
    await store.cancel(created.task_id, "alice")
    await store.pause_pipeline(OCTA, "")
    await store.delete_pipeline(OCTA)
    assert await paused(store) == {"ct-l3": False}
    for call in (store.delete_pipeline(OCTA), store.pause_pipeline(OCTA, ""), store.resume_pipeline(OCTA)):
        with pytest.raises(PipelineNotFoundError):
            await call
    await store.introduce({OCTA: b""}, "", b"types")
    assert not (await paused(store))[OCTA]


async def test_workers_are_listed_while_they_are_connected_or_hold_leases(
    store: TaskStore, known: int, clock: SetClock
) -> None:
    number, _ = await store.open_session("v", [], [OCTA, "ct-l3"], slots=4, version="1.2")
    created, _ = await store.create(new_task())
    grant = await store.acquire("v", number, [OCTA], "op")
    assert grant
    await store.close_session("w", known)
    clock.advance(3)
    await store.heartbeat("v", number, [grant.lease])
    (found,) = await store.list_workers()
    assert (found.worker, found.connected, found.slots, found.version) == ("v", True, 4, "1.2")
    assert (found.pipelines, found.tasks) == ((OCTA, "ct-l3"), (created.task_id,))
    assert found.heartbeat_time
    assert found.heartbeat_time.timestamp() * 1000 == clock.now_ms
    await store.close_session("v", number)
    (found,) = await store.list_workers()
    assert not found.connected
    await store.finish(grant.lease, result=b"r")
    assert await store.list_workers() == []


async def test_a_paused_worker_gets_nothing_over_its_reconnects_until_it_is_resumed(
    store: TaskStore, known: int
) -> None:
    await store.create(new_task())
    assert await store.pause_worker("w")
    assert not await store.pause_worker("w")
    assert await store.acquire("w", known, [OCTA], "op") is None
    again, _ = await store.open_session("w", [], [OCTA])
    assert await store.acquire("w", again, [OCTA], "op2") is None
    assert (await store.get_worker("w")).paused
    assert await store.resume_worker("w")
    assert await store.acquire("w", again, [OCTA], "op3")
    for call in (store.pause_worker("x"), store.resume_worker("x"), store.get_worker("x")):
        with pytest.raises(WorkerNotFoundError):
            await call
