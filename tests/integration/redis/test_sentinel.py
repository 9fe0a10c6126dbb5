"""Three Sentinels, a primary that is killed, and the published promise, word by word."""

import asyncio
import signal
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path

import pytest

from radmesh.tasks.v1 import task_pb2
from radmesh.tasks.v1 import worker_service_pb2 as work
from tests.integration.redis.conftest import living_replica, started
from tests.integration.redis.crowd import Caller, Watcher, eventually, serve
from tests.integration.tasks.conftest import Replica
from tests.integration.tasks.hand_worker import HandWorker, described
from tests.support.valkey import Sentinel, Valkey

pytestmark = [pytest.mark.xdist_group("redis-groups"), pytest.mark.timeout(120)]


class Group:
    """A primary with two replicas, and three Sentinels over them."""

    def __init__(self, folder: Path) -> None:
        self.primary = Valkey(folder, {"min-replicas-to-write": "1"})
        follows = {"min-replicas-to-write": "1", "replicaof": f"127.0.0.1 {self.primary.port}"}
        self.replicas = [Valkey(folder, follows) for _ in range(2)]
        self.sentinels = [Sentinel(folder, self.primary.port) for _ in range(3)]

    def start(self) -> None:
        for server in (self.primary, *self.replicas):
            server.start()
        self.primary.until(lambda: self.primary.has_replicas(2))
        for sentinel in self.sentinels:
            sentinel.start()
        for sentinel in self.sentinels:
            sentinel.until(partial(sentinel.knows, others=2, replicas=2))

    @property
    def url(self) -> str:
        seeds = ",".join(f"127.0.0.1:{sentinel.port}" for sentinel in self.sentinels)
        return f"redis+sentinel://{seeds}/radmesh/0"

    def cut_off_the_primary(self) -> None:
        """From now on nothing reaches a replica, and the primary takes writes all the same."""
        for replica in self.replicas:
            replica.signal(signal.SIGSTOP)
        self.primary.ask("CONFIG", "SET", "min-replicas-to-write", "0")
        self.primary.ask("CLIENT", "KILL", "TYPE", "replica")

    def fail_over(self) -> None:
        """The primary dies with what only it had."""
        self.primary.kill()
        for replica in self.replicas:
            replica.signal(signal.SIGCONT)

    def close(self) -> None:
        for server in (*self.sentinels, *self.replicas, self.primary):
            server.kill()


@pytest.fixture
def group(tmp_path: Path) -> Iterator[Group]:
    with started(Group(tmp_path)) as found:
        yield found


@pytest.fixture
async def replica(group: Group, tmp_path: Path) -> AsyncIterator[Replica]:
    async with living_replica(tmp_path, group.url, lease_seconds=6.0) as found:
        yield found


async def test_a_failover_loses_no_acknowledged_create_and_makes_none_twice(
    group: Group, replica: Replica, pipeline: str, workers: list[HandWorker]
) -> None:
    workers.append(worker := HandWorker(described(pipeline, max_attempts=10)))
    await worker.connect(replica.channel)
    caller = Caller(replica, pipeline)
    first, second = await caller.create(), await caller.create()
    lease = (await worker.assignment()).lease
    creating = asyncio.ensure_future(caller.run())
    await eventually(lambda: len(caller.acknowledged) >= 12)

    # What is written now is lost: the end of the first task, the start of the second, and more creates.
    watches = Watcher(replica, first), Watcher(replica, second)
    await watches[1].until(task_pb2.TASK_STATE_QUEUED)
    await worker.beat(lease)
    await asyncio.to_thread(group.cut_off_the_primary)
    kept = len(caller.acknowledged)
    assert await worker.finish(lease) == work.LEASE_STANDING_ACCEPTED
    lease = (await worker.assignment()).lease
    assert lease.task == second
    await watches[0].until(task_pb2.TASK_STATE_SUCCEEDED)
    await watches[1].until(task_pb2.TASK_STATE_RUNNING)
    await eventually(lambda: "unreplicated" in caller.causes)
    assert len(caller.acknowledged) <= kept + 1, "acknowledged though no replica had it"
    await asyncio.to_thread(group.fail_over)

    # All goes on by itself.
    await eventually(lambda: len(caller.acknowledged) >= kept + 10)
    creating.cancel()
    # The start that this one saw was taken back: it is told so, and sees the task start again.
    await eventually(lambda: watches[1].restarts == 1)
    assert await worker.finish(lease) == work.LEASE_STANDING_LEASE_LOST
    working = asyncio.ensure_future(serve(worker))
    await watches[1].running
    for request_id in caller.asked:
        known = caller.acknowledged.get(request_id)
        assert await caller.repeat(request_id) == known or known is None
    assert sorted(await caller.all_tasks()) == sorted(caller.acknowledged.values())
    for name in caller.acknowledged.values():
        await Watcher(replica, name).running
    working.cancel()
