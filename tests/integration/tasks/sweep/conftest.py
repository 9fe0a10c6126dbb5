"""A store and a folder of blobs whose sweep is old enough to delete."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from redis import Redis

from services.tasks.store import StoreSettings, TaskStore
from services.tasks.sweep.metrics import SweepMetrics
from services.tasks.sweep.settings import SweepSettings
from services.tasks.sweep.sweeper import Sweeper
from tests.support.blob_folders import AgedBlobs
from tests.support.redis_process import RedisProcess
from tests.support.task_records import SetClock

DAY = 86_400


@pytest.fixture(scope="session")
def sweep_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisProcess]:
    server = RedisProcess(tmp_path_factory.mktemp("sweep") / "redis")
    server.start()
    with Redis.from_url(server.url) as client:
        client.config_set("appendfsync", "no")
    yield server
    server.kill()


@pytest.fixture
def sweep_url(sweep_redis: RedisProcess) -> str:
    with Redis.from_url(sweep_redis.url) as client:
        client.flushall()
    return sweep_redis.url


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
async def store(sweep_url: str, clock: SetClock) -> AsyncIterator[TaskStore]:
    opened = await TaskStore.open(sweep_url, StoreSettings(lease_seconds=10, retention_seconds=3600), clock)
    yield opened
    await opened.close()


@pytest.fixture
def blobs(tmp_path: Path) -> AgedBlobs:
    return AgedBlobs(tmp_path / "blobs")


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
async def sweeper(
    store: TaskStore, blobs: AgedBlobs, clock: SetClock, registry: CollectorRegistry
) -> Sweeper:
    """One whose store has known the folder for a day."""
    settings = SweepSettings(listen="127.0.0.1:0", blobs=blobs.root.as_uri())
    made = Sweeper(store, settings, SweepMetrics(registry))
    await made.sweep_now(dry_run=False)
    clock.advance(DAY)
    return made
