"""What a server keeps when it is killed: every event and state, and of progress nothing but its place."""

import asyncio
import time
from contextlib import aclosing
from pathlib import Path

from services.tasks.lifecycle import State
from services.tasks.records import FeedKind
from services.tasks.store import TaskStore
from tests.support.redis_process import RedisProcess
from tests.support.task_records import SetClock, new_task


def _log_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("appendonlydir/*.incr.aof"))


async def test_progress_is_not_written_to_disk_and_the_feed_goes_on_after_a_kill(tmp_path: Path) -> None:
    server = RedisProcess(tmp_path / "redis")
    await asyncio.to_thread(server.start)
    store = await TaskStore.open(server.url)
    session, _ = await store.open_session("w", [], ["octa-vessels"])
    created, _ = await store.create(new_task())
    grant = await store.acquire("w", session, ["octa-vessels"], "op")
    assert grant
    before = _log_bytes(tmp_path / "redis")
    for _ in range(20):
        assert await store.report_progress(grant.lease, b"half")
    assert _log_bytes(tmp_path / "redis") == before
    other, _ = await store.create(new_task())  # its entries come after those that are lost
    server.kill()
    await asyncio.to_thread(server.start)
    async with aclosing(store.feed()) as feed:
        assert (await anext(feed)).kind is FeedKind.GAP
        assert (await store.get(created.task_id, "alice")).progress == b""
        assert await store.report_progress(grant.lease, b"most")
        assert await store.finish(grant.lease, result=b"r")
        assert [(await asyncio.wait_for(anext(feed), 20)).kind.name for _ in range(2)] == [
            "PROGRESS",
            "EVENT",
        ]
    assert (await store.get(created.task_id, "alice")).state is State.SUCCEEDED
    assert (await store.get(other.task_id, "alice")).state is State.QUEUED
    await store.close()
    server.kill()


async def test_a_restart_gives_every_watch_a_full_period_as_the_times_of_progress_are_gone(
    tmp_path: Path,
) -> None:
    clock, server = SetClock(), RedisProcess(tmp_path / "redis")
    await asyncio.to_thread(server.start)
    store = await TaskStore.open(server.url, clock=clock)
    session, _ = await store.open_session("w", [], ["octa-vessels"])
    await store.create(new_task(progress_timeout=4, heartbeat_timeout=100))
    grant = await store.acquire("w", session, ["octa-vessels"], "op")
    assert grant
    await store.tick()
    clock.advance(3)
    assert await store.report_progress(grant.lease, b"half")
    await store.tick()
    server.kill()
    await asyncio.to_thread(server.start)
    clock.advance(2)  # no outage by its length
    report = await store.tick()
    assert (report.renewed, report.timed_out) == (1, 0)
    clock.advance(3.9)
    assert (await store.tick()).timed_out == 0
    clock.advance(0.1)
    assert (await store.tick()).timed_out == 1
    await store.close()
    server.kill()


async def test_events_carry_the_microsecond_of_the_servers_clock(redis_url: str) -> None:
    store = await TaskStore.open(redis_url)
    times = []
    for _ in range(20):
        begun = time.time()
        created, _ = await store.create(new_task())
        _, events = await store.read_log(created.task_id, "alice", 0)
        assert begun - 0.001 <= events[0].time.timestamp() <= time.time() + 0.001
        times.append(events[0].time.microsecond % 1000)
    assert any(times)
    await store.close()


async def test_pauses_of_a_pipeline_and_a_worker_survive_a_kill_of_the_server(tmp_path: Path) -> None:
    server = RedisProcess(tmp_path / "redis")
    await asyncio.to_thread(server.start)
    store = await TaskStore.open(server.url)
    sessions = {worker: (await store.open_session(worker, [], ["octa-vessels"]))[0] for worker in "vw"}
    await store.introduce({"octa-vessels": b""}, "", b"types")
    await store.create(new_task())
    assert await store.pause_pipeline("octa-vessels", "maintenance")
    assert await store.pause_worker("w")
    server.kill()
    await store.close()
    await asyncio.to_thread(server.start)

    store = await TaskStore.open(server.url)
    for worker, session in sessions.items():
        assert await store.acquire(worker, session, ["octa-vessels"], "during") is None
    assert await store.resume_pipeline("octa-vessels")
    assert await store.acquire("w", sessions["w"], ["octa-vessels"], "still its own pause") is None
    assert await store.resume_worker("w")
    assert await store.acquire("w", sessions["w"], ["octa-vessels"], "after")
    await store.close()
    server.kill()
