"""When and how urgently tasks run, and when they are the same, on two real replicas."""

import asyncio
import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from radmesh.tasks.v1 import task_pb2, task_service_pb2
from tests.integration.tasks.conftest import Replica
from tests.integration.tasks.hand_worker import PATIENCE, HandWorker, described
from tests.integration.tasks.test_requests import refused
from tests.support.replica_process import ReplicaProcess

Replicas = tuple[Replica, Replica]
Workers = list[HandWorker]


async def occupied(replica: Replica, pipeline: str, workers: Workers) -> tuple[HandWorker, Any]:
    """A worker of one slot that runs a task already."""
    workers.append(worker := HandWorker(described(pipeline)))
    await worker.connect(replica.channel)
    await replica.create(pipeline)
    return worker, (await worker.assignment()).lease


async def create(replica: Replica, pipeline: str, **fields: Any) -> task_service_pb2.CreateTaskResponse:
    request = task_service_pb2.CreateTaskRequest(
        request_id=str(uuid.uuid4()), pipeline=f"pipelines/{pipeline}", **fields
    )
    return await replica.tasks.CreateTask(request, timeout=PATIENCE)  # type: ignore[no-any-return]


async def test_workers_get_the_more_urgent_first(replicas: Replicas, pipeline: str, workers: Workers) -> None:
    a, b = replicas
    worker, lease = await occupied(a, pipeline, workers)
    names = {}
    for priority in ("BATCH", "ROUTINE", "STAT", "URGENT"):
        task = await b.create(pipeline, priority=f"TASK_PRIORITY_{priority}")
        assert task_pb2.TaskPriority.Name(task.priority) == f"TASK_PRIORITY_{priority}"
        names[priority] = task.name
    positions = [(await b.get(names[one])).queue_position for one in ("STAT", "URGENT", "ROUTINE", "BATCH")]
    assert positions == [1, 2, 3, 4]
    order = []
    for _ in range(4):
        await worker.finish(lease)
        lease = (await worker.assignment()).lease
        order.append(lease.task)
    await worker.finish(lease)
    assert order == [names["STAT"], names["URGENT"], names["ROUTINE"], names["BATCH"]]


async def test_a_task_starts_at_its_time_and_not_before(
    replicas: Replicas, pipeline: str, workers: Workers
) -> None:
    a, b = replicas
    workers.append(worker := HandWorker(described(pipeline)))
    await worker.connect(a.channel)
    moment = datetime.now(UTC) + timedelta(seconds=1.5)
    task = await b.create(pipeline, not_before_time=moment)
    assert (task.state, task.queue_position) == (task_pb2.TASK_STATE_QUEUED, 0)
    assert abs(task.not_before_time.ToDatetime(tzinfo=UTC) - moment) <= timedelta(milliseconds=1)
    assert not task.HasField("eta")
    lease = (await worker.assignment()).lease
    assert lease.task == task.name
    assert datetime.now(UTC) >= moment
    started = (await b.get(task.name)).start_time.ToDatetime(tzinfo=UTC)
    # Ticks come at the due time; the rest is what a busy machine may take.
    assert timedelta() <= started - moment < timedelta(seconds=5)
    await worker.finish(lease)


async def test_a_dedupe_key_gives_one_active_task_and_stands_nowhere(
    replicas: Replicas, pipeline: str, workers: Workers, processes: list[ReplicaProcess]
) -> None:
    a, b = replicas
    worker, lease = await occupied(a, pipeline, workers)
    key = f"patient-{uuid.uuid4().hex} 2026-01-31"
    answers = await asyncio.gather(
        *(create(replicas[number % 2], pipeline, dedupe_key=key) for number in range(10))
    )
    assert len({answer.task.name for answer in answers}) == 1
    assert sorted(answer.deduplicated for answer in answers) == [False] + [True] * 9
    too_long = await refused(create(b, pipeline, dedupe_key=key * 5))
    assert key not in str(too_long.message) + str(getattr(too_long, "violations", ""))
    await worker.finish(lease)
    lease = (await worker.assignment()).lease
    await worker.finish(lease)
    after = await create(b, pipeline, dedupe_key=key)
    assert not after.deduplicated
    assert after.task.name != answers[0].task.name
    for process in processes:
        assert key not in process.log.read_text()


async def test_an_estimate_comes_from_what_attempts_took(
    replicas: Replicas, pipeline: str, workers: Workers
) -> None:
    a, b = replicas
    worker, lease = await occupied(a, pipeline, workers)
    waiting = await b.create(pipeline)
    assert not waiting.HasField("eta"), "nothing was measured yet"
    assert not (await b.get(lease.task)).HasField("eta")
    await asyncio.sleep(0.3)  # what the attempt takes, at least
    await worker.finish(lease)
    lease = (await worker.assignment()).lease
    behind = await b.create(pipeline)
    deadline = time.monotonic() + PATIENCE
    while not (found := await b.get(behind.name)).HasField("eta"):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)
    assert found.queue_position == 1
    assert found.eta.ToTimedelta() >= timedelta(seconds=0.3)
    async for message in b.watch(behind.name):
        if message.HasField("snapshot"):
            assert message.snapshot.task.HasField("eta")
        if message.HasField("bookmark"):
            assert message.bookmark.queue_position == 1
            assert message.bookmark.HasField("eta")
            break
    listed = await b.tasks.ListTasks(task_service_pb2.ListTasksRequest(filter=f"pipeline={pipeline}"))
    assert [task.HasField("eta") for task in listed.tasks][-1]
