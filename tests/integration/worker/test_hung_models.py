"""A model that hangs loses its child, and its worker keeps its slot."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from radmesh.tasks.v1 import worker_service_pb2 as work
from services.chassis.model_process import ModelTimers
from tests.integration.worker.scripted_tasks import Bench, assign, heartbeat, steps_bench
from tests.integration.worker.steps import assignment


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncGenerator[Bench, None]:
    async with steps_bench(tmp_path, ModelTimers(cancel_seconds=0.4)) as running:
        yield running


async def test_a_hung_model_is_killed_when_its_lease_is_dropped_and_its_slot_comes_back(bench: Bench) -> None:
    stream = await bench.tasks.welcomed()
    await heartbeat(stream, free_slots=1)
    lease = await assign(stream, assignment(hang_attempts=1, steps=1))
    await stream.next("progress")
    await stream.send(drop_lease=work.DropLease(lease=lease))
    # Named until it has stopped: `tasks` must not take its slot for free.
    while lease in (beat := await stream.next("heartbeat")).leases:
        assert beat.free_slots == 0
    await heartbeat(stream, free_slots=1)
    await assign(stream, assignment(steps=1))
    assert (await stream.next("outcome")).HasField("result")


async def test_a_model_that_stands_still_is_stopped_by_the_worker_when_tasks_cannot_be_reached(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.chassis.attempt._TIMEOUT_MARGIN_SECONDS", 0.1)
    stream = await bench.tasks.welcomed()
    given = assignment(hang_attempts=1, steps=1)
    given.progress_timeout.FromMilliseconds(300)
    await assign(stream, given)
    error = (await stream.next("outcome")).error
    assert error.reason == "WORKER_STALLED"
    assert error.retryable
