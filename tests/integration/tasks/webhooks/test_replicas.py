"""Webhooks of whole replicas: every way to end, refusals at a create, a kill between call and record."""

import asyncio
import json
import threading
import urllib.request
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from prometheus_client.parser import text_string_to_metric_families

from radmesh import webhooks
from radmesh.errors import CallbackRefusedError
from radmesh.status import from_rpc_error
from radmesh.tasks.v1 import (
    batch_service_pb2,
    batch_service_pb2_grpc,
    callback_pb2,
    task_pb2,
    task_service_pb2,
)
from tests.integration.tasks.conftest import Replica
from tests.integration.tasks.hand_worker import HandWorker, described
from tests.integration.tasks.webhooks.conftest import SECRET, until
from tests.support.processes import wait_until
from tests.support.receiver import Call, Receiver, Reply
from tests.support.redis_process import RedisProcess
from tests.support.replica_process import ReplicaProcess

SETTINGS = {
    "webhook_secret": SECRET,
    "webhook_old_secret": "the secret that was before",
    "webhook_allow": "127.0.0.1",
    "webhook_timeout_seconds": 1.5,
    "webhook_retry_seconds": 0.1,
    "metrics_listen": "127.0.0.1:0",
    "count_seconds": 0.2,
}
TOKEN = "a-token-of-the-receiver"


@pytest.fixture(scope="module")
def replica_process(
    redis: RedisProcess, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ReplicaProcess]:
    started = ReplicaProcess(tmp_path_factory.mktemp("webhooks"), redis.url, **SETTINGS).start()
    try:
        started.wait_until_ready()
        yield started
    finally:
        started.kill()


@pytest.fixture
async def replica(replica_process: ReplicaProcess) -> AsyncIterator[Replica]:
    found = Replica(replica_process.address)
    yield found
    await found.channel.close(None)


def read_page(url: str) -> str:
    with urllib.request.urlopen(url) as answer:
        return str(answer.read().decode())


async def told(replica: Replica, task: task_pb2.Task, state: str = "DELIVERED") -> task_pb2.Task:
    """The task, once its callback is in a state."""
    wanted = callback_pb2.TaskCallbackState.Value(f"TASK_CALLBACK_STATE_{state}")

    async def is_there() -> bool:
        return (await replica.get(task.name)).callback.state == wanted

    await until(is_there)
    return await replica.get(task.name)


async def test_every_way_to_end_is_told_in_its_form(
    replica: Replica, replica_process: ReplicaProcess, workers: list[HandWorker], pipeline: str
) -> None:
    worker = HandWorker(described(pipeline, max_attempts=1))
    workers.append(worker)
    await worker.connect(replica.channel)
    failure = task_pb2.TaskError(code=12001, reason="OUT_OF_MEMORY", message="Too little memory.")
    with Receiver() as receiver:
        url = receiver.url(f"/ended?token={TOKEN}")
        succeeding = await replica.create(pipeline, callback_url=url)
        assert succeeding.callback.url == receiver.url("/ended")
        assert succeeding.callback.state == callback_pb2.TASK_CALLBACK_STATE_WAITING
        await worker.beat(free_slots=1)
        await worker.finish((await worker.assignment()).lease)
        done = await told(replica, succeeding)
        failing = await replica.create(pipeline, callback_url=url)
        await worker.beat(free_slots=1)
        await worker.finish((await worker.assignment()).lease, error=failure)
        await told(replica, failing)
        cancelled = await replica.create(pipeline, callback_url=url)
        await replica.tasks.CancelTask(task_service_pb2.CancelTaskRequest(name=cancelled.name))
        await told(replica, cancelled)
        calls = receiver.calls
    assert [call.said for call in calls] == [
        {
            "taskId": succeeding.name.removeprefix("tasks/"),
            "data": {"@type": "type.googleapis.com/google.protobuf.Struct", "value": {"text": "done"}},
            "error": None,
        },
        {
            "taskId": failing.name.removeprefix("tasks/"),
            "data": None,
            "error": {"code": 12001, "reason": "OUT_OF_MEMORY", "message": "Too little memory."},
        },
        {
            "taskId": cancelled.name.removeprefix("tasks/"),
            "data": None,
            "error": {
                "code": 0,
                "reason": "TASK_CANCELLED",
                "message": "The task was cancelled on request.",
            },
        },
    ]
    for call in calls:
        assert call.path == f"/ended?token={TOKEN}"
        webhooks.verify(SECRET, call.headers, call.body)
        webhooks.verify("the secret that was before", call.headers, call.body)
    assert (done.state, done.callback.attempts) == (task_pb2.TASK_STATE_SUCCEEDED, 1)
    log = replica_process.log.read_text()
    assert TOKEN not in log
    assert "/ended" not in log
    called = [json.loads(line) for line in log.splitlines() if '"webhook called"' in line]
    assert {line["destination"] for line in called} == {f"http://127.0.0.1:{receiver.port}"}


async def test_a_task_of_a_batch_is_told_of_and_one_with_a_bad_callback_alone_is_refused(
    replica: Replica, workers: list[HandWorker], pipeline: str
) -> None:
    worker = HandWorker(described(pipeline))
    workers.append(worker)
    await worker.connect(replica.channel)
    batches: Any = batch_service_pb2_grpc.BatchServiceStub(replica.channel)
    with Receiver() as receiver:
        request = batch_service_pb2.BatchCreateTasksRequest(request_id=str(uuid.uuid4()))
        for url in (receiver.url(), "http://10.0.0.1/", ""):
            request.requests.add(
                request_id=str(uuid.uuid4()), pipeline=f"pipelines/{pipeline}", callback_url=url
            )
        items = (await batches.BatchCreateTasks(request)).items
        assert items[1].error.reason == "CALLBACK_REFUSED"
        for item in (items[0], items[2]):
            name = task_service_pb2.CancelTaskRequest(name=item.task.name)
            await replica.tasks.CancelTask(name)
        await told(replica, items[0].task)
        assert [call.said["taskId"] for call in receiver.calls] == [items[0].task.name.removeprefix("tasks/")]


async def test_a_failed_callback_fails_no_task_and_is_counted(
    replica: Replica, replica_process: ReplicaProcess, workers: list[HandWorker], pipeline: str
) -> None:
    worker = HandWorker(described(pipeline))
    workers.append(worker)
    await worker.connect(replica.channel)
    with Receiver(lambda call: Reply(410)) as receiver:
        task = await replica.create(pipeline, callback_url=receiver.url())
        await worker.beat(free_slots=1)
        await worker.finish((await worker.assignment()).lease)
        found = await told(replica, task, "FAILED")
    assert found.state == task_pb2.TASK_STATE_SUCCEEDED
    assert (found.callback.last_status, found.callback.last_reason) == (410, "GONE")

    page = f"http://{replica_process.metrics_address()}/metrics"
    families = list(text_string_to_metric_families(await asyncio.to_thread(read_page, page)))
    metrics = {
        one.name + one.labels.get("outcome", ""): one.value for family in families for one in family.samples
    }
    assert metrics["radmesh_tasks_webhook_calls_totalGONE"] >= 1
    assert metrics["radmesh_tasks_webhooks_given_up_total"] >= 1
    assert "radmesh_tasks_webhooks_pending" in metrics
    assert "radmesh_tasks_webhook_oldest_pending_seconds" in metrics


async def test_what_may_not_be_called_is_refused_at_the_create(
    replica: Replica, workers: list[HandWorker], pipeline: str
) -> None:
    worker = HandWorker(described(pipeline))
    workers.append(worker)
    await worker.connect(replica.channel)
    for url in (
        "http://10.0.0.1/",
        "http://169.254.169.254/latest",
        "ftp://ris/",
        "http://a:b@ris/",
        "http://r/#x",
    ):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await replica.create(pipeline, callback_url=url)
        assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        assert isinstance(from_rpc_error(refused.value), CallbackRefusedError)


async def test_the_same_request_with_another_callback_is_another_request(
    replica: Replica, workers: list[HandWorker], pipeline: str
) -> None:
    worker = HandWorker(described(pipeline))
    workers.append(worker)
    await worker.connect(replica.channel)
    request_id = str(uuid.uuid4())
    first = await replica.create(pipeline, request_id=request_id, callback_url="https://ris.example/1")
    again = await replica.create(pipeline, request_id=request_id, callback_url="https://ris.example/1")
    assert again.name == first.name
    for other in ("https://ris.example/2", ""):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await replica.create(pipeline, request_id=request_id, callback_url=other)
        assert refused.value.code() is grpc.StatusCode.ALREADY_EXISTS


async def test_a_replica_killed_between_the_call_and_its_record_leaves_it_to_another(
    tmp_path: Path, pipeline: str, workers: list[HandWorker]
) -> None:
    redis = RedisProcess(tmp_path / "redis")
    redis.start()
    first, second = (ReplicaProcess(tmp_path, redis.url, **SETTINGS) for _ in range(2))
    told_once = threading.Event()

    def hold_the_first(call: Call) -> Reply:
        if not told_once.is_set():
            told_once.set()
            threading.Event().wait(1.0)
        return Reply()

    try:
        first.start().wait_until_ready()
        dying = Replica(first.address)
        worker = HandWorker(described(pipeline))
        workers.append(worker)
        await worker.connect(dying.channel)
        with Receiver(hold_the_first) as receiver:
            task = await dying.create(pipeline, callback_url=receiver.url())
            await dying.tasks.CancelTask(task_service_pb2.CancelTaskRequest(name=task.name))
            receiver.wait_for(1)
            first.kill()
            await dying.channel.close(None)
            second.start().wait_until_ready()
            living = Replica(second.address)
            found = await told(living, task)
            await living.channel.close(None)
            wait_until(lambda: len(receiver.calls) == 2)
            bodies = {call.body for call in receiver.calls}
            ids = {call.headers["Radmesh-Webhook-Id"] for call in receiver.calls}
        assert (len(bodies), len(ids)) == (1, 1)
        assert found.callback.attempts == 1
    finally:
        first.kill()
        second.kill()
        redis.kill()
