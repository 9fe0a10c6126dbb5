"""What a replica of `tasks` shows to Prometheus."""

import asyncio
import urllib.request

from prometheus_client.parser import text_string_to_metric_families

from tests.integration.tasks.conftest import Replica
from tests.integration.tasks.hand_worker import PATIENCE, HandWorker, described
from tests.support.replica_process import ReplicaProcess

Samples = dict[tuple[str, tuple[str, ...]], float]


async def samples(process: ReplicaProcess, pipeline: str) -> Samples:
    """The samples of a pipeline and those without one, by name and the values of their other labels."""

    def read() -> str:
        with urllib.request.urlopen(f"http://{process.metrics_address()}/metrics", timeout=10) as page:
            return str(page.read().decode())

    found = {}
    for family in text_string_to_metric_families(await asyncio.to_thread(read)):
        for sample in family.samples:
            labels = dict(sample.labels)
            if labels.pop("pipeline", pipeline) == pipeline:
                found[sample.name, tuple(labels.values())] = sample.value
    return found


async def shown(process: ReplicaProcess, pipeline: str, expected: Samples) -> None:
    """Returns once the page shows the expected values."""
    seen: Samples = {}
    try:
        async with asyncio.timeout(PATIENCE):
            while not expected.items() <= seen.items():
                await asyncio.sleep(0.05)
                seen = await samples(process, pipeline)
    except TimeoutError:
        assert expected == {name: seen.get(name) for name in expected}


async def test_tasks_queues_workers_and_lag_are_shown_by_either_replica(
    processes: list[ReplicaProcess],
    replicas: tuple[Replica, Replica],
    pipeline: str,
    workers: list[HandWorker],
) -> None:
    a, b = replicas
    workers.append(worker := HandWorker(described(pipeline)))
    await worker.connect(a.channel)
    for _ in range(3):
        await b.create(pipeline)
    lease = (await worker.assignment()).lease
    await worker.beat(lease, draining=True)
    for process in processes:
        expected: Samples = {
            ("radmesh_tasks_kept", ("QUEUED",)): 2,
            ("radmesh_tasks_kept", ("RUNNING",)): 1,
            ("radmesh_tasks_queue_depth", ()): 2,
            ("radmesh_tasks_connected_workers", ()): 1,
        }
        await shown(process, pipeline, expected)
    await worker.finish(lease)
    ended: Samples = {("radmesh_tasks_kept", ("RUNNING",)): 0, ("radmesh_tasks_kept", ("SUCCEEDED",)): 1}
    await shown(processes[1], pipeline, ended)
    assert (await samples(processes[1], pipeline))["radmesh_tasks_event_lag_seconds_count", ()] > 0


async def test_a_pipeline_without_a_task_shows_an_empty_queue(
    processes: list[ReplicaProcess],
    replicas: tuple[Replica, Replica],
    pipeline: str,
    workers: list[HandWorker],
) -> None:
    workers.append(worker := HandWorker(described(pipeline)))
    await worker.connect(replicas[0].channel)
    for process in processes:
        await shown(process, pipeline, {("radmesh_tasks_queue_depth", ()): 0})
