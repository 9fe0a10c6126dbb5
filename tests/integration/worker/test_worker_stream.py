"""A worker keeps its leases through every break of its stream, and repeats an outcome until it is heard."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator
from pathlib import Path

import grpc
import pytest

from radmesh.names import is_request_id
from radmesh.tasks.v1 import worker_service_pb2 as work
from services.chassis.artifacts import artifact_key
from services.chassis.model_process import ModelTimers
from tests.integration.worker.scripted_tasks import LONG, Bench, assign, heartbeat, steps_bench
from tests.integration.worker.steps import assignment


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncGenerator[Bench, None]:
    async with steps_bench(tmp_path, ModelTimers(cancel_seconds=0.4)) as running:
        yield running


async def test_the_hello_introduces_the_worker_and_heartbeats_tell_when_its_model_is_loaded(
    bench: Bench,
) -> None:
    stream = await bench.tasks.welcomed()
    assert is_request_id(stream.hello.worker)
    assert stream.hello.slots == 1
    assert [pipeline.name for pipeline in stream.hello.pipelines] == ["pipelines/steps"]
    assert stream.hello.descriptor_set
    await heartbeat(stream, free_slots=1)


async def test_artifacts_are_kept_before_the_outcome_is_sent(bench: Bench) -> None:
    stream = await bench.tasks.welcomed()
    await bench.blobs.put(f"images/{'a' * 64}", b"12345")
    given = assignment(attempt=3, images=(f"images/{'a' * 64}",), steps=1)
    lease = await assign(stream, given)
    outcome = await stream.next("outcome")
    assert outcome.lease == lease
    (artifact,) = outcome.artifacts
    assert artifact.name == f"{lease.task}/artifacts/steps.json"
    content = await bench.blobs.read(artifact_key(lease.task, 3, "steps.json"))
    assert b'"image_bytes": 5' in content
    assert artifact.sha256 == hashlib.sha256(content).hexdigest()


async def test_an_outcome_is_repeated_until_it_is_acknowledged_and_then_forgotten(bench: Bench) -> None:
    stream = await bench.tasks.welcomed()
    lease = await assign(stream, assignment(steps=1))
    first, second = await stream.next("outcome"), await stream.next("outcome")
    assert first == second
    await stream.acknowledge(lease)
    stream.end()
    again = await bench.tasks.stream()
    assert list(again.hello.leases) == []


async def test_a_run_goes_on_through_a_broken_stream_under_the_same_worker_id(bench: Bench) -> None:
    stream = await bench.tasks.welcomed()
    lease = await assign(stream, assignment(steps=40, step_seconds=0.02))
    await stream.next("progress")
    stream.end()
    again = await bench.tasks.welcomed(session=2)
    assert again.hello.worker == stream.hello.worker
    assert list(again.hello.leases) == [lease]
    outcome = await again.next("outcome")
    assert outcome.lease == lease
    assert outcome.HasField("result")


async def test_a_worker_says_when_it_is_connected_and_when_it_is_not(bench: Bench) -> None:
    stream = await bench.tasks.stream()
    assert bench.connected == [], "not before it is welcome"
    await stream.welcome()
    lease = await assign(stream, assignment(steps=1))
    await stream.next("outcome")
    await stream.acknowledge(lease)
    stream.end()
    await bench.tasks.stream()
    assert bench.connected == [True, False]


async def test_an_outcome_that_met_a_broken_stream_is_sent_at_once_on_the_next_one(bench: Bench) -> None:
    stream = await bench.tasks.welcomed()
    lease = await assign(stream, assignment(steps=1))
    await stream.next("outcome")
    stream.end(grpc.StatusCode.ABORTED)
    again = await bench.tasks.welcomed(session=2, heartbeat_seconds=600)  # no heartbeat repeats it in time
    assert list(again.hello.leases) == [lease]
    assert (await again.next("outcome")).lease == lease


async def test_a_drain_of_the_replica_sends_the_worker_elsewhere_with_its_leases(bench: Bench) -> None:
    stream = await bench.tasks.welcomed()
    lease = await assign(stream, assignment(**LONG))
    await stream.next("progress")
    await stream.send(drain=work.DrainWorker())
    again = await bench.tasks.stream()
    assert list(again.hello.leases) == [lease]


async def test_the_files_of_an_outcome_that_came_too_late_are_deleted(bench: Bench) -> None:
    stream = await bench.tasks.welcomed()
    lease = await assign(stream, assignment(steps=1))
    await stream.next("outcome")
    key = artifact_key(lease.task, 1, "steps.json")
    assert await bench.blobs.size(key)
    await stream.acknowledge(lease, lost=True)
    stream.end()
    assert list((await bench.tasks.stream()).hello.leases) == []
    await bench.worker.stop()
    assert await bench.blobs.size(key) is None


async def test_only_the_answer_to_the_outcome_decides_over_its_files(bench: Bench) -> None:
    stream = await bench.tasks.welcomed()
    lease = await assign(stream, assignment(steps=1))
    await stream.next("outcome")
    await stream.acknowledge(lease, lost=True, final=False)
    await stream.send(drop_lease=work.DropLease(lease=lease))
    await stream.next("outcome")
    await stream.acknowledge(lease)
    await heartbeat(stream, free_slots=1)
    assert await bench.blobs.size(artifact_key(lease.task, 1, "steps.json"))


@pytest.mark.parametrize("by", ["drop_lease", "acknowledgement"])
async def test_a_lost_lease_stops_its_run_without_an_outcome_and_frees_the_slot(
    bench: Bench, by: str
) -> None:
    stream = await bench.tasks.welcomed()
    lease = await assign(stream, assignment(**LONG))
    await stream.next("progress")
    if by == "drop_lease":
        await stream.send(drop_lease=work.DropLease(lease=lease))
    else:
        await stream.acknowledge(lease, lost=True, final=False)
    await heartbeat(stream, free_slots=1)
    other = await assign(stream, assignment(steps=1))
    assert (await stream.next("outcome")).lease == other


async def test_a_cancelled_run_ends_as_cancelled_and_its_child_stays(bench: Bench) -> None:
    stream = await bench.tasks.welcomed()
    lease = await assign(stream, assignment(**LONG))
    await stream.next("progress")
    await stream.send(cancel=work.CancelAttempt(lease=lease))
    outcome = await stream.next("outcome")
    assert outcome.HasField("cancelled")


async def test_a_run_that_does_not_obey_a_cancel_ends_as_cancelled_too(bench: Bench) -> None:
    stream = await bench.tasks.welcomed()
    lease = await assign(stream, assignment(ignore_cancel=True, **LONG))
    await stream.next("progress")
    await stream.send(cancel=work.CancelAttempt(lease=lease))
    assert (await stream.next("outcome")).HasField("cancelled")
    await stream.acknowledge(lease)
    await assign(stream, assignment(steps=1))
    assert (await stream.next("outcome")).HasField("result")


async def test_a_cancel_before_the_run_began_ends_as_cancelled(bench: Bench) -> None:
    stream = await bench.tasks.welcomed()
    running = await assign(stream, assignment(**LONG))
    waiting = await assign(stream, assignment(steps=1))
    await stream.send(cancel=work.CancelAttempt(lease=waiting))
    outcome = await stream.next("outcome")
    assert outcome.lease == waiting
    assert outcome.HasField("cancelled")
    await stream.send(cancel=work.CancelAttempt(lease=running))


async def test_a_crash_is_typed_retryable_and_told_after_its_slot(bench: Bench) -> None:
    stream = await bench.tasks.welcomed()
    await heartbeat(stream, free_slots=1)
    await assign(stream, assignment(crash_attempts=1))
    beat = None
    while (request := await stream.inbox.get()).WhichOneof("message") != "outcome":
        if request.HasField("heartbeat"):
            beat = request.heartbeat
    assert request.outcome.error.reason == "WORKER_CRASHED"
    assert request.outcome.error.retryable
    assert request.outcome.error.code == 12001
    assert beat is not None
    assert beat.free_slots == 0
    assert list(beat.leases) == []
    await heartbeat(stream, free_slots=1)


async def test_an_image_that_is_gone_is_named(bench: Bench) -> None:
    stream = await bench.tasks.welcomed()
    await assign(stream, assignment(images=(f"images/{'b' * 64}",)))
    error = (await stream.next("outcome")).error
    assert error.reason == "IMAGE_NOT_FOUND"
    assert error.code == 12002
    assert not error.retryable


async def test_progress_is_the_latest_value_at_most_five_times_a_second(bench: Bench) -> None:
    stream = await bench.tasks.welcomed()
    await heartbeat(stream, free_slots=1)
    loop = asyncio.get_running_loop()
    await assign(stream, assignment(steps=100, step_seconds=0.01))
    begun, seen = loop.time(), []
    while (request := await stream.inbox.get()).WhichOneof("message") != "outcome":
        if request.HasField("progress"):
            seen.append(request.progress.progress)
    assert 2 <= len(seen) <= (loop.time() - begun) * 5 + 2
    units = [progress.units_done for progress in seen]
    assert units == sorted(set(units))
    assert all(progress.attempt == 1 and progress.HasField("update_time") for progress in seen)


async def test_an_inspection_names_what_runs(bench: Bench) -> None:
    stream = await bench.tasks.welcomed()
    lease = await assign(stream, assignment(**LONG))
    await stream.next("progress")
    await stream.send(inspect=work.InspectWorker(inspect_id=7))
    answer = await stream.next("inspection")
    assert answer.inspect_id == 7
    assert list(answer.running) == list(answer.held) == [lease]


async def test_an_attempt_whose_outcome_is_not_acknowledged_is_held(bench: Bench) -> None:
    stream = await bench.tasks.welcomed()
    lease = await assign(stream, assignment(steps=1))
    await stream.next("outcome")
    await stream.send(inspect=work.InspectWorker(inspect_id=8))
    answer = await stream.next("inspection")
    assert (list(answer.running), list(answer.held)) == ([], [lease])


async def test_a_server_that_never_welcomes_is_left(bench: Bench) -> None:
    first = await bench.tasks.stream()
    again = await bench.tasks.stream()
    assert again.hello.worker == first.hello.worker


async def test_the_same_assignment_twice_runs_once(bench: Bench) -> None:
    stream = await bench.tasks.welcomed()
    given = assignment(steps=5)
    lease = await assign(stream, given)
    await assign(stream, given)
    await stream.next("outcome")
    await stream.acknowledge(lease)
    marker = await assign(stream, assignment(steps=1))
    while (outcome := await stream.next("outcome")).lease == lease:
        pass
    assert outcome.lease == marker
