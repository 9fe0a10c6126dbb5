"""Two replicas over one Redis: the worker is on one, the client and its watch on the other."""

import asyncio

from radmesh.tasks.v1 import follow_service_pb2, task_pb2, task_service_pb2
from radmesh.tasks.v1 import worker_service_pb2 as work
from tests.integration.tasks.conftest import Replica, states
from tests.integration.tasks.hand_worker import PATIENCE, HandWorker, artifact_of, described, result_of

Replicas = tuple[Replica, Replica]
Workers = list[HandWorker]
MISSING = f"tasks/{'0' * 32}"


async def test_a_task_runs_on_one_replica_and_is_watched_on_the_other(
    replicas: Replicas, pipeline: str, workers: Workers
) -> None:
    a, b = replicas
    workers.append(worker := HandWorker(described(pipeline)))
    await worker.connect(a.channel)
    task = await b.create(pipeline, labels={"ward": "west"})
    assert task.parameters["threshold"] == 0.5
    watch = b.watch(task.name, 0)
    assignment = await worker.assignment()
    assert (assignment.lease.task, assignment.weights) == (task.name, "models/hand/weights/official")
    await worker.progress(assignment.lease, 0.25)
    events = []
    async with asyncio.timeout(PATIENCE):
        async for message in watch:
            if message.HasField("event"):
                events.append(message.event)
            if message.HasField("progress"):
                assert message.progress.fraction == 0.25
                artifact = artifact_of(task.name, "mask.png", b"mask")
                await worker.outcome(assignment.lease, result=result_of("done"), artifacts=[artifact])
    assert [event.sequence for event in events] == [1, 2, 3, 4]
    assert events[2].artifact.file_name == "mask.png"
    assert events[3].state_change.HasField("result")
    ended = await b.get(task.name)
    assert ended.state == task_pb2.TASK_STATE_SUCCEEDED
    assert [one.file_name for one in ended.artifacts] == ["mask.png"]


async def test_a_cancel_on_one_replica_reaches_the_worker_on_the_other(
    replicas: Replicas, pipeline: str, workers: Workers
) -> None:
    a, b = replicas
    workers.append(worker := HandWorker(described(pipeline)))
    await worker.connect(a.channel)
    task = await b.create(pipeline)
    lease = (await worker.assignment()).lease
    answer = await b.tasks.CancelTask(task_service_pb2.CancelTaskRequest(name=task.name))
    assert answer.task.state == task_pb2.TASK_STATE_CANCELLING
    assert (await worker.next("cancel")).cancel.lease == lease
    assert await worker.finish(lease, cancelled=work.AttemptCancelled()) == work.LEASE_STANDING_ACCEPTED
    ended = await b.get(task.name)
    assert (ended.state, ended.error.reason) == (task_pb2.TASK_STATE_CANCELLED, "TASK_CANCELLED")


async def test_a_cancel_that_a_worker_missed_is_repeated_at_its_heartbeat(
    replicas: Replicas, pipeline: str, workers: Workers
) -> None:
    a, b = replicas
    workers.append(worker := HandWorker(described(pipeline)))
    await worker.connect(a.channel)
    task = await b.create(pipeline)
    lease = (await worker.assignment()).lease
    await worker.leave()
    await b.tasks.CancelTask(task_service_pb2.CancelTaskRequest(name=task.name))
    await worker.connect(b.channel, [lease])
    assert (await worker.next("cancel")).cancel.lease == lease
    await worker.beat(lease)
    assert (await worker.next("cancel")).cancel.lease == lease


async def test_a_queued_task_is_cancelled_at_once(
    replicas: Replicas, pipeline: str, workers: Workers
) -> None:
    a, b = replicas
    workers.append(worker := HandWorker(described(pipeline)))
    await worker.connect(a.channel)
    await worker.beat(draining=True)
    await worker.settled()
    task = await b.create(pipeline)
    assert (task.state, task.queue_position) == (task_pb2.TASK_STATE_QUEUED, 1)
    answer = await a.tasks.CancelTask(task_service_pb2.CancelTaskRequest(name=task.name))
    assert answer.task.state == task_pb2.TASK_STATE_CANCELLED


async def test_a_worker_gets_as_many_tasks_as_it_has_slots_and_none_when_it_drains(
    replicas: Replicas, pipeline: str, workers: Workers
) -> None:
    a, b = replicas
    workers.append(worker := HandWorker(described(pipeline), slots=2))
    await worker.connect(a.channel)
    tasks = [await b.create(pipeline) for _ in range(4)]
    leases = [(await worker.assignment()).lease for _ in range(2)]
    assert [lease.task for lease in leases] == [task.name for task in tasks[:2]]
    await worker.finish(leases[0])
    third = (await worker.assignment()).lease
    assert third.task == tasks[2].name
    await worker.beat(leases[1], third, draining=True)
    await worker.settled()
    await worker.finish(leases[1])
    await worker.finish(third)
    workers.append(other := HandWorker(described(pipeline)))
    await other.connect(b.channel)
    assert (await other.assignment()).lease.task == tasks[3].name
    assert sum(message.HasField("assignment") for message in worker.seen) == 3


async def test_slots_that_direct_calls_take_get_no_task(
    replicas: Replicas, pipeline: str, workers: Workers
) -> None:
    a, b = replicas
    workers.append(worker := HandWorker(described(pipeline), slots=1))
    await worker.connect(a.channel)
    await worker.beat(free_slots=0)
    await worker.settled()
    task = await b.create(pipeline)
    workers.append(other := HandWorker(described(pipeline)))
    await other.connect(b.channel)
    assert (await other.assignment()).lease.task == task.name
    assert not any(message.HasField("assignment") for message in worker.seen)


async def test_a_follow_stream_carries_the_tasks_that_it_names(
    replicas: Replicas, pipeline: str, workers: Workers
) -> None:
    a, b = replicas
    workers.append(worker := HandWorker(described(pipeline)))
    await worker.connect(a.channel)
    follow = b.logs.Follow()
    first, second = await b.create(pipeline), await b.create(pipeline)
    await follow.write(follow_service_pb2.FollowRequest(follow=[second.name]))
    answer = await follow.read()
    while not answer.HasField("followed"):
        answer = await follow.read()
    request = follow_service_pb2.ReadTaskLogRequest(name=second.name, after_sequence=0)
    log = await b.logs.ReadTaskLog(request)
    assert [event.sequence for event in log.events] == [1]
    for task in (first, second):
        lease = (await worker.assignment()).lease
        assert lease.task == task.name
        await worker.finish(lease)
    news: list[follow_service_pb2.FollowResponse] = []
    async with asyncio.timeout(PATIENCE):
        while not news or news[-1].event.sequence < 3:
            message = await follow.read()
            news += [one for one in (message, *message.more) if one.HasField("event")]
    assert {message.task for message in news} == {second.name}
    # What was written before may still arrive; the log has it already.
    fresh = [number for message in news if (number := message.event.sequence) > log.task.sequence]
    assert fresh == [2, 3]
    await follow.done_writing()
    while await follow.read():
        pass


async def test_a_follow_brings_the_log_it_asks_for_unless_it_is_large_or_not_the_owners(
    replicas: Replicas, pipeline: str, workers: Workers
) -> None:
    a, b = replicas
    workers.append(worker := HandWorker(described(pipeline)))
    await worker.connect(a.channel)
    large = await b.create(pipeline)
    watch = b.watch(large.name, 0)
    await worker.finish((await worker.assignment()).lease, result=result_of("x" * 20_000))
    await states(watch)
    small = await b.create(pipeline)
    wanted = follow_service_pb2.WantedLog
    request = follow_service_pb2.FollowRequest(
        follow=[small.name, large.name, MISSING],
        logs=[
            wanted(name=small.name, owner="local", after_sequence=0),
            wanted(name=large.name, owner="local", after_sequence=0),
            wanted(name=MISSING, owner="local"),
        ],
    )
    told = await followed(b, request)
    assert [event.sequence for event in told[small.name].log.events][:1] == [1]
    assert told[small.name].log.task.name == small.name
    assert not told[large.name].HasField("log")
    assert not told[MISSING].HasField("log")
    strange = follow_service_pb2.FollowRequest(
        follow=[small.name], logs=[wanted(name=small.name, owner="somebody else")]
    )
    assert not (await followed(b, strange))[small.name].HasField("log")


async def followed(
    replica: Replica, request: follow_service_pb2.FollowRequest
) -> dict[str, follow_service_pb2.TaskFollowed]:
    """What a new stream says to the follows of a request."""
    told: dict[str, follow_service_pb2.TaskFollowed] = {}
    stream = replica.logs.Follow()
    await stream.write(request)
    async with asyncio.timeout(PATIENCE):
        while len(told) < len(request.follow):
            message = await stream.read()
            told.update(
                {one.task: one.followed for one in (message, *message.more) if one.HasField("followed")}
            )
    stream.cancel()
    return told


async def test_an_idle_watch_tells_the_place_in_the_queue(
    replicas: Replicas, pipeline: str, workers: Workers
) -> None:
    a, b = replicas
    workers.append(worker := HandWorker(described(pipeline)))
    await worker.connect(a.channel)
    running, first, second = [await b.create(pipeline) for _ in range(3)]
    lease = (await worker.assignment()).lease
    assert lease.task == running.name
    watch = b.watch(second.name)
    positions = set()
    async with asyncio.timeout(PATIENCE):
        async for message in watch:
            if message.HasField("bookmark"):
                positions.add(message.bookmark.queue_position)
                await worker.beat(lease)
            if positions == {2}:
                await a.tasks.CancelTask(task_service_pb2.CancelTaskRequest(name=first.name))
            elif positions == {1, 2}:
                break
    watch.cancel()


async def test_a_released_attempt_goes_to_another_worker_and_does_not_count(
    replicas: Replicas, pipeline: str, workers: Workers
) -> None:
    a, b = replicas
    workers.append(worker := HandWorker(described(pipeline, max_attempts=1)))
    await worker.connect(a.channel)
    task = await b.create(pipeline)
    lease = (await worker.assignment()).lease
    await worker.beat(lease, draining=True)
    await worker.settled()
    assert await worker.finish(lease, released=work.AttemptReleased(reason="WORKER_DRAINING")) == 1
    workers.append(other := HandWorker(described(pipeline, max_attempts=1)))
    await other.connect(b.channel)
    lease = (await other.assignment()).lease
    assert (lease.task, lease.attempt) == (task.name, 2)
    await other.finish(lease)
    assert await states(a.watch(task.name, 0)) == [
        (1, "QUEUED"),
        (2, "RUNNING"),
        (3, "QUEUED"),
        (4, "RUNNING"),
        (5, "SUCCEEDED"),
    ]
