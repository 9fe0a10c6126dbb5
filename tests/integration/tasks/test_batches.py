"""Batches between processes: created on one replica, watched on the other, by whichever way they end."""

import asyncio
import uuid
from typing import Any

import grpc
import pytest

from radmesh.errors import BatchNotFoundError, InvalidRequestError, RadmeshError
from radmesh.status import from_rpc_error
from radmesh.tasks.v1 import batch_service_pb2 as api
from radmesh.tasks.v1 import task_pb2, task_service_pb2
from tests.integration.tasks.conftest import Replica
from tests.integration.tasks.hand_worker import PATIENCE, HandWorker, described

Replicas = tuple[Replica, Replica]
Workers = list[HandWorker]


def item(pipeline: str, **fields: Any) -> task_service_pb2.CreateTaskRequest:
    fields = {"request_id": str(uuid.uuid4()), "pipeline": f"pipelines/{pipeline}", **fields}
    return task_service_pb2.CreateTaskRequest(**fields)


def batch_of(*items: task_service_pb2.CreateTaskRequest) -> api.BatchCreateTasksRequest:
    return api.BatchCreateTasksRequest(request_id=str(uuid.uuid4()), requests=items)


async def refusal(call: Any) -> RadmeshError:
    with pytest.raises(grpc.RpcError) as raised:
        await call
    return from_rpc_error(raised.value)


async def test_a_batch_is_created_on_one_replica_and_watched_on_the_other_to_its_end(
    replicas: Replicas, pipeline: str, workers: Workers
) -> None:
    a, b = replicas
    workers.append(worker := HandWorker(described(pipeline)))
    await worker.connect(a.channel)
    answer = await a.batches.BatchCreateTasks(batch_of(*(item(pipeline) for _ in range(3))))
    name = answer.batch.name
    assert [one.task.name for one in answer.items] == [one.task for one in answer.batch.members]
    whole = b.batches.WatchBatch(api.WatchBatchRequest(name=name, after_sequence=0))
    plain = aiter(b.batches.WatchBatch(api.WatchBatchRequest(name=name)))
    first = await anext(plain)
    assert first.snapshot.members

    async def work() -> None:
        for one in answer.items:
            lease = (await worker.assignment()).lease
            assert lease.task == one.task.name
            await worker.progress(lease, 0.5)
            await worker.finish(lease)

    working = asyncio.ensure_future(work())
    async with asyncio.timeout(PATIENCE):
        messages = [message async for message in whole]
        later = [message.event.sequence async for message in plain if message.HasField("event")]
        await working
    events = [message.event for message in messages if message.HasField("event")]
    assert [event.sequence for event in events] == list(range(1, 10))
    assert later == list(range(first.snapshot.sequence + 1, 10))
    assert (events[-1].open_tasks, [event.open_tasks for event in events].count(0)) == (0, 1)
    assert events[-1].event.state_change.HasField("result")
    ended = (await b.batches.GetBatch(api.GetBatchRequest(name=name))).batch
    assert ended.HasField("end_time")
    assert {member.state for member in ended.members} == {task_pb2.TASK_STATE_SUCCEEDED}
    assert answer.items[0].task.batch == name


async def test_the_progress_of_each_task_reaches_the_watch_of_its_batch(
    replicas: Replicas, pipeline: str, workers: Workers
) -> None:
    a, b = replicas
    workers.append(worker := HandWorker(described(pipeline), slots=2))
    await worker.connect(a.channel)
    answer = await b.batches.BatchCreateTasks(batch_of(item(pipeline), item(pipeline)))
    leases = [(await worker.assignment()).lease for _ in range(2)]
    watch = b.batches.WatchBatch(api.WatchBatchRequest(name=answer.batch.name))
    told: dict[str, float] = {}
    async with asyncio.timeout(PATIENCE):
        assert (await watch.read()).HasField("snapshot")
        for lease in leases:
            await worker.progress(lease, 0.25)
        while set(told.values()) != {0.25} or len(told) < 2:
            message = await watch.read()
            if message.HasField("progress"):
                told[message.progress.task] = message.progress.progress.fraction
        # A watch that comes later finds it in its snapshot.
        late = await b.batches.WatchBatch(api.WatchBatchRequest(name=answer.batch.name)).read()
        assert [member.progress.fraction for member in late.snapshot.members] == [0.25, 0.25]
        watch.cancel()
    for lease in leases:
        await worker.finish(lease)


async def test_every_fault_of_an_item_is_told_for_itself(
    replicas: Replicas, pipeline: str, workers: Workers
) -> None:
    a, b = replicas
    workers.append(worker := HandWorker(described(pipeline)))
    await worker.connect(a.channel)
    await worker.beat(draining=True)
    bad = item(pipeline)
    bad.parameters.update({"threshold": 7})
    request = batch_of(
        bad,
        item("nobody-has-it"),
        item(pipeline, images=[f"images/{'c' * 64}"]),
        item(pipeline, request_id="x", labels={"Ward": "w"}),
        item(pipeline),
    )
    answer = await b.batches.BatchCreateTasks(request)
    assert [one.error.reason for one in answer.items] == [
        "INVALID_REQUEST", "PIPELINE_NOT_FOUND", "IMAGE_NOT_FOUND", "INVALID_REQUEST", "",
    ]  # fmt: skip
    assert [one.field for one in answer.items[0].error.field_violations] == ["parameters.threshold"]
    assert answer.items[2].error.metadata["code"] == "12002"
    assert len(answer.items[3].error.field_violations) == 2
    assert [member.task for member in answer.batch.members] == [answer.items[4].task.name]
    assert await a.batches.BatchCreateTasks(request) == answer
    await a.tasks.CancelTask(task_service_pb2.CancelTaskRequest(name=answer.items[4].task.name))


async def test_a_batch_that_breaks_a_rule_itself_is_refused(replicas: Replicas, pipeline: str) -> None:
    a, _ = replicas
    same = str(uuid.uuid4())
    twice = batch_of(item(pipeline, request_id=same), item(pipeline, request_id=same.upper()))
    many = batch_of(*(item(pipeline) for _ in range(501)))
    large = batch_of(*(item(pipeline, labels={"a": "x" * 1_000_000}) for _ in range(3)))
    nameless = batch_of(item(pipeline))
    nameless.request_id = "x"
    for request, field in (
        (batch_of(), "requests"),
        (many, "requests"),
        (large, "requests"),
        (twice, "requests[1].request_id"),
        (nameless, "request_id"),
    ):
        error = await refusal(a.batches.BatchCreateTasks(request))
        assert isinstance(error, InvalidRequestError)
        assert [violation.field for violation in error.violations] == [field]


async def test_what_names_no_batch_is_refused(replicas: Replicas) -> None:
    a, _ = replicas
    unknown, wrong = f"batches/{'0' * 32}", "batches/x"
    for name, kind in ((unknown, BatchNotFoundError), (wrong, InvalidRequestError)):
        assert isinstance(await refusal(a.batches.GetBatch(api.GetBatchRequest(name=name))), kind)
        watch = a.batches.WatchBatch(api.WatchBatchRequest(name=name))
        assert isinstance(await refusal(watch.read()), kind)
