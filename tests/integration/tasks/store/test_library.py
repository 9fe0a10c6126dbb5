"""The functions of the hot path: the server keeps them, and the scripts do where it does not."""

import asyncio
from typing import Any

import pytest
from redis import Redis

from radmesh.errors import UnavailableError
from services.tasks.store import StoreSettings, TaskStore
from services.tasks.store.library import FUNCTIONS, Library
from services.tasks.store.scripts import sources
from tests.support.task_records import new_task

OURS = Library(*sources(StoreSettings(lease_seconds=10, retention_seconds=3600))).name


def calls(client: Redis, command: str) -> int:
    stats: Any = client.info("commandstats")
    return int(stats.get(f"cmdstat_{command}", {"calls": 0})["calls"])


async def live(store: TaskStore, session: int) -> None:
    """One task from its create to its end."""
    task, _ = await store.create(new_task())
    await store.heartbeat("w", session, [])
    grant = await store.acquire("w", session, ["octa-vessels"], task.task_id)
    assert grant is not None
    assert grant.lease.task_id == task.task_id
    assert await store.report_progress(grant.lease, b"half")
    assert await store.finish(grant.lease, result=b"r")
    record, events = await store.read_log(task.task_id, "alice", 0)
    assert (record.result, len(events)) == (b"r", 3)


async def test_a_task_lives_by_functions_alone_and_a_server_that_forgot_them_is_sent_them_once(
    store: TaskStore, session: int, redis_url: str
) -> None:
    with Redis.from_url(redis_url) as client:
        client.function_flush()
        client.config_resetstat()
        await live(store, session)
        assert calls(client, "evalsha") == 0
        client.function_flush()
        client.config_resetstat()
        await asyncio.gather(*(store.create(new_task()) for _ in range(20)))
        assert calls(client, "function|load") == 1


async def test_scripts_do_where_the_server_allows_no_functions(redis_url: str) -> None:
    with Redis.from_url(redis_url) as client:
        client.execute_command("ACL SETUSER plain on >pw ~* &* +@all -fcall -function")
        store = await TaskStore.open(redis_url.replace("://", "://plain:pw@"))
        try:
            number, _ = await store.open_session("w", [], ["octa-vessels"])
            client.config_resetstat()
            await live(store, number)
            # It is not asked again at every call.
            assert calls(client, "fcall") <= 1
        finally:
            await store.close()
            client.execute_command("ACL DELUSER plain")


async def test_a_full_server_still_hands_out_and_ends_work_and_knows_what_it_created(
    store: TaskStore, session: int, redis_url: str
) -> None:
    first, second = new_task(), new_task()
    await store.create(first)
    with Redis.from_url(redis_url) as client:
        client.config_set("maxmemory", 1)
        try:
            assert (await store.create(first))[1] is False
            with pytest.raises(UnavailableError) as raised:
                await store.create(second)
            assert raised.value.metadata["cause"] == "full"
            grant = await store.acquire("w", session, ["octa-vessels"], "op")
            assert grant is not None
            assert await store.heartbeat("w", session, [grant.lease])
            assert await store.finish(grant.lease, result=b"r")
        finally:
            client.config_set("maxmemory", 0)
    assert (await store.create(second))[1]


async def test_libraries_that_other_versions_left_behind_do_not_pile_up(
    store: TaskStore, session: int, redis_url: str
) -> None:
    with Redis.from_url(redis_url) as client:
        client.function_flush()
        for number in range(10):
            name = f"radmesh_old{number}"
            code = f"redis.register_function('{name}_x', function() return 1 end)"
            client.function_load(f"#!lua name={name}\n{code}")
        client.function_load("#!lua name=theirs\nredis.register_function('theirs', function() return 1 end)")
        await live(store, session)
        found: Any = client.function_list()
        assert {library[1].decode() for library in found} == {OURS, "theirs"}
        client.function_delete("theirs")


def test_another_setting_makes_other_functions() -> None:
    other = Library(*sources(StoreSettings(lease_seconds=11, retention_seconds=3600)))
    assert other.name != OURS
    assert all(f"'{other.name}_{name}'" in other.source for name in FUNCTIONS)
