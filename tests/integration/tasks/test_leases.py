"""Leases belong to a worker, not to a stream: what is kept, what is lost, and what a late word is worth."""

import asyncio
import contextlib

import grpc
import pytest

from radmesh.errors import InvalidRequestError
from radmesh.status import from_rpc_error
from radmesh.tasks.v1 import task_pb2
from radmesh.tasks.v1 import worker_service_pb2 as work
from tests.integration.tasks.conftest import Replica, states
from tests.integration.tasks.hand_worker import HandWorker, described, result_of

ACCEPTED, LOST = work.LEASE_STANDING_ACCEPTED, work.LEASE_STANDING_LEASE_LOST
Replicas = tuple[Replica, Replica]
Workers = list[HandWorker]


async def test_the_task_of_a_lost_worker_goes_to_another_and_its_late_outcome_is_refused(
    replicas: Replicas, pipeline: str, workers: Workers
) -> None:
    a, b = replicas
    workers.append(lost := HandWorker(described(pipeline)))
    await lost.connect(a.channel)
    task = await b.create(pipeline)
    watch = b.watch(task.name, 0)
    late = (await lost.assignment()).lease
    await lost.leave()
    workers.append(other := HandWorker(described(pipeline)))
    await other.connect(b.channel)
    lease = (await other.assignment()).lease
    assert (lease.task, lease.attempt) == (task.name, 2)
    await lost.connect(a.channel, [late])
    assert (await lost.next("acknowledgement")).acknowledgement.standing == LOST
    assert (await lost.next("drop_lease")).drop_lease.lease == late
    assert await lost.finish(late, result=result_of("late")) == LOST
    assert await other.finish(lease, result=result_of("in time")) == ACCEPTED
    assert [state for _, state in await states(watch)] == [
        "QUEUED",
        "RUNNING",
        "QUEUED",
        "RUNNING",
        "SUCCEEDED",
    ]
    assert (await a.get(task.name)).result == result_of("in time")


async def test_a_worker_that_falls_silent_on_an_open_stream_is_told_that_its_lease_is_lost(
    replicas: Replicas, pipeline: str, workers: Workers
) -> None:
    a, b = replicas
    workers.append(worker := HandWorker(described(pipeline)))
    await worker.connect(a.channel)
    await b.create(pipeline)
    lease = (await worker.assignment()).lease
    assert (await worker.next("drop_lease")).drop_lease.lease == lease
    await worker.beat(lease)
    assert (await worker.next("acknowledgement")).acknowledgement.standing == LOST
    # Its slot is free again once it does not name the lease any more: the stream goes on.
    await worker.beat()
    assert (await worker.assignment()).lease.attempt == 2


async def test_a_worker_keeps_its_lease_when_it_reconnects_to_the_other_replica(
    replicas: Replicas, pipeline: str, workers: Workers
) -> None:
    a, b = replicas
    workers.append(worker := HandWorker(described(pipeline)))
    before = await worker.connect(a.channel)
    task = await b.create(pipeline)
    lease = (await worker.assignment()).lease
    await worker.leave()
    after = await worker.connect(b.channel, [lease])
    assert after.session > before.session
    assert (await worker.next("acknowledgement")).acknowledgement.standing == ACCEPTED
    assert await worker.finish(lease) == ACCEPTED
    assert [state for _, state in await states(a.watch(task.name, 0))] == ["QUEUED", "RUNNING", "SUCCEEDED"]


async def test_heartbeats_keep_a_lease_past_its_duration(
    replicas: Replicas, pipeline: str, workers: Workers
) -> None:
    a, b = replicas
    workers.append(worker := HandWorker(described(pipeline)))
    welcome = await worker.connect(a.channel)
    await b.create(pipeline)
    lease = (await worker.assignment()).lease
    loop = asyncio.get_running_loop()
    end = loop.time() + welcome.lease_duration.ToTimedelta().total_seconds() + 0.5
    while loop.time() < end:
        await worker.beat(lease)
        assert (await worker.next("acknowledgement")).acknowledgement.standing == ACCEPTED
        await asyncio.sleep(0.2)
    assert await worker.finish(lease) == ACCEPTED


async def test_an_assignment_that_never_arrived_is_given_again(
    replicas: Replicas, pipeline: str, workers: Workers
) -> None:
    a, b = replicas
    workers.append(worker := HandWorker(described(pipeline)))
    await worker.connect(a.channel)
    task = await b.create(pipeline)
    await worker.assignment()
    await worker.leave()
    await worker.connect(b.channel, [])
    lease = (await worker.assignment()).lease
    assert (lease.task, lease.attempt) == (task.name, 2)


async def test_a_newer_session_on_either_replica_ends_the_older_one(
    replicas: Replicas, pipeline: str, workers: Workers
) -> None:
    a, b = replicas
    for elsewhere in (a, b):
        workers.append(older := HandWorker(described(pipeline)))
        workers.append(newer := HandWorker(described(pipeline)))
        newer.id = older.id
        await older.connect(a.channel)
        await newer.connect(elsewhere.channel)
        if elsewhere is b:
            # It may have looked for work meanwhile, and been told already.
            with contextlib.suppress(asyncio.InvalidStateError):
                await older.beat()
        with pytest.raises(grpc.RpcError) as ended:
            await older.next("drain")
        error = from_rpc_error(ended.value)
        assert (error.code.name, error.reason) == ("ABORTED", "SESSION_SUPERSEDED")
        await newer.beat()
        task = await b.create(pipeline)
        lease = (await newer.assignment()).lease
        assert lease.task == task.name
        await newer.finish(lease)
        await newer.leave()


async def test_an_outcome_that_is_repeated_is_accepted_again_and_counts_once(
    replicas: Replicas, pipeline: str, workers: Workers
) -> None:
    a, b = replicas
    workers.append(worker := HandWorker(described(pipeline)))
    await worker.connect(a.channel)
    task = await b.create(pipeline)
    lease = (await worker.assignment()).lease
    assert await worker.finish(lease) == ACCEPTED
    assert await worker.finish(lease) == ACCEPTED
    await worker.connect(b.channel)
    assert await worker.finish(lease) == ACCEPTED
    assert (await a.get(task.name)).sequence == 3


async def test_a_lost_lease_does_not_end_the_stream(
    replicas: Replicas, pipeline: str, workers: Workers
) -> None:
    a, b = replicas
    workers.append(worker := HandWorker(described(pipeline)))
    await worker.connect(a.channel)
    for nobodys in (work.Lease(task="nonsense"), work.Lease(task=f"tasks/{'0' * 32}", attempt=1, token="x")):
        await worker.progress(nobodys, 0.5)
        assert (await worker.next("acknowledgement")).acknowledgement.standing == LOST
        assert await worker.finish(nobodys) == LOST
    await b.create(pipeline)
    assert await worker.finish((await worker.assignment()).lease) == ACCEPTED


async def test_a_heartbeat_that_names_more_leases_than_a_worker_can_have_ends_the_stream(
    replicas: Replicas, pipeline: str, workers: Workers
) -> None:
    workers.append(worker := HandWorker(described(pipeline)))
    await worker.connect(replicas[0].channel)
    await worker.beat(*[work.Lease(task=f"tasks/{'0' * 32}", attempt=1, token="x")] * 1_001)
    with pytest.raises(grpc.RpcError) as ended:
        await worker.next("drain")
    error = from_rpc_error(ended.value)
    assert isinstance(error, InvalidRequestError)
    assert [one.field for one in error.violations] == ["heartbeat.leases"]


async def test_an_outcome_that_breaks_the_rules_fails_the_task(
    replicas: Replicas, pipeline: str, workers: Workers
) -> None:
    a, b = replicas
    workers.append(worker := HandWorker(described(pipeline)))
    await worker.connect(a.channel)
    task = await b.create(pipeline)
    lease = (await worker.assignment()).lease
    assert await worker.finish(lease, result=result_of("x" * (256 << 10))) == ACCEPTED
    ended = await b.get(task.name)
    assert (ended.state, ended.error.reason) == (task_pb2.TASK_STATE_FAILED, "RESULT_TOO_LARGE")
    assert ended.error.metadata["limit_bytes"] == str(256 << 10)
    assert "256 KiB" in ended.error.message
    # The worker is rid of it, and gets the next one.
    await b.create(pipeline)
    assert (await worker.assignment()).lease.task != task.name


async def test_a_worker_that_has_said_its_last_word_still_gets_the_answer(
    replicas: Replicas, pipeline: str, workers: Workers
) -> None:
    a, b = replicas
    workers.append(worker := HandWorker(described(pipeline)))
    await worker.connect(a.channel)
    task = await b.create(pipeline)
    await worker.outcome((await worker.assignment()).lease)
    await worker.close_side()
    answers = [message.acknowledgement for message in worker.seen if message.HasField("acknowledgement")]
    assert [(answer.standing, answer.final) for answer in answers] == [(ACCEPTED, True)]
    assert (await b.get(task.name)).state == task_pb2.TASK_STATE_SUCCEEDED
