"""The feed tells everything that happens, and says where it may have missed something."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import pytest
from redis import Redis

from services.tasks.lifecycle import State
from services.tasks.records import FeedEntry, FeedKind
from services.tasks.store import StoreSettings, TaskStore
from tests.support.redis_process import RedisProcess
from tests.support.task_records import SetClock, new_task

PIPELINES = ["octa-vessels"]


@asynccontextmanager
async def following(store: TaskStore) -> AsyncIterator[AsyncIterator[FeedEntry]]:
    """A feed whose first entry, a gap, has been read."""
    async with aclosing(store.feed()) as feed:
        assert (await anext(feed)).kind is FeedKind.GAP
        yield feed


async def take(feed: AsyncIterator[FeedEntry], count: int) -> list[FeedEntry]:
    return [await asyncio.wait_for(anext(feed), 20) for _ in range(count)]


async def test_a_follower_hears_of_every_change_in_order(store: TaskStore, session: int) -> None:
    async with following(store) as feed:
        created, _ = await store.create(new_task())
        grant = await store.acquire("w", session, PIPELINES, "op")
        assert grant
        await store.report_progress(grant.lease, b"half")
        await store.finish(grant.lease, result=b"r", artifacts=[b"mask"])
        entries = await take(feed, 6)
    assert [entry.kind.name for entry in entries] == [
        "EVENT", "WAKE", "EVENT", "PROGRESS", "EVENT", "EVENT",
    ]  # fmt: skip
    assert entries[1].pipeline == "octa-vessels"
    assert entries[3].progress == b"half"
    _, events = await store.read_log(created.task_id, "alice", 0)
    assert [entry.event for entry in entries if entry.kind is FeedKind.EVENT] == events
    assert {entry.task_id for entry in entries if entry.kind is not FeedKind.WAKE} == {created.task_id}


async def test_the_worker_of_a_cancelled_or_lost_attempt_is_told(
    store: TaskStore, session: int, clock: SetClock
) -> None:
    await store.create(new_task())
    grant = await store.acquire("w", session, PIPELINES, "op")
    assert grant
    async with following(store) as feed:
        await store.cancel(grant.lease.task_id, "alice")
        _, cancel = await take(feed, 2)
        assert (cancel.kind, cancel.worker, cancel.lease) == (FeedKind.CANCEL, "w", grant.lease)
        clock.advance(11)
        await store.tick()
        lost, drop = await take(feed, 2)
        assert lost.event
        assert lost.event.state is State.CANCELLED
        assert (drop.kind, drop.worker, drop.lease) == (FeedKind.DROP, "w", grant.lease)


async def test_a_result_too_large_for_the_feed_is_a_gap_of_its_task(store: TaskStore, session: int) -> None:
    created, _ = await store.create(new_task())
    grant = await store.acquire("w", session, PIPELINES, "op")
    assert grant
    async with following(store) as feed:
        await store.finish(grant.lease, result=bytes(200_000))
        (entry,) = await take(feed, 1)
    assert (entry.kind, entry.task_id) == (FeedKind.GAP, created.task_id)
    _, events = await store.read_log(created.task_id, "alice", 2)
    assert len(events[0].result) == 200_000


async def test_a_follower_that_fell_behind_what_is_kept_is_told_of_the_gap(redis_url: str) -> None:
    store = await TaskStore.open(redis_url, StoreSettings(feed_entries=10))
    async with following(store) as feed:
        await store.create(new_task())
        await take(feed, 2)
        for _ in range(300):
            await store.create(new_task())
        entries = [entry async for entry in until_newest(feed, await newest_task(store))]
    assert entries[0].kind is FeedKind.GAP
    assert len(entries) < 600
    assert [entry.kind for entry in entries].count(FeedKind.GAP) == 1
    await store.close()


async def newest_task(store: TaskStore) -> str:
    created, _ = await store.create(new_task())
    return created.task_id


async def until_newest(feed: AsyncIterator[FeedEntry], task_id: str) -> AsyncIterator[FeedEntry]:
    while True:
        entry = await asyncio.wait_for(anext(feed), 20)
        yield entry
        if entry.task_id == task_id:
            return


async def test_a_follower_of_a_server_that_was_emptied_is_told_of_a_gap_and_goes_on(
    store: TaskStore, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.tasks.store.feed._BLOCK_MS", 50)
    async with following(store) as feed:
        await store.create(new_task())
        await take(feed, 2)
        with Redis.from_url(redis_url) as client:
            client.flushall()
        # The connection stays up, and the numbers of what comes now begin before what was seen.
        (gap,) = await take(feed, 1)
        assert (gap.kind, gap.task_id) == (FeedKind.GAP, "")
        created, _ = await store.create(new_task())
        (entry,) = await take(feed, 1)
        assert entry.task_id == created.task_id


async def test_after_a_crash_of_the_server_a_follower_is_told_of_a_gap_and_goes_on(tmp_path: Path) -> None:
    server = RedisProcess(tmp_path / "redis")
    await asyncio.to_thread(server.start)
    store = await TaskStore.open(server.url)
    async with following(store) as feed:
        acknowledged = [(await store.create(new_task()))[0].task_id for _ in range(20)]
        await take(feed, 40)
        waiting = asyncio.create_task(take(feed, 1))
        server.kill()
        await asyncio.to_thread(server.start)
        assert [entry.kind for entry in await waiting] == [FeedKind.GAP]
        for task_id in acknowledged:
            assert (await store.get(task_id, "alice")).state is State.QUEUED
        created, _ = await store.create(new_task())
        (entry,) = await take(feed, 1)
        assert entry.task_id == created.task_id
    await store.close()
    server.kill()
