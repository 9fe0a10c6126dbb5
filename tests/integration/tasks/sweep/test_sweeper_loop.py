"""The loop of a replica's sweeps: by itself when one is due, over every trouble, until it is switched off."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from services.tasks.store import TaskStore
from services.tasks.sweep.metrics import SweepMetrics
from services.tasks.sweep.settings import SweepSettings
from services.tasks.sweep.sweeper import Sweeper
from tests.support.blob_folders import AgedBlobs
from tests.support.redis_process import RedisProcess
from tests.support.task_records import SetClock

DAY = 86_400
INTERVAL = 0.05
LAST_SWEEP = "radmesh_tasks_last_sweep_timestamp_seconds"
ORPHAN = f"artifacts/{'f' * 32}/1/mask.png"
OTHER = f"artifacts/{'e' * 32}/1/mask.png"


def made(
    store: TaskStore, blobs: AgedBlobs, registry: CollectorRegistry | None = None, **changes: Any
) -> Sweeper:
    fields: dict[str, Any] = {"sweep_seconds": INTERVAL, **changes}
    settings = SweepSettings(listen="127.0.0.1:0", blobs=blobs.root.as_uri(), **fields)
    return Sweeper(store, settings, SweepMetrics(registry or CollectorRegistry()))


@asynccontextmanager
async def running(sweeper: Sweeper) -> AsyncGenerator["asyncio.Task[None]", None]:
    loop = asyncio.create_task(sweeper.run())
    try:
        yield loop
        assert loop.cancelled() or not loop.done(), "it goes on for ever"
    finally:
        loop.cancel()
        await asyncio.gather(loop, return_exceptions=True)


async def gone(blobs: AgedBlobs, key: str, clock: SetClock | None = None) -> None:
    """Returns once a file is gone. clock: goes on meanwhile, as a sweep is due an interval after the last."""
    async with asyncio.timeout(30):
        while (blobs.root / key).exists():
            if clock is not None:
                clock.advance(INTERVAL)
            await asyncio.sleep(0.01)


async def test_it_sweeps_at_its_start_and_again_after_each_interval(
    store: TaskStore, blobs: AgedBlobs, clock: SetClock, sweeper: Sweeper
) -> None:
    await blobs.put(ORPHAN)
    async with running(made(store, blobs)):
        await gone(blobs, ORPHAN)
        await blobs.put(OTHER)
        await gone(blobs, OTHER, clock)


async def test_two_replicas_share_the_work_and_the_heir_goes_on_when_one_ends(
    store: TaskStore, blobs: AgedBlobs, clock: SetClock, sweeper: Sweeper
) -> None:
    async with running(made(store, blobs)), running(made(store, blobs)) as first:
        await blobs.put(ORPHAN)
        await gone(blobs, ORPHAN, clock)
        first.cancel()
        await asyncio.wait([first])
        # It may have died with a claim on its way, which lasts for a minute.
        clock.advance(60)
        await blobs.put(OTHER)
        await gone(blobs, OTHER, clock)


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[RedisProcess]:
    """A server that the test may kill."""
    started = RedisProcess(tmp_path / "redis")
    await asyncio.to_thread(started.start)
    yield started
    started.kill()


async def test_it_goes_on_when_the_store_comes_back(
    server: RedisProcess, blobs: AgedBlobs, registry: CollectorRegistry
) -> None:
    interval = 0.5
    store = await TaskStore.open(server.url)
    sweeper = made(store, blobs, registry, sweep_seconds=interval, sweep_keep_seconds=0.01)
    async with running(sweeper) as loop:
        # Killed in the middle of a sweep, its claim would last for a minute.
        async with asyncio.timeout(30):
            while not registry.get_sample_value(LAST_SWEEP):  # noqa: ASYNC110  a figure tells nobody
                await asyncio.sleep(0.01)
        server.kill()
        await blobs.put(ORPHAN)
        # Time for several tries: none of them may delete anything, or end the loop.
        await asyncio.wait([loop], timeout=3 * interval)
        assert ORPHAN in blobs.files()
        await asyncio.to_thread(server.start)
        await gone(blobs, ORPHAN)
    await store.close()


async def test_it_goes_on_when_the_folder_comes_back(
    store: TaskStore, blobs: AgedBlobs, clock: SetClock, sweeper: Sweeper
) -> None:
    away = blobs.root.with_name("unmounted")
    await blobs.put(ORPHAN)
    blobs.root.rename(away)
    async with running(made(store, blobs)) as loop:
        for _ in range(5):
            clock.advance(INTERVAL)
            await asyncio.wait([loop], timeout=INTERVAL)
        away.rename(blobs.root)
        await gone(blobs, ORPHAN, clock)


async def test_another_sweep_that_runs_holds_it_up_only_until_its_claim_is_over(
    store: TaskStore, blobs: AgedBlobs, clock: SetClock, sweeper: Sweeper
) -> None:
    clock.advance(INTERVAL)
    assert (await store.claim_sweep("died", 60)).held
    await blobs.put(ORPHAN)
    async with running(made(store, blobs)) as loop:
        await asyncio.wait([loop], timeout=5 * INTERVAL)
        assert ORPHAN in blobs.files()
        clock.advance(60)
        await gone(blobs, ORPHAN)


async def test_switched_off_it_returns_at_once(store: TaskStore, blobs: AgedBlobs, sweeper: Sweeper) -> None:
    await blobs.put(ORPHAN)
    async with asyncio.timeout(10):
        await made(store, blobs, sweep_seconds=0).run()
        settings = SweepSettings(listen="127.0.0.1:0", sweep_seconds=INTERVAL)
        await Sweeper(store, settings, SweepMetrics(CollectorRegistry())).run()
    assert ORPHAN in blobs.files()
