"""Replicas and Redis go away in the middle of a task: nothing is lost, and everything goes on by itself."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from radmesh.status import from_rpc_error
from radmesh.tasks.v1 import task_pb2
from radmesh.tasks.v1 import worker_service_pb2 as work
from tests.integration.tasks.conftest import QUICK, Replica, states
from tests.integration.tasks.hand_worker import PATIENCE, HandWorker, described, result_of
from tests.support.redis_process import RedisProcess
from tests.support.replica_process import ReplicaProcess

Workers = list[HandWorker]


class Mesh:
    """Two replicas and a Redis that a test may hurt."""

    def __init__(self, folder: Path) -> None:
        self.redis = RedisProcess(folder / "redis")
        self.redis.start()
        settings = {**QUICK, "lease_seconds": 4.0, "worker_drain_seconds": 0.5}
        self.processes = [ReplicaProcess(folder, self.redis.url, **settings).start() for _ in range(2)]
        for process in self.processes:
            process.wait_until_ready()
        self.replicas = [Replica(process.address) for process in self.processes]

    async def close(self) -> None:
        for replica in self.replicas:
            await replica.channel.close(None)
        for process in self.processes:
            process.kill()
        self.redis.kill()


@pytest.fixture
async def mesh(tmp_path: Path) -> AsyncIterator[Mesh]:
    found = Mesh(tmp_path)
    yield found
    await found.close()


async def first_message(watch: Any) -> Any:
    return await asyncio.wait_for(anext(watch), PATIENCE)


async def test_drain_ends_watches_and_sends_workers_elsewhere_with_their_leases(
    mesh: Mesh, pipeline: str, workers: Workers
) -> None:
    a, b = mesh.replicas
    workers.append(worker := HandWorker(described(pipeline)))
    await worker.connect(a.channel)
    task = await a.create(pipeline)
    lease = (await worker.assignment()).lease
    watch = aiter(a.watch(task.name))
    snapshot = (await first_message(watch)).snapshot
    mesh.processes[0].terminate()
    with pytest.raises(grpc.RpcError) as ended:
        await states(watch)
    error = from_rpc_error(ended.value)
    assert (error.code.name, error.reason) == ("UNAVAILABLE", "DRAINING")
    assert error.retry_after is not None
    await worker.next("drain")
    await worker.connect(b.channel, [lease])
    assert await worker.finish(lease) == work.LEASE_STANDING_ACCEPTED
    assert await states(b.watch(task.name, snapshot.sequence)) == [(3, "SUCCEEDED")]
    assert mesh.processes[0].wait() == 0


async def test_a_replica_that_is_killed_loses_neither_task_nor_event(
    mesh: Mesh, pipeline: str, workers: Workers
) -> None:
    a, b = mesh.replicas
    workers.append(worker := HandWorker(described(pipeline)))
    await worker.connect(a.channel)
    task = await a.create(pipeline)
    lease = (await worker.assignment()).lease
    watch = a.watch(task.name, 0)
    seen = await states(watch, until=task_pb2.TASK_STATE_RUNNING)
    mesh.processes[0].kill()
    with pytest.raises(grpc.RpcError):
        await states(watch)
    await worker.connect(b.channel, [lease])
    await worker.finish(lease)
    seen += await states(b.watch(task.name, seen[-1][0]))
    assert seen == [(1, "QUEUED"), (2, "RUNNING"), (3, "SUCCEEDED")]


async def test_redis_is_killed_and_started_again_in_the_middle_of_a_task(
    mesh: Mesh, pipeline: str, workers: Workers
) -> None:
    a, b = mesh.replicas
    workers.append(worker := HandWorker(described(pipeline)))
    await worker.connect(a.channel)
    task = await b.create(pipeline)
    lease = (await worker.assignment()).lease
    watch = aiter(b.watch(task.name))
    assert (await first_message(watch)).snapshot.sequence == 2
    mesh.redis.kill()
    with pytest.raises(grpc.RpcError) as refused:
        await b.get(task.name)
    error = from_rpc_error(refused.value)
    assert (error.code.name, error.reason) == ("UNAVAILABLE", "STORE_UNAVAILABLE")
    assert error.retry_after is not None
    await worker.beat(lease)
    await worker.outcome(lease, result=result_of("said while Redis was away"))
    # Longer than the lease: an outage is not held against the workers.
    await asyncio.sleep(5.5)
    mesh.redis.start()
    assert await states(watch) == [(3, "SUCCEEDED")]
    found = (await worker.next("acknowledgement")).acknowledgement
    while not found.final:
        found = (await worker.next("acknowledgement")).acknowledgement
    assert found.standing == work.LEASE_STANDING_ACCEPTED
    # The same streams go on.
    task = await b.create(pipeline)
    lease = (await worker.assignment()).lease
    assert lease.task == task.name
    await worker.finish(lease)
    assert (await a.get(task.name)).state == task_pb2.TASK_STATE_SUCCEEDED


async def test_a_replica_waits_for_a_redis_that_starts_later(tmp_path: Path) -> None:
    redis = RedisProcess(tmp_path / "redis")
    replica = ReplicaProcess(tmp_path, redis.url, **QUICK).start()
    try:
        async with asyncio.timeout(PATIENCE):
            while "store not there yet" not in replica.log.read_text():  # noqa: ASYNC110  nothing tells
                await asyncio.sleep(0.05)
        redis.start()
        replica.wait_until_ready()
    finally:
        replica.kill()
        redis.kill()
