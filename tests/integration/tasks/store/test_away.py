"""While Redis is away every call says so, and the store recovers by itself."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from radmesh.errors import FailedPreconditionError, UnavailableError
from services.tasks.records import ImageRecord, LeaseKey, TaskFilter
from services.tasks.store import StoreSettings, TaskStore
from tests.support.redis_process import RedisProcess
from tests.support.task_records import new_task

LEASE = LeaseKey("0" * 32, 1, "1.x")
CALLS: list[Callable[[TaskStore], Awaitable[object]]] = [
    lambda store: store.create(new_task()),
    lambda store: store.get("0" * 32, "alice"),
    lambda store: store.list_tasks("alice", TaskFilter(), 10, ""),
    lambda store: store.cancel("0" * 32, "alice"),
    lambda store: store.acquire("w", 1, ["octa-vessels"], "op"),
    lambda store: store.finish(LEASE, result=b"r"),
    lambda store: store.tick(),
    lambda store: store.record_image("alice", ImageRecord("a" * 64, 1, "image/png")),
    lambda store: store.get_image("alice", "a" * 64),
    lambda store: store.read_statistics(),
    lambda store: store.list_descriptor_sets(),
]


async def test_every_call_is_unavailable_while_redis_is_away_and_works_when_it_is_back(
    tmp_path: Path,
) -> None:
    server = RedisProcess(tmp_path / "redis")
    await asyncio.to_thread(server.start)
    store = await TaskStore.open(server.url)
    created, _ = await store.create(new_task())
    server.kill()
    for call in CALLS:
        with pytest.raises(UnavailableError) as raised:
            await call(store)
        assert raised.value.reason == "STORE_UNAVAILABLE"
        assert raised.value.retry_after
    await asyncio.to_thread(server.start)
    # Its memory of scripts is gone too.
    assert (await store.get(created.task_id, "alice")).task_id == created.task_id
    assert (await store.create(new_task()))[1]
    await store.close()
    server.kill()


async def test_a_start_without_redis_says_so(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError):
        await TaskStore.open(RedisProcess(tmp_path / "redis").url)


async def test_a_server_that_does_not_answer_is_given_up_in_time() -> None:
    """As when its process is stopped or its machine is gone: connections open, and nothing comes."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        with pytest.raises(UnavailableError):
            await asyncio.wait_for(TaskStore.open(url, StoreSettings(command_seconds=0.2)), 10)


async def test_a_store_of_another_schema_version_is_refused(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await (await TaskStore.open(redis_url)).close()
    monkeypatch.setattr("services.tasks.store.standing.SCHEMA_VERSION", 99)
    with pytest.raises(FailedPreconditionError) as raised:
        await TaskStore.open(redis_url)
    assert raised.value.reason == "SCHEMA_VERSION"
