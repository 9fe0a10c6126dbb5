"""Stuck tasks through real replicas: the worker is on one, whoever asks on the other."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from google.protobuf import duration_pb2
from redis import Redis

from radmesh.tasks.v1 import admin_service_pb2 as api
from radmesh.tasks.v1 import stuck_pb2, task_pb2
from radmesh.tasks.v1 import worker_service_pb2 as work
from tests.integration.tasks.conftest import QUICK, Replica, states
from tests.integration.tasks.hand_worker import PATIENCE, HandWorker, described
from tests.integration.tasks.test_admin import ALICE, refused
from tests.support.redis_process import RedisProcess
from tests.support.replica_process import ReplicaProcess

Replicas = tuple[Replica, Replica]
Workers = list[HandWorker]


async def check(replica: Replica, task: str, **fields: Any) -> stuck_pb2.TaskFinding:
    """What a look finds about one task."""
    answer = await replica.admin.CheckStuckTasks(api.CheckStuckTasksRequest(**fields), timeout=PATIENCE)
    findings: Sequence[stuck_pb2.TaskFinding] = answer.findings
    return next(one for one in findings if one.task == task)


async def recover(replica: Replica, *names: str, force: bool = False) -> list[stuck_pb2.TaskRecovery]:
    request = api.RecoverTasksRequest(names=names, force=force)
    return list((await replica.admin.RecoverTasks(request, timeout=PATIENCE)).recoveries)


async def answering(
    worker: HandWorker, call: Any, running: Sequence[work.Lease], held: Sequence[work.Lease]
) -> Any:
    """The answer of a call in which the worker is asked once."""
    answer, _ = await asyncio.gather(call, worker.inspected(running, held))
    return answer


async def keep_alive(worker: HandWorker, lease: work.Lease) -> None:
    while True:
        await worker.beat(lease)
        await asyncio.sleep(0.3)


async def test_a_worker_of_the_other_replica_is_asked_what_it_runs(
    replicas: Replicas, pipeline: str, workers: Workers
) -> None:
    a, b = replicas
    workers.append(worker := HandWorker(described(pipeline)))
    await worker.connect(a.channel)
    task = await b.create(pipeline)
    lease = (await worker.assignment()).lease
    beats = asyncio.ensure_future(keep_alive(worker, lease))
    for running, held, expected in (
        ([lease], [lease], stuck_pb2.WORKER_ANSWER_RUNS),
        ([], [lease], stuck_pb2.WORKER_ANSWER_HOLDS),
        ([], [], stuck_pb2.WORKER_ANSWER_UNKNOWN_ATTEMPT),
    ):
        found = await answering(worker, check(b, task.name), running, held)
        assert found.worker_answer == expected
    assert found.worker == f"workers/{worker.id}"
    assert found.HasField("start_time")
    assert found.HasField("last_heartbeat_time")
    # One that does not answer may be well.
    found = await check(b, task.name)
    assert found.worker_answer == stuck_pb2.WORKER_ANSWER_SILENT
    assert found.stuck_reason == stuck_pb2.STUCK_REASON_UNSPECIFIED
    beats.cancel()


async def test_an_attempt_that_its_worker_dropped_silently_is_put_back(
    replicas: Replicas, pipeline: str, workers: Workers
) -> None:
    a, b = replicas
    workers.append(worker := HandWorker(described(pipeline)))
    await worker.connect(a.channel)
    task = await b.create(pipeline)
    lease = (await worker.assignment()).lease
    beats = asyncio.ensure_future(keep_alive(worker, lease))
    async with asyncio.timeout(PATIENCE):
        while True:
            # An assignment of a moment ago may be on its way.
            found = await answering(worker, check(b, task.name), [], [])
            if found.stuck_reason == stuck_pb2.STUCK_REASON_WORKER_LOST:
                break
    beats.cancel()
    (recovery,) = await answering(worker, recover(b, task.name), [], [])
    assert recovery.reset
    assert (await worker.next("drop_lease")).drop_lease.lease == lease
    await worker.beat()
    again = (await worker.assignment()).lease
    assert (again.task, again.attempt) == (task.name, 2)
    assert await worker.finish(lease) == work.LEASE_STANDING_LEASE_LOST
    assert await worker.finish(again) == work.LEASE_STANDING_ACCEPTED
    assert await states(b.watch(task.name, 0)) == [
        (1, "QUEUED"),
        (2, "RUNNING"),
        (3, "QUEUED"),
        (4, "RUNNING"),
        (5, "SUCCEEDED"),
    ]
    answer = await a.admin.ListAuditRecords(api.ListAuditRecordsRequest(), timeout=PATIENCE)
    record = next(one for one in answer.audit_records if one.method == "RecoverTasks")
    assert (list(record.tasks), record.outcome) == ([task.name], "OK")


async def test_a_look_refuses_what_makes_no_sense(replicas: Replicas) -> None:
    a, _ = replicas
    none = duration_pb2.Duration()
    for call in (
        a.admin.CheckStuckTasks(api.CheckStuckTasksRequest(max_runtime=none)),
        a.admin.RecoverTasks(api.RecoverTasksRequest(max_runtime=duration_pb2.Duration(seconds=-1))),
        a.admin.RecoverTasks(api.RecoverTasksRequest(names=["tasks/x"])),
        a.admin.RecoverTasks(api.RecoverTasksRequest(names=[f"tasks/{'0' * 32}"] * 501)),
    ):
        assert await refused(call) == "INVALID_REQUEST"
    for method in ("CheckStuckTasks", "RecoverTasks"):
        request = getattr(api, f"{method}Request")()
        assert await refused(getattr(a.admin, method)(request, metadata=ALICE)) == "ROLE_REQUIRED"


async def test_what_is_stuck_beyond_doubt_recovers_without_anybody(tmp_path: Path) -> None:
    redis = RedisProcess(tmp_path / "redis")
    redis.start()
    settings = {**QUICK, "stuck_check_seconds": 0.3}
    replica = ReplicaProcess(tmp_path, redis.url, **settings).start()
    worker = HandWorker(described("hand"))
    try:
        replica.wait_until_ready()
        client = Replica(replica.address)
        await worker.connect(client.channel)
        await worker.beat(free_slots=0)
        await worker.settled()
        task = await client.create("hand")
        with Redis.from_url(redis.url) as server:
            assert server.zrem("{radmesh}:ready:hand", task.name.removeprefix("tasks/"))
        await worker.beat()
        assert (await worker.assignment()).lease.task == task.name
        reasons = []
        async with asyncio.timeout(PATIENCE):
            async for message in client.watch(task.name, 0):
                if message.HasField("event"):
                    reasons.append(message.event.state_change.reason)
                    if message.event.state_change.state == task_pb2.TASK_STATE_RUNNING:
                        break
        assert reasons == ["CREATED", "RECOVERED", "ASSIGNED"]
        await client.channel.close(None)
    finally:
        await worker.leave()
        replica.kill()
        redis.kill()
