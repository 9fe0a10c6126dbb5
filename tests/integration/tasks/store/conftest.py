"""One real server for the tests of a process, emptied before each, and a store on it."""

from collections.abc import AsyncIterator, Iterator

import pytest
from redis import Redis

from services.tasks.store import StoreSettings, TaskStore
from tests.support.redis_process import RedisProcess
from tests.support.task_records import SetClock


@pytest.fixture(scope="session")
def shared_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisProcess]:
    server = RedisProcess(tmp_path_factory.mktemp("shared") / "redis")
    server.start()
    # Only the tests of a crash need every write on disk; they start servers of their own.
    with Redis.from_url(server.url) as client:
        client.config_set("appendfsync", "no")
    yield server
    server.kill()


@pytest.fixture
def redis_url(shared_redis: RedisProcess) -> str:
    with Redis.from_url(shared_redis.url) as client:
        client.flushall()
    return shared_redis.url


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
async def store(redis_url: str, clock: SetClock) -> AsyncIterator[TaskStore]:
    opened = await TaskStore.open(redis_url, StoreSettings(lease_seconds=10, retention_seconds=3600), clock)
    yield opened
    await opened.close()


@pytest.fixture
async def session(store: TaskStore) -> int:
    """A session of worker `w`, which serves octa-vessels."""
    number, _ = await store.open_session("w", [], ["octa-vessels"])
    return number
