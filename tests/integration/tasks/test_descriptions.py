"""A worker tells of a change in what it serves, before any later outcome; internal tasks."""

import uuid
from typing import Any

import grpc
import pytest

from radmesh.status import from_rpc_error
from radmesh.tasks.v1 import admin_service_pb2, batch_service_pb2, pipeline_pb2, pipeline_service_pb2
from radmesh.tasks.v1.task_service_pb2 import CreateTaskRequest
from tests.integration.tasks.conftest import Replica, states
from tests.integration.tasks.hand_worker import PATIENCE, HandWorker, described

Replicas = tuple[Replica, Replica]
Workers = list[HandWorker]
ALICE = (("radmesh-principal", "alice"),)
NEW = "models/new/weights/official"


def with_model(
    name: str, *, operators_only: bool = False, deletes_model: bool = False
) -> pipeline_pb2.Pipeline:
    """The pipeline of that name with one model more."""
    found = described(name)
    found.operators_only, found.deletes_model = operators_only, deletes_model
    if deletes_model:
        found.parameters.add(name="name", type=pipeline_pb2.PIPELINE_PARAMETER_TYPE_STRING)
    found.models.add(name="models/new").weights.add(name=NEW, digest=f"sha256:{'1' * 64}")
    return found


async def refusal(call: Any) -> Any:
    with pytest.raises(grpc.RpcError) as caught:
        await call
    return from_rpc_error(caught.value)


async def test_who_sees_the_outcome_finds_the_catalogue_changed_on_every_replica(
    replicas: Replicas, pipeline: str, workers: Workers
) -> None:
    a, b = replicas
    workers.append(worker := HandWorker(described(pipeline)))
    await worker.connect(a.channel)
    # Both replicas have read the catalogue a moment ago.
    task = await a.create(pipeline)
    await b.create(pipeline)
    lease = (await worker.assignment()).lease
    await worker.describe(with_model(pipeline))
    await worker.outcome(lease)
    assert (await states(b.watch(lease.task, after=0)))[-1][1] == "SUCCEEDED"
    for replica in (a, b):
        assert (await replica.create(pipeline, weights="models/new")).weights == NEW
    assert task.weights == "models/hand/weights/official"


async def test_a_description_of_other_pipelines_ends_the_stream_and_changes_nothing(
    replicas: Replicas, pipeline: str, workers: Workers
) -> None:
    a, _ = replicas
    workers.append(worker := HandWorker(described(pipeline)))
    await worker.connect(a.channel)
    await worker.describe(with_model(f"{pipeline}-other"))
    error = await refusal(worker.assignment())
    assert error.reason == "INVALID_REQUEST"
    assert "those of the hello" in error.message
    listed = await a.pipelines.ListPipelines(pipeline_service_pb2.ListPipelinesRequest(page_size=500))
    assert f"pipelines/{pipeline}-other" not in {one.name for one in listed.pipelines}


async def test_an_internal_task_is_created_by_operators_only_and_recorded(
    replicas: Replicas, pipeline: str, workers: Workers
) -> None:
    a, b = replicas
    workers.append(worker := HandWorker(with_model(pipeline, operators_only=True)))
    await worker.connect(a.channel)
    request: dict[str, Any] = {"request_id": str(uuid.uuid4()), "pipeline": f"pipelines/{pipeline}"}

    wanted = CreateTaskRequest(**request)
    # Neither who has no role, nor who is an operator by this service's own setting: the door has to say so.
    for caller in (ALICE, (("radmesh-principal", "local"),)):
        refused = await refusal(a.tasks.CreateTask(wanted, metadata=caller))
        assert refused.reason == "ROLE_REQUIRED"
    as_operator = (*ALICE, ("radmesh-roles", "operator"))
    task = (await a.tasks.CreateTask(wanted, metadata=as_operator, timeout=PATIENCE)).task
    answer = await b.admin.ListAuditRecords(admin_service_pb2.ListAuditRecordsRequest(), timeout=PATIENCE)
    made, *tried = [one for one in answer.audit_records if pipeline in one.request]
    assert (made.method, made.principal, made.outcome, list(made.tasks)) == (
        "CreateTask", "alice", "OK", [task.name],
    )  # fmt: skip
    assert {(one.principal, one.outcome) for one in tried} == {
        ("alice", "ROLE_REQUIRED"),
        ("local", "ROLE_REQUIRED"),
    }
    batch = batch_service_pb2.BatchCreateTasksRequest(request_id=str(uuid.uuid4()))
    batch.requests.add(**request)
    items = (await a.batches.BatchCreateTasks(batch, timeout=PATIENCE)).items
    assert items[0].error.reason == "INVALID_REQUEST"


async def test_a_model_is_not_deleted_while_a_task_needs_it(
    replicas: Replicas, pipeline: str, workers: Workers
) -> None:
    a, b = replicas
    internal = f"{pipeline}-delete"
    model = f"models/{pipeline}"  # tasks of other tests need `models/new` for ever
    serving = described(pipeline)
    serving.models.add(name=model).weights.add(name=f"{model}/weights/w", digest=f"sha256:{'1' * 64}")
    served = HandWorker(serving, with_model(internal, operators_only=True, deletes_model=True))
    workers.append(served)
    await served.connect(a.channel)
    needs = await a.create(pipeline, weights=model)
    wanted = CreateTaskRequest(request_id=str(uuid.uuid4()), pipeline=f"pipelines/{internal}")
    wanted.parameters.update({"name": pipeline})
    operator = (*ALICE, ("radmesh-roles", "operator"))
    refused = await refusal(b.tasks.CreateTask(wanted, metadata=operator))
    assert (refused.reason, refused.metadata["task"]) == ("MODEL_IN_USE", needs.name)
    answer = await b.admin.ListAuditRecords(admin_service_pb2.ListAuditRecordsRequest(), timeout=PATIENCE)
    (record,) = [one for one in answer.audit_records if internal in one.request]
    assert (record.outcome, f"name={pipeline}" in record.request) == ("MODEL_IN_USE", True)
    await served.outcome((await served.assignment()).lease)
    await states(b.watch(needs.name, after=0))
    assert (await b.tasks.CreateTask(wanted, metadata=operator, timeout=PATIENCE)).task.name
