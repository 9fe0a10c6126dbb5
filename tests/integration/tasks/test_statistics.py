"""The figures of StatisticsService, and the same ones on the page for Prometheus."""

import asyncio
from collections.abc import Mapping
from typing import Any

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration

from radmesh.status import from_rpc_error
from radmesh.tasks.v1 import statistics_service_pb2 as api
from radmesh.tasks.v1 import task_pb2
from tests.integration.tasks.conftest import Replica
from tests.integration.tasks.hand_worker import PATIENCE, HandWorker, described
from tests.integration.tasks.test_metrics import Samples, samples
from tests.support.replica_process import ReplicaProcess

ALICE = (("radmesh-principal", "alice"),)


async def statistics(replica: Replica, pipeline: str) -> api.PipelineStatistics:
    request = api.GetStatisticsRequest(pipeline=f"pipelines/{pipeline}")
    answer = await replica.statistics.GetStatistics(request, timeout=PATIENCE)
    (found,) = answer.pipelines
    return found  # type: ignore[no-any-return]


def seconds(span: Duration) -> float:
    return span.seconds + span.nanos / 1e9


def times(name: str, figures: api.TimeStatistics) -> Samples:
    return {(name, (one,)): seconds(getattr(figures, one)) for one in ("mean", "p50", "p95")}


def as_samples(found: api.PipelineStatistics) -> Samples:
    """What the page must show for these figures."""

    def by(name: str, numbers: Mapping[str, int]) -> Samples:
        return {(name, (label,)): number for label, number in numbers.items()}

    states = {task_pb2.TaskState.Name(one.state)[11:]: one.count for one in found.state_counts}
    return {
        **by("radmesh_tasks_kept", states),
        ("radmesh_tasks_queue_depth", ()): states["QUEUED"],
        ("radmesh_tasks_connected_workers", ()): found.connected_workers,
        ("radmesh_tasks_pipeline_paused", ()): int(found.paused),
        ("radmesh_tasks_latest_attempts", ()): found.queue_time.count,
        **times("radmesh_tasks_latest_queue_seconds", found.queue_time),
        **times("radmesh_tasks_latest_run_seconds", found.run_time),
        **by("radmesh_tasks_stuck", found.stuck_by_finding),
        **by("radmesh_tasks_retries_total", found.retries_by_cause),
        **by("radmesh_tasks_recoveries_total", found.recoveries_by_finding),
        **by("radmesh_tasks_failures_total", found.failures_by_reason),
    }


def figures_of(page: Samples) -> Samples:
    """The samples of a page that are figures of a pipeline at rest."""
    names = {name for name, _ in as_samples(api.PipelineStatistics(state_counts=[{"state": 1}]))}
    names |= {
        f"radmesh_tasks_{one}" for one in ("stuck", "retries_total", "recoveries_total", "failures_total")
    }
    return {key: value for key, value in page.items() if key[0] in names}


async def test_every_figure_is_a_metric_with_the_same_number_on_either_replica(
    processes: list[ReplicaProcess],
    replicas: tuple[Replica, Replica],
    pipeline: str,
    workers: list[HandWorker],
) -> None:
    a, b = replicas
    workers.append(worker := HandWorker(described(pipeline)))
    await worker.connect(a.channel)
    error = task_pb2.TaskError(reason="IMAGE_TRUNCATED", message="Half of it is missing.")
    for outcome in ({}, {"error": error}):
        await b.create(pipeline)
        await worker.beat(free_slots=1)
        await worker.finish((await worker.assignment()).lease, **outcome)
    await worker.leave()
    await b.create(pipeline)
    found = await statistics(a, pipeline)
    assert found.failures_by_reason == {"IMAGE_TRUNCATED": 1, "OTHER": 0}
    assert (found.queue_time.count, found.run_time.count) == (2, 2)
    assert 0 < seconds(found.run_time.p50) <= seconds(found.run_time.p95)
    assert found.HasField("oldest_wait")
    async with asyncio.timeout(PATIENCE):
        differences = await _differences(a, pipeline, processes)
        while differences:
            await asyncio.sleep(0.1)
            differences = await _differences(a, pipeline, processes)
    # Time goes on between the call and the page.
    shown = (await samples(processes[0], pipeline))["radmesh_tasks_oldest_wait_seconds", ()]
    assert seconds(found.oldest_wait) < shown <= seconds((await statistics(a, pipeline)).oldest_wait)


async def _differences(replica: Replica, pipeline: str, processes: list[ReplicaProcess]) -> list[Any]:
    """Where a page shows other figures than the call answers; each replica takes its own by itself."""
    expected = as_samples(await statistics(replica, pipeline))
    pages = [figures_of(await samples(process, pipeline)) for process in processes]
    return [
        (key, page.get(key), expected.get(key))
        for page in pages
        for key in page.keys() | expected.keys()
        if page.get(key) != pytest.approx(expected.get(key))
    ]


async def test_only_an_operator_is_told(replicas: tuple[Replica, Replica]) -> None:
    for metadata in (ALICE, (("radmesh-principal", "local"), ("radmesh-roles", "viewer"))):
        assert await refused(replicas[0], "", metadata) == "ROLE_REQUIRED"
    named = (*ALICE, ("radmesh-roles", "operator"))
    await replicas[0].statistics.GetStatistics(api.GetStatisticsRequest(), metadata=named, timeout=PATIENCE)


@pytest.mark.parametrize(
    ("pipeline", "reason"),
    [
        ("pipelines/none-such", "PIPELINE_NOT_FOUND"),
        ("none-such", "INVALID_REQUEST"),
        ("x" * 5000, "INVALID_REQUEST"),
    ],
)
async def test_a_pipeline_that_is_none_is_refused(
    replicas: tuple[Replica, Replica], pipeline: str, reason: str
) -> None:
    assert await refused(replicas[0], pipeline, ()) == reason


async def refused(replica: Replica, pipeline: str, metadata: Any) -> str:
    request = api.GetStatisticsRequest(pipeline=pipeline)
    with pytest.raises(grpc.RpcError) as caught:
        await replica.statistics.GetStatistics(request, metadata=metadata, timeout=PATIENCE)
    return from_rpc_error(caught.value).reason
