"""Whatever ails the store: calls say what, streams and health stay, the log tells once, all recovers."""

import asyncio
import json
import re
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from signal import SIGCONT, SIGSTOP
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from redis import Redis

from radmesh.errors import RadmeshError
from radmesh.status import from_rpc_error
from radmesh.tasks.v1 import pipeline_service_pb2, task_pb2
from radmesh.tasks.v1 import worker_service_pb2 as work
from tests.integration.redis.crowd import Watcher
from tests.integration.tasks.conftest import QUICK, Replica
from tests.integration.tasks.hand_worker import HandWorker, artifact_of, described, result_of
from tests.support.replica_process import ReplicaProcess
from tests.support.valkey import Valkey

pytestmark = pytest.mark.xdist_group("redis-troubles")


class Site:
    """A server and a replica of `tasks`, and an operator who was connected before all trouble."""

    def __init__(self, folder: Path) -> None:
        self.server = Valkey(folder)
        self.process = ReplicaProcess(folder, self.server.url, **{**QUICK, "lease_seconds": 30.0})
        self.operator: Redis | None = None

    def start(self) -> None:
        self.server.start()
        self.server.until(lambda: self.server.ask("PING"))
        self.process.start()
        self.operator = Redis(port=self.server.port, single_connection_client=True, decode_responses=True)
        self.process.wait_until_ready()

    def close(self) -> None:
        if self.operator is not None:
            self.operator.close()
        self.process.kill()
        self.server.kill()

    def do(self, *words: str) -> Any:
        assert self.operator is not None
        return self.operator.execute_command(*words)  # type: ignore[no-untyped-call]

    def state(self) -> str:
        """What /metrics says of the store."""
        with urllib.request.urlopen(f"http://{self.process.metrics_address()}/metrics", timeout=10) as page:
            shown = re.findall(r'radmesh_tasks_store_state\{state="(\w+)"\} 1.0', page.read().decode())
        return shown[0] if len(shown) == 1 else ""

    def told(self, event: str) -> list[str]:
        """The causes in the log's lines of an event."""
        lines = map(json.loads, self.process.log.read_text().splitlines())
        return [line.get("cause") or line.get("was", "") for line in lines if line["event"] == event]

    async def is_in(self, state: str) -> None:
        async with asyncio.timeout(30):
            while await asyncio.to_thread(self.state) != state:  # noqa: ASYNC110  a page tells nobody
                await asyncio.sleep(0.05)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    found = Site(tmp_path_factory.mktemp("site"))
    try:
        found.start()
        yield found
    finally:
        found.close()


@pytest.fixture
async def replica(site: Site) -> AsyncIterator[Replica]:
    await site.is_in("up")
    found = Replica(site.process.address)
    yield found
    await found.channel.close(None)


def _break_disk(site: Site) -> None:
    """A save that fails: a folder lies where its file belongs."""
    (site.server.folder / "dump.rdb").mkdir()
    site.do("CONFIG", "SET", "save", "86400 1")
    site.do("BGSAVE")


def _mend_disk(site: Site) -> None:
    (site.server.folder / "dump.rdb").rmdir()
    site.do("BGSAVE")
    site.server.until(lambda: site.do("INFO", "persistence")["rdb_last_bgsave_status"] == "ok")
    site.do("CONFIG", "SET", "save", "")


def _deny(site: Site) -> None:
    site.do("CONFIG", "SET", "requirepass", "changed")
    site.do("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")


def _set(name: str, value: str) -> Callable[[Site], Any]:
    return lambda site: site.do("CONFIG", "SET", name, value)


TROUBLES = {
    "full": (_set("maxmemory", "1"), _set("maxmemory", "0")),
    "read_only": (
        lambda site: site.do("REPLICAOF", "127.0.0.1", "1"),
        lambda site: site.do("REPLICAOF", "NO", "ONE"),
    ),
    "unreplicated": (_set("min-replicas-to-write", "1"), _set("min-replicas-to-write", "0")),
    "disk_failing": (_break_disk, _mend_disk),
    "denied": (_deny, _set("requirepass", "")),
    "slow": (lambda site: site.server.signal(SIGSTOP), lambda site: site.server.signal(SIGCONT)),
    "away": (lambda site: site.server.kill(), lambda site: site.server.start()),
}


async def refusal(replica: Replica, pipeline: str) -> RadmeshError:
    with pytest.raises(grpc.RpcError) as refused:
        await replica.create(pipeline)
    return from_rpc_error(refused.value)


@pytest.mark.parametrize("cause", TROUBLES)
async def test_each_trouble_is_named_once_and_overcome(
    site: Site, replica: Replica, pipeline: str, workers: list[HandWorker], cause: str
) -> None:
    hurt, heal = TROUBLES[cause]
    workers.append(worker := HandWorker(described(pipeline)))
    await worker.connect(replica.channel)
    task = await replica.create(pipeline)
    lease = (await worker.assignment()).lease
    watcher = Watcher(replica, task.name)
    await watcher.until(task_pb2.TASK_STATE_RUNNING)
    told, well = site.told("store in trouble"), site.told("store well again")

    await asyncio.to_thread(hurt, site)
    try:
        await site.is_in(cause)
        error = await refusal(replica, pipeline)
        assert (error.code.name, error.reason) == ("UNAVAILABLE", "STORE_UNAVAILABLE")
        assert error.metadata["cause"] == cause
        assert error.retry_after
        checked = await health_pb2_grpc.HealthStub(replica.channel).Check(health_pb2.HealthCheckRequest())
        assert checked.status == health_pb2.HealthCheckResponse.SERVING
        await worker.outcome(lease)
    finally:
        await asyncio.to_thread(heal, site)
    await site.is_in("up")
    # The same streams, worker and watch go on.
    await watcher.running
    assert (watcher.state, watcher.breaks) == (task_pb2.TASK_STATE_SUCCEEDED, 0)
    again = await replica.create(pipeline)
    assert (await worker.assignment()).lease.task == again.name
    assert site.told("store in trouble") == [*told, cause]
    assert site.told("store well again") == [*well, cause]


async def test_a_full_store_lets_workers_in_and_takes_results(
    site: Site, replica: Replica, pipeline: str, workers: list[HandWorker]
) -> None:
    workers.append(worker := HandWorker(described(pipeline)))
    await worker.connect(replica.channel)
    task, waiting = await replica.create(pipeline), await replica.create(pipeline)
    lease = (await worker.assignment()).lease
    site.do("CONFIG", "SET", "maxmemory", "1")
    try:
        await site.is_in("full")
        await worker.connect(replica.channel, [lease])
        mask = artifact_of(task.name, "mask.png", b"mask")
        done = {"result": result_of("done"), "artifacts": [mask]}
        assert await worker.finish(lease, **done) == work.LEASE_STANDING_ACCEPTED
        assert (await worker.assignment()).lease.task == waiting.name
        assert (await replica.get(task.name)).state == task_pb2.TASK_STATE_SUCCEEDED
    finally:
        site.do("CONFIG", "SET", "maxmemory", "0")


async def test_a_restarted_server_that_still_loads_says_so(site: Site, replica: Replica) -> None:
    for number in range(400):
        site.do("SET", f"ballast-{number}", "x" * 100)
    site.do("BGREWRITEAOF")
    site.server.until(lambda: site.do("INFO", "persistence")["aof_rewrite_in_progress"] == 0)
    site.server.kill()
    site.server.start("--key-load-delay", "10000", "--loading-process-events-interval-bytes", "1024")
    await site.is_in("loading")
    await site.is_in("up")
    assert site.told("store in trouble")[-1] == "loading"


async def test_a_store_that_was_emptied_goes_on_with_what_is_new(
    site: Site, replica: Replica, pipeline: str, workers: list[HandWorker]
) -> None:
    workers.append(worker := HandWorker(described(pipeline)))
    await worker.connect(replica.channel)
    task = await replica.create(pipeline)
    lease = (await worker.assignment()).lease
    watcher = Watcher(replica, task.name)
    await watcher.until(task_pb2.TASK_STATE_RUNNING)
    site.do("FLUSHALL")
    with pytest.raises(AssertionError, match="TASK_NOT_FOUND"):
        await watcher.running
    with pytest.raises((grpc.RpcError, EOFError)):
        await worker.next("welcome")
    await worker.connect(replica.channel, [lease])
    assert (await worker.next("drop_lease")).drop_lease.lease == lease
    await worker.beat()
    known = await replica.pipelines.ListPipelines(pipeline_service_pb2.ListPipelinesRequest())
    assert [one.name for one in known.pipelines] == [f"pipelines/{pipeline}"]
    new = await replica.create(pipeline)
    lease = (await worker.assignment()).lease
    assert lease.task == new.name
    assert await worker.finish(lease) == work.LEASE_STANDING_ACCEPTED
    assert (
        len(site.told("store was emptied: tasks, images and request ids are gone; workers say hello again"))
        == 1
    )


async def test_every_worker_of_an_emptied_store_drops_what_it_had_and_gets_new_work(
    site: Site, replica: Replica, pipeline: str, workers: list[HandWorker]
) -> None:
    workers += [HandWorker(described(pipeline), slots=2) for _ in range(3)]

    async def leases() -> list[list[work.Lease]]:
        """Six new tasks, two for each worker."""
        created = {(await replica.create(pipeline)).name for _ in range(6)}
        found = [[(await worker.assignment()).lease for _ in range(2)] for worker in workers]
        assert {lease.task for held in found for lease in held} == created
        return found

    async def comes_back(worker: HandWorker, held: list[work.Lease]) -> None:
        with pytest.raises((grpc.RpcError, EOFError)):
            await worker.next("welcome")
        await worker.connect(replica.channel, held)
        dropped = [(await worker.next("drop_lease")).drop_lease.lease for _ in held]
        assert {lease.token for lease in dropped} == {lease.token for lease in held}
        for lease in held:
            assert await worker.finish(lease) == work.LEASE_STANDING_LEASE_LOST
        await worker.beat()

    for worker in workers:
        await worker.connect(replica.channel)
    before = await leases()
    site.do("FLUSHALL")
    await asyncio.gather(*(comes_back(*pair) for pair in zip(workers, before, strict=True)))
    for worker, held in zip(workers, await leases(), strict=True):
        for lease in held:
            assert lease.attempt == 1
            assert await worker.finish(lease) == work.LEASE_STANDING_ACCEPTED
    assert site.do("ZCARD", "{radmesh}:leases") == 0
