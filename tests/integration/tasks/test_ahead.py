"""A worker whose runs take milliseconds has assignments before it asks, and keeps none that waits."""

from typing import Any

from google.protobuf import duration_pb2

from tests.integration.tasks.conftest import Replica
from tests.integration.tasks.hand_worker import HandWorker, described, result_of

Replicas = tuple[Replica, Replica]
SEEN = 16


def quick() -> dict[str, Any]:
    return {"result": result_of("done"), "run_time": duration_pb2.Duration(nanos=1_000_000)}


async def test_short_runs_bring_assignments_ahead_and_one_handed_back_ends_it(
    replicas: Replicas, pipeline: str, workers: list[HandWorker]
) -> None:
    """Sixteen at first for the only slot, more when half are gone; one at a time after a hand-back."""
    replica, _ = replicas
    workers.append(worker := HandWorker(described(pipeline)))
    await worker.connect(replica.channel)
    for _ in range(SEEN + 26):
        await replica.create(pipeline)
    for number in range(SEEN):
        lease = (await worker.assignment()).lease
        assert assigned(worker) == number + 1
        await worker.finish(lease, **quick())
    held = [(await worker.assignment()).lease for _ in range(16)]
    await worker.beat(*held)
    for _ in range(6):
        await worker.finish(held.pop(0), **quick())
    await worker.settled()
    assert assigned(worker) == SEEN + 16
    await worker.finish(held.pop(0), **quick())
    held += [(await worker.assignment()).lease for _ in range(8)]
    await worker.settled()
    assert assigned(worker) == SEEN + 24
    await worker.finish(held.pop(0), **quick())
    await worker.finish(held.pop(), released={"reason": "NO_SLOT_CAME_FREE"})
    for lease in held:
        await worker.beat(lease)
        await worker.settled()
        assert assigned(worker) == SEEN + 24
        await worker.finish(lease, **quick())
    await worker.assignment()
    await worker.settled()
    assert assigned(worker) == SEEN + 25


async def test_long_runs_bring_one_assignment_a_slot(
    replicas: Replicas, pipeline: str, workers: list[HandWorker]
) -> None:
    replica, _ = replicas
    workers.append(worker := HandWorker(described(pipeline), slots=2))
    await worker.connect(replica.channel)
    for _ in range(SEEN + 4):
        await replica.create(pipeline)
    for _ in range(SEEN):
        lease = (await worker.assignment()).lease
        await worker.finish(lease, result=result_of("done"), run_time=duration_pb2.Duration(seconds=1))
    await worker.settled()
    assert assigned(worker) == SEEN + 2


async def test_outcomes_that_come_together_are_each_acknowledged(
    replicas: Replicas, pipeline: str, workers: list[HandWorker]
) -> None:
    replica, _ = replicas
    workers.append(worker := HandWorker(described(pipeline), slots=3))
    assert (await worker.connect(replica.channel)).reads_more
    for _ in range(3):
        await replica.create(pipeline)
    leases = [(await worker.assignment()).lease for _ in range(3)]
    await worker.outcomes_together(leases)
    told = [(await worker.next("acknowledgement")).acknowledgement for _ in range(3)]
    assert sorted(one.lease.task for one in told) == sorted(lease.task for lease in leases)
    assert all(one.final for one in told)


def assigned(worker: HandWorker) -> int:
    return sum(message.WhichOneof("message") == "assignment" for message in worker.seen)
