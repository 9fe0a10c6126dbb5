"""What operators do through real replicas: roles, audit, pauses."""

import asyncio
import uuid
from typing import Any

import grpc
import pytest

from radmesh.status import from_rpc_error
from radmesh.tasks.v1 import admin_service_pb2 as api
from radmesh.tasks.v1 import batch_service_pb2, pipeline_service_pb2, task_pb2
from tests.integration.tasks.conftest import Replica
from tests.integration.tasks.hand_worker import PATIENCE, HandWorker, described

Replicas = tuple[Replica, Replica]
Workers = list[HandWorker]
ALICE = (("radmesh-principal", "alice"),)


async def audit(replica: Replica) -> list[api.AuditRecord]:
    answer = await replica.admin.ListAuditRecords(api.ListAuditRecordsRequest(), timeout=PATIENCE)
    return list(answer.audit_records)


async def refused(call: Any) -> str:
    with pytest.raises(grpc.RpcError) as caught:
        await call
    return from_rpc_error(caught.value).reason


@pytest.mark.parametrize(
    "method",
    ["PausePipeline", "ResumePipeline", "DeletePipeline", "ListWorkers", "PauseWorker", "ResumeWorker",
     "ListAuditRecords"],
)  # fmt: skip
async def test_who_is_no_operator_is_refused_and_recorded(replicas: Replicas, method: str) -> None:
    a, b = replicas
    request = getattr(api, f"{method}Request")()
    for metadata in (ALICE, (("radmesh-principal", "local"), ("radmesh-roles", "viewer"))):
        assert await refused(getattr(a.admin, method)(request, metadata=metadata)) == "ROLE_REQUIRED"
    found = [one for one in await audit(b) if one.method == method and one.outcome == "ROLE_REQUIRED"]
    assert [one.principal for one in found] == ["local", "alice"]


async def test_an_operator_is_who_a_gateway_says(replicas: Replicas) -> None:
    a, _ = replicas
    named = (*ALICE, ("radmesh-roles", "operator"))
    await a.admin.ListWorkers(api.ListWorkersRequest(), metadata=named, timeout=PATIENCE)


async def test_a_call_that_fails_is_recorded_with_its_reason(replicas: Replicas) -> None:
    a, b = replicas
    for name, reason in (("pipelines/none-such", "PIPELINE_NOT_FOUND"), ("?", "INVALID_REQUEST")):
        call = a.admin.PausePipeline(api.PausePipelineRequest(name=name), timeout=PATIENCE)
        assert await refused(call) == reason
        record = next(one for one in await audit(b) if one.method == "PausePipeline")
        assert (record.request, record.outcome) == (name if name != "?" else "(not a name)", reason)
    patient = api.RecoverTasksRequest(names=["Meier^Hans 1950"])
    assert await refused(a.admin.RecoverTasks(patient, timeout=PATIENCE)) == "INVALID_REQUEST"
    assert "Meier" not in str(await audit(b))
    worker = "workers/00000000-0000-4000-8000-000000000000"
    call = a.admin.PauseWorker(api.PauseWorkerRequest(name=worker), timeout=PATIENCE)
    assert await refused(call) == "WORKER_NOT_FOUND"


async def test_a_pause_on_one_replica_holds_on_the_other(
    replicas: Replicas, pipeline: str, workers: Workers
) -> None:
    a, b = replicas
    name = f"pipelines/{pipeline}"
    workers.append(worker := HandWorker(described(pipeline)))
    await worker.connect(a.channel)
    answer = await b.admin.PausePipeline(api.PausePipelineRequest(name=name, reason="new scanner"))
    assert (answer.pipeline.paused, answer.pipeline.pause_reason) == (True, "new scanner")
    assert (await audit(a))[1].request == f"{name}: new scanner"
    listed = await a.pipelines.ListPipelines(pipeline_service_pb2.ListPipelinesRequest(page_size=500))
    assert next(one for one in listed.pipelines if one.name == name).pause_reason == "new scanner"
    task = await b.create(pipeline)
    # It looks for work with this heartbeat, and again when it is acknowledged to be settled.
    await worker.beat(free_slots=1)
    await worker.settled()
    assert (await a.get(task.name)).state == task_pb2.TASK_STATE_QUEUED
    answer = await b.admin.ResumePipeline(api.ResumePipelineRequest(name=name))
    assert (answer.pipeline.paused, answer.pipeline.pause_reason) == (False, "")
    assert (await worker.assignment()).lease.task == task.name


async def test_who_waits_on_any_replica_is_told_of_a_pause_and_why(
    replicas: Replicas, pipeline: str, workers: Workers
) -> None:
    a, b = replicas
    workers.append(worker := HandWorker(described(pipeline)))
    await worker.connect(a.channel)
    pause = api.PausePipelineRequest(name=f"pipelines/{pipeline}", reason="new scanner")
    await a.admin.PausePipeline(pause, timeout=PATIENCE)
    # The replica that paused it knows at once.
    task = await a.create(pipeline)
    assert (task.pipeline_paused, task.pause_reason) == (True, "new scanner")
    batch = batch_service_pb2.BatchCreateTasksRequest(request_id=str(uuid.uuid4()))
    batch.requests.add(request_id=str(uuid.uuid4()), pipeline=pause.name)
    answer = await a.batches.BatchCreateTasks(batch, timeout=PATIENCE)
    assert answer.items[0].task.pause_reason == "new scanner"
    watch = b.watch(task.name)
    async with asyncio.timeout(PATIENCE):
        async for message in watch:
            if message.bookmark.pipeline_paused:
                assert message.bookmark.pause_reason == "new scanner"
                break
    watch.cancel()
    shown = await b.get(task.name)
    assert (shown.pipeline_paused, shown.pause_reason, shown.HasField("eta")) == (True, "new scanner", False)
    await a.admin.ResumePipeline(api.ResumePipelineRequest(name=pause.name), timeout=PATIENCE)
    await worker.assignment()
    assert not (await b.get(task.name)).pipeline_paused


@pytest.mark.parametrize("reason", ["x" * 201, "two\nlines", "bell \a", "\x1b[2J"])
async def test_a_reason_that_cannot_be_shown_is_refused(replicas: Replicas, reason: str) -> None:
    call = replicas[0].admin.PausePipeline(
        api.PausePipelineRequest(name="pipelines/none-such", reason=reason), timeout=PATIENCE
    )
    assert await refused(call) == "INVALID_REQUEST"


async def test_a_paused_worker_is_shown_so_and_gets_nothing(
    replicas: Replicas, pipeline: str, workers: Workers
) -> None:
    a, b = replicas
    workers.append(worker := HandWorker(described(pipeline), slots=3))
    await worker.connect(a.channel)
    name = f"workers/{worker.id}"
    assert (await b.admin.PauseWorker(api.PauseWorkerRequest(name=name))).worker.paused
    task = await b.create(pipeline)
    await worker.beat(free_slots=3)
    await worker.settled()
    assert (await a.get(task.name)).state == task_pb2.TASK_STATE_QUEUED
    listed = await a.admin.ListWorkers(api.ListWorkersRequest(page_size=500))
    found = next(one for one in listed.workers if one.name == name)
    assert (found.connected, found.paused, found.slots) == (True, True, 3)
    assert list(found.pipelines) == [f"pipelines/{pipeline}"]
    assert not (await b.admin.ResumeWorker(api.ResumeWorkerRequest(name=name))).worker.paused
    assert (await worker.assignment()).lease.task == task.name
