"""Two real replicas of `tasks` over one real Redis, and a client of each."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator
from typing import Any

import grpc
import pytest
from redis import Redis

from radmesh.blobs.v1 import image_service_pb2_grpc
from radmesh.tasks.v1 import (
    admin_service_pb2_grpc,
    batch_service_pb2_grpc,
    follow_service_pb2_grpc,
    pipeline_service_pb2_grpc,
    statistics_service_pb2_grpc,
    task_pb2,
    task_service_pb2,
    task_service_pb2_grpc,
)
from services.tasks.store import StoreSettings, TaskStore
from tests.integration.tasks.hand_worker import PATIENCE, HandWorker
from tests.support.redis_process import RedisProcess
from tests.support.replica_process import ReplicaProcess
from tests.support.task_records import SetClock

QUICK = {
    "lease_seconds": 2.0,
    "heartbeat_seconds": 0.5,
    "tick_seconds": 0.1,
    "bookmark_seconds": 0.5,
    "count_seconds": 0.2,
    "count_times_seconds": 0.2,
    # Tests that make tasks stuck look for them themselves.
    "stuck_check_seconds": 0,
    "metrics_listen": "127.0.0.1:0",
}


class Replica:
    """The stubs of one replica."""

    def __init__(self, address: str) -> None:
        self.channel = grpc.aio.insecure_channel(address, [("grpc.max_reconnect_backoff_ms", 200)])
        self.admin: Any = admin_service_pb2_grpc.AdminServiceStub(self.channel)
        self.tasks: Any = task_service_pb2_grpc.TaskServiceStub(self.channel)
        self.batches: Any = batch_service_pb2_grpc.BatchServiceStub(self.channel)
        self.pipelines: Any = pipeline_service_pb2_grpc.PipelineServiceStub(self.channel)
        self.statistics: Any = statistics_service_pb2_grpc.StatisticsServiceStub(self.channel)
        self.logs: Any = follow_service_pb2_grpc.FollowServiceStub(self.channel)
        self.images: Any = image_service_pb2_grpc.ImageServiceStub(self.channel)
        self.image_records: Any = image_service_pb2_grpc.ImageRecordServiceStub(self.channel)

    async def create(self, pipeline: str, **fields: Any) -> task_pb2.Task:
        """Creates a task."""
        fields = {"request_id": str(uuid.uuid4()), "pipeline": f"pipelines/{pipeline}", **fields}
        answer = await self.tasks.CreateTask(task_service_pb2.CreateTaskRequest(**fields), timeout=PATIENCE)
        return answer.task  # type: ignore[no-any-return]

    async def get(self, name: str) -> task_pb2.Task:
        """The task as it is."""
        answer = await self.tasks.GetTask(task_service_pb2.GetTaskRequest(name=name), timeout=PATIENCE)
        return answer.task  # type: ignore[no-any-return]

    def watch(self, name: str, after: int | None = None) -> Any:
        """An open watch."""
        return self.tasks.WatchTask(
            task_service_pb2.WatchTaskRequest(name=name, after_sequence=after), wait_for_ready=True
        )


async def states(watch: Any, until: int | None = None) -> list[tuple[int, str]]:
    """Sequence number and state name of each event of a watch, to its end or to the first of a state."""
    found = []
    async with asyncio.timeout(PATIENCE):
        async for message in watch:
            if message.HasField("event") and message.event.HasField("state_change"):
                state = message.event.state_change.state
                found.append((message.event.sequence, task_pb2.TaskState.Name(state)[len("TASK_STATE_") :]))
                if state == until:
                    break
    return found


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisProcess]:
    server = RedisProcess(tmp_path_factory.mktemp("replicas") / "redis")
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="module")
def processes(
    redis: RedisProcess, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[ReplicaProcess]]:
    folder = tmp_path_factory.mktemp("tasks")
    found = [ReplicaProcess(folder, redis.url, **QUICK).start() for _ in range(2)]
    for one in found:
        one.wait_until_ready()
    yield found
    for one in found:
        one.kill()


@pytest.fixture
async def replicas(processes: list[ReplicaProcess]) -> AsyncIterator[tuple[Replica, Replica]]:
    """Replica A, where workers go, and replica B, where clients go."""
    found = [Replica(process.address) for process in processes]
    yield found[0], found[1]
    for one in found:
        await one.channel.close(None)


@pytest.fixture
def pipeline() -> str:
    """A pipeline's id that no other test uses."""
    return f"hand-{uuid.uuid4().hex[:8]}"


@pytest.fixture
async def workers() -> AsyncIterator[list[HandWorker]]:
    """Workers put here leave at the end of the test."""
    found: list[HandWorker] = []
    yield found
    for one in found:
        await one.leave()


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
