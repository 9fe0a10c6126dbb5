"""What a replica of `tasks` tells of a task in its log."""

import json

from tests.integration.tasks.conftest import Replica
from tests.integration.tasks.hand_worker import HandWorker, described, result_of
from tests.support.replica_process import ReplicaProcess


def told(process: ReplicaProcess, task: str) -> list[dict[str, object]]:
    """The entries of a replica's log that name a task."""
    entries = [json.loads(line) for line in process.log.read_text().splitlines()]
    return [entry for entry in entries if entry.get("task") == task]


async def test_a_tasks_way_can_be_read_from_the_logs_by_its_id(
    processes: list[ReplicaProcess],
    replicas: tuple[Replica, Replica],
    pipeline: str,
    workers: list[HandWorker],
) -> None:
    a, b = replicas
    workers.append(worker := HandWorker(described(pipeline)))
    await worker.connect(a.channel)
    task = (await b.create(pipeline)).name
    lease = (await worker.assignment()).lease
    await worker.finish(lease, result=result_of("done"))
    (created,) = told(processes[1], task)
    assert (created["event"], created["pipeline"]) == ("task created", pipeline)
    assert created["trace_id"]
    (ended,) = told(processes[0], task)
    assert (ended["event"], ended["outcome"], ended["attempt"]) == ("outcome written", "result", 1)
    assert lease.token not in processes[0].log.read_text()
