"""A Cluster of three primaries: our slot moves to another node, that node dies, and the work goes on."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path

import pytest
from redis import Redis

from radmesh.errors import UnavailableError
from radmesh.tasks.v1 import task_pb2
from services.tasks.store import StoreSettings, TaskStore, keys
from services.tasks.store.finder import SLOT
from tests.integration.redis.conftest import living_replica, started
from tests.integration.redis.crowd import Caller, Watcher, eventually, serve
from tests.integration.tasks.conftest import Replica
from tests.integration.tasks.hand_worker import HandWorker, described
from tests.support.store_contents import contents
from tests.support.task_records import new_task
from tests.support.valkey import Valkey

pytestmark = [pytest.mark.xdist_group("redis-groups"), pytest.mark.timeout(120)]

_NODE = {"cluster-enabled": "yes", "cluster-node-timeout": "1500", "cluster-require-full-coverage": "no"}
_RANGES = ((0, SLOT - 1), (SLOT, 9999), (10_000, 16_383))


class Cluster:
    """Three primaries; the second has our slot, and the second and the third a replica each."""

    def __init__(self, folder: Path) -> None:
        self.primaries = [Valkey(folder, _NODE) for _ in range(3)]
        self.replicas = [Valkey(folder, _NODE) for _ in range(2)]

    @property
    def nodes(self) -> list[Valkey]:
        return [*self.primaries, *self.replicas]

    @property
    def url(self) -> str:
        return "redis+cluster://" + ",".join(f"127.0.0.1:{node.port}" for node in self.primaries)

    def start(self) -> None:
        for node in self.nodes:
            node.start()
        for node in self.nodes:
            node.until(partial(node.ask, "PING"))
        first, *others = self.nodes
        for other in others:
            first.ask("CLUSTER", "MEET", "127.0.0.1", other.port)
        for node, (begin, end) in zip(self.primaries, _RANGES, strict=True):
            node.ask("CLUSTER", "ADDSLOTSRANGE", begin, end)
        for replica, primary in zip(self.replicas, self.primaries[1:], strict=True):
            replica.until(partial(self._follow, replica, primary))
        for node in self.nodes:
            node.until(partial(self._is_whole, node))
        for primary in self.primaries[1:]:
            primary.until(partial(primary.has_replicas, 1))

    def _follow(self, replica: Valkey, primary: Valkey) -> object:
        return replica.ask("CLUSTER", "REPLICATE", self.id_of(primary))

    @staticmethod
    def _is_whole(node: Valkey) -> bool:
        return "cluster_state:ok" in str(node.ask("CLUSTER", "INFO"))

    @staticmethod
    def id_of(node: Valkey) -> str:
        return str(node.ask("CLUSTER", "MYID"))

    def move_slot(self) -> None:
        """Hands our slot over to the third primary, in one step."""
        source, target = self.primaries[1:]
        source.ask("CLUSTER", "MIGRATESLOTS", "SLOTSRANGE", SLOT, SLOT, "NODE", self.id_of(target))
        target.until(lambda: target.ask("GET", keys.SCHEMA))

    def begin_to_move_key_by_key(self) -> tuple[Valkey, Valkey]:
        source, target = self.primaries[1:]
        target.ask("CLUSTER", "SETSLOT", SLOT, "IMPORTING", self.id_of(source))
        source.ask("CLUSTER", "SETSLOT", SLOT, "MIGRATING", self.id_of(target))
        return source, target

    def close(self) -> None:
        for node in self.nodes:
            node.kill()


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    with started(Cluster(tmp_path)) as found:
        yield found


@pytest.fixture
async def replica(cluster: Cluster, tmp_path: Path) -> AsyncIterator[Replica]:
    async with living_replica(tmp_path, cluster.url) as found:
        yield found


async def test_work_goes_on_while_the_slot_moves_and_when_its_node_dies(
    cluster: Cluster, replica: Replica, pipeline: str, workers: list[HandWorker]
) -> None:
    workers.append(worker := HandWorker(described(pipeline, max_attempts=10)))
    await worker.connect(replica.channel)
    working = asyncio.ensure_future(serve(worker))
    caller = Caller(replica, pipeline)
    first = Watcher(replica, await caller.create())
    await first.running
    assert first.state == task_pb2.TASK_STATE_SUCCEEDED

    creating = asyncio.ensure_future(caller.run())
    await asyncio.to_thread(cluster.move_slot)
    await _goes_on(caller, replica)

    owner, heir = cluster.primaries[2], cluster.replicas[1]
    await asyncio.to_thread(owner.kill)
    await asyncio.to_thread(heir.until, lambda: heir.replication()["role"] == "master")
    await asyncio.to_thread(owner.start)  # as the heir's replica: without one no create is acknowledged
    await _goes_on(caller, replica)

    creating.cancel()
    await caller.repeat(caller.asked[-1])
    assert sorted(await caller.all_tasks()) == sorted(caller.acknowledged.values())
    for name in caller.acknowledged.values():
        await Watcher(replica, name).running
    working.cancel()


async def _goes_on(caller: Caller, replica: Replica) -> None:
    """Ten more creates are acknowledged, and the last of them is done and seen."""
    count = len(caller.acknowledged) + 10
    await eventually(lambda: len(caller.acknowledged) >= count)
    watcher = Watcher(replica, list(caller.acknowledged.values())[-1])
    await watcher.until(task_pb2.TASK_STATE_SUCCEEDED)


async def test_a_slot_that_moves_key_by_key_never_stops_a_script_half_way(cluster: Cluster) -> None:
    store = await TaskStore.open(cluster.url, StoreSettings(replicas=0))
    number, _ = await store.open_session("w", [], ["octa-vessels"])
    kept = [(await store.create(new_task()))[0] for _ in range(3)]
    source, target = cluster.begin_to_move_key_by_key()
    names = source.ask("CLUSTER", "GETKEYSINSLOT", SLOT, 1000)
    before = contents(source.url)
    for call in (
        store.create(new_task()),
        store.acquire("w", number, ["octa-vessels"], "op"),
        store.cancel(kept[0].task_id, "alice"),
        store.tick(),
    ):
        with pytest.raises(UnavailableError) as refused:
            await call
        assert refused.value.metadata["cause"] == "moving"
    assert contents(source.url) == before
    assert target.ask("CLUSTER", "COUNTKEYSINSLOT", SLOT) == 0

    with Redis(port=source.port) as client:
        client.execute_command("MIGRATE", "127.0.0.1", target.port, "", 0, 5000, "KEYS", *names)
    for node in (target, source, cluster.primaries[0]):
        node.ask("CLUSTER", "SETSLOT", SLOT, "NODE", cluster.id_of(target))
    grant = await store.acquire("w", number, ["octa-vessels"], "op")
    assert grant
    assert grant.lease.task_id == kept[0].task_id
    await store.close()
