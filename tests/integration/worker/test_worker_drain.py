"""A worker that stops finishes what it can and hands the rest back."""

import asyncio
from pathlib import Path

from radmesh.tasks.v1 import worker_service_pb2 as work
from tests.integration.worker.scripted_tasks import LONG, assign, heartbeat, steps_bench
from tests.integration.worker.steps import assignment


async def test_a_draining_worker_finishes_what_it_can_and_hands_the_rest_back(tmp_path: Path) -> None:
    async with steps_bench(tmp_path, slots=2) as bench:
        stream = await bench.tasks.welcomed()
        await heartbeat(stream, free_slots=2)
        short = await assign(stream, assignment(steps=10, step_seconds=0.02))
        long = await assign(stream, assignment(**LONG))
        waiting = await assign(stream, assignment(steps=1))
        await stream.next("progress")
        await stream.next("progress")
        drain = asyncio.create_task(bench.worker.drain(3.0))
        outcomes: dict[str, work.WorkerOutcome] = {}
        while len(outcomes) < 3:
            outcome = await stream.next("outcome")
            outcomes[outcome.lease.task] = outcome
            await stream.acknowledge(outcome.lease)
        async with asyncio.timeout(10):
            await drain
    assert outcomes[short.task].HasField("result")
    assert outcomes[long.task].released.reason == "WORKER_DRAINING"
    assert outcomes[waiting.task].released.reason == "WORKER_DRAINING"


async def test_a_draining_worker_takes_nothing_more(tmp_path: Path) -> None:
    async with steps_bench(tmp_path, slots=2) as bench:
        stream = await bench.tasks.welcomed()
        await heartbeat(stream, free_slots=2)
        await assign(stream, assignment(steps=50, step_seconds=0.02))
        await stream.next("progress")
        drain = asyncio.create_task(bench.worker.drain(10))
        while not (beat := await stream.next("heartbeat")).draining:
            pass
        assert beat.free_slots == 0, "though one slot is free"
        late = await assign(stream, assignment(steps=1))
        outcome = await stream.next("outcome")
        assert outcome.lease == late
        assert outcome.HasField("released")
        await stream.acknowledge(late)
        last = await stream.next("outcome")
        assert last.HasField("result")
        await stream.acknowledge(last.lease)
        await drain
