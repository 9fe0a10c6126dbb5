"""A create, a decision or a cancel is answered once a replica has it on disk, and so is its repeat."""

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest

from radmesh.errors import UnavailableError
from services.tasks.lifecycle import Decision, State
from services.tasks.records import NewTask, TaskRecord
from services.tasks.reviews import AskedDecision
from services.tasks.store import StoreSettings, TaskStore
from tests.support.task_records import new_task
from tests.support.valkey import Valkey

pytestmark = pytest.mark.xdist_group("redis-groups")

PATIENT = StoreSettings(replicas=1, replica_seconds=4.0)
IMPATIENT = StoreSettings(replicas=1, replica_seconds=0.3)


@asynccontextmanager
async def opened(primary: Valkey, settings: StoreSettings = PATIENT) -> AsyncIterator[TaskStore]:
    store = await TaskStore.open(primary.url, settings)
    yield store
    await store.close()


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Valkey, Valkey]]:
    folder = tmp_path_factory.mktemp("pair")
    primary = Valkey(folder)
    replica = Valkey(folder, {"replicaof": f"127.0.0.1 {primary.port}"})
    try:
        primary.start()
        replica.start()
        primary.until(primary.is_acknowledged)
        yield primary, replica
    finally:
        replica.kill()
        primary.kill()


def calls(server: Valkey, command: str) -> int:
    """How often the server was asked."""
    told = server.ask("INFO", "commandstats").get(f"cmdstat_{command}", {"calls": 0})
    return int(told["calls"])


async def acknowledged(store: TaskStore, new: NewTask) -> tuple[TaskRecord, bool]:
    """Repeats a create as a caller does."""
    while True:
        try:
            return await store.create(new)
        except UnavailableError:
            await asyncio.sleep(0.05)


async def test_a_create_and_its_repeat_wait_for_the_replica(pair: tuple[Valkey, Valkey]) -> None:
    primary, replica = pair
    async with opened(primary, IMPATIENT) as store, opened(primary, IMPATIENT) as other:
        new = new_task()
        replica.signal(signal.SIGSTOP)
        try:
            # The other connection has written nothing: WAITAOF by itself would wait for nothing there.
            for one in (store, store, other, other):
                with pytest.raises(UnavailableError) as refused:
                    await one.create(new)
                assert refused.value.metadata["cause"] == "unreplicated"
            # The same where today's pipeline would refuse it.
            for one in (store, other):
                with pytest.raises(UnavailableError):
                    await one.find_created(new.owner, new.request_id, new.fingerprint)
        finally:
            replica.signal(signal.SIGCONT)
        async with asyncio.timeout(20):
            record, created = await acknowledged(other, new)
        assert (record.task_id, created) == (new.task_id, False)


async def test_a_decision_and_its_repeat_wait_for_the_replica(pair: tuple[Valkey, Valkey]) -> None:
    primary, replica = pair
    async with opened(primary, IMPATIENT) as store, opened(primary, IMPATIENT) as other:
        async with asyncio.timeout(20):
            await acknowledged(store, new := new_task(pipeline="reviewed"))
        session, _ = await store.open_session("w", [], ["reviewed"])
        grant = await store.acquire("w", session, ["reviewed"], "op")
        assert grant
        assert await store.finish(grant.lease, stage_result=b"s")
        seen = await store.get(new.task_id, "alice")
        asked = AskedDecision(new.task_id, seen.sequence, Decision.ACCEPTED, "", {})
        replica.signal(signal.SIGSTOP)
        try:
            for one in (store, store, other, other):
                with pytest.raises(UnavailableError) as refused:
                    await one.review(asked, "alice")
                assert refused.value.metadata["cause"] == "unreplicated"
        finally:
            replica.signal(signal.SIGCONT)
        async with asyncio.timeout(20):
            while True:
                try:
                    after = await other.review(asked, "alice")
                    break
                except UnavailableError:
                    await asyncio.sleep(0.05)
        assert (after.stage, [review.decision for review in after.reviews]) == (2, [Decision.ACCEPTED])


@pytest.mark.parametrize("state", [State.CANCELLED, State.CANCELLING])
async def test_a_cancel_and_its_repeat_wait_for_the_replica(
    pair: tuple[Valkey, Valkey], state: State
) -> None:
    primary, replica = pair
    async with opened(primary, IMPATIENT) as store, opened(primary, IMPATIENT) as other:
        pipeline = f"cancelled-{state.name.lower()}"
        async with asyncio.timeout(20):
            await acknowledged(store, new := new_task(pipeline=pipeline))
        if state is State.CANCELLING:
            session, _ = await store.open_session("w", [], [pipeline])
            assert await store.acquire("w", session, [pipeline], pipeline)
        replica.signal(signal.SIGSTOP)
        try:
            for one in (store, store, other, other):
                with pytest.raises(UnavailableError) as refused:
                    await one.cancel(new.task_id, "alice")
                assert refused.value.metadata["cause"] == "unreplicated"
        finally:
            replica.signal(signal.SIGCONT)
        async with asyncio.timeout(20):
            while True:
                try:
                    after = await other.cancel(new.task_id, "alice")
                    break
                except UnavailableError:
                    await asyncio.sleep(0.05)
        assert after.state is state


async def test_many_creates_share_the_wait(pair: tuple[Valkey, Valkey]) -> None:
    primary, _ = pair
    async with opened(primary) as store:
        await store.create(new_task())
        before = calls(primary, "waitaof")
        async with asyncio.timeout(20):
            created = await asyncio.gather(*(store.create(new_task()) for _ in range(200)))
        assert all(new for _, new in created)
        assert calls(primary, "waitaof") - before < 50


async def test_a_server_that_can_only_wait_for_memory_is_asked_for_that(pair: tuple[Valkey, Valkey]) -> None:
    primary, _ = pair
    primary.ask("CONFIG", "SET", "appendonly", "no")
    try:
        async with opened(primary) as store:
            assert any("appendonly is off" in found for found in await store.shortcomings())
            before = calls(primary, "wait")
            await store.create(new_task())
            assert calls(primary, "wait") > before
    finally:
        primary.ask("CONFIG", "SET", "appendonly", "yes")
