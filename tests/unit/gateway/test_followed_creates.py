"""Tasks that are created on the stream that carries the watches: nothing missed, nothing left behind."""

import asyncio
import time

import pytest

from radmesh.errors import UnavailableError
from radmesh.tasks.v1 import follow_service_pb2 as api
from radmesh.tasks.v1 import task_pb2
from radmesh.tasks.v1.task_service_pb2 import CreateTaskRequest
from services.chassis import principals
from services.chassis.channels import connect
from tests.unit.gateway.scripted_tasks import PATIENCE, TASK, Gateway, ScriptedTasks, until

CREATE = CreateTaskRequest(request_id="r", pipeline="pipelines/steps")


def created(wanted: api.WantedTask) -> api.FollowResponse:
    """A task that was created, and in the same message how it goes on."""
    task = task_pb2.Task(name=TASK, state=task_pb2.TASK_STATE_QUEUED, sequence=1, owner=wanted.owner)
    told = api.FollowResponse(created=api.TaskCreated(number=wanted.number, task=task))
    for number, state in ((2, task_pb2.TASK_STATE_RUNNING), (3, task_pb2.TASK_STATE_SUCCEEDED)):
        later = told.more.add(task=TASK)
        later.event.sequence, later.event.state_change.state = number, state
    return told


async def heard(tasks: ScriptedTasks, gateway: Gateway) -> None:
    """Returns when the gateway knows that its stream is up: only then it creates tasks there."""
    seen: list[int] = []
    watch = asyncio.ensure_future(gateway.sequences(seen))
    tasks.write(task_pb2.TASK_STATE_QUEUED)
    await until(lambda: seen)
    watch.cancel()
    await asyncio.wait([watch])


async def test_a_task_is_created_on_the_stream_and_nothing_of_it_is_missed(
    tasks: ScriptedTasks, gateway: Gateway
) -> None:
    await heard(tasks, gateway)
    readings, tasks.answer = tasks.readings, created
    principals.enter(principals.Principal("eve"))
    begun = await gateway.logs.create(CREATE, gateway.hub)
    assert begun is not None
    told = [message async for message in gateway.hub.go_on(begun, "eve")]
    assert [one.snapshot.sequence or one.event.sequence for one in told] == [1, 2, 3]
    assert [(one.owner, one.request) for one in tasks.creates] == [("eve", CREATE)]
    assert (tasks.readings, gateway.hub.open_watches) == (readings, 0)
    await until(lambda: tasks.orders[-1] == f"-{TASK}")


async def test_what_was_not_created_on_the_stream_is_left_to_a_call(
    tasks: ScriptedTasks, gateway: Gateway
) -> None:
    assert await gateway.logs.create(CREATE, gateway.hub) is None  # nothing was heard on the stream yet
    await heard(tasks, gateway)
    large = CreateTaskRequest(images=["x" * 100] * 4_000)
    assert await gateway.logs.create(large, gateway.hub) is None
    assert not tasks.creates
    tasks.answer = lambda wanted: api.FollowResponse(created=api.TaskCreated(number=wanted.number))
    assert await gateway.logs.create(CREATE, gateway.hub) is None
    tasks.answer = None
    creating = asyncio.ensure_future(gateway.logs.create(CREATE, gateway.hub))
    await until(lambda: len(tasks.creates) == 2)
    tasks.break_streams()
    assert await creating is None


async def test_while_the_stream_is_down_a_create_is_left_to_a_call_at_once(
    tasks: ScriptedTasks, gateway: Gateway
) -> None:
    await heard(tasks, gateway)
    tasks.takes_streams.clear()
    tasks.break_streams()
    await until(lambda: not gateway.logs._heard)
    assert await gateway.logs.create(CREATE, gateway.hub) is None
    tasks.takes_streams.set()


async def test_a_task_that_was_created_on_the_stream_is_followed_again_after_a_break(
    tasks: ScriptedTasks, gateway: Gateway
) -> None:
    await heard(tasks, gateway)

    def created_now(wanted: api.WantedTask) -> api.FollowResponse:
        told = created(wanted)
        told.ClearField("more")
        return told

    tasks.answer = created_now
    begun = await gateway.logs.create(CREATE, gateway.hub)
    assert begun is not None
    assert not gateway.logs._creating
    tasks.takes_streams.clear()
    tasks.break_streams()
    await until(lambda: not tasks.streams)
    tasks.write(task_pb2.TASK_STATE_RUNNING)
    tasks.write(task_pb2.TASK_STATE_SUCCEEDED)
    tasks.takes_streams.set()
    async with asyncio.timeout(PATIENCE):
        told = [message async for message in gateway.hub.go_on(begun, "local")]
    assert [one.snapshot.sequence or one.event.sequence for one in told] == [1, 2, 3]


async def test_a_caller_that_goes_before_the_answer_leaves_nothing_behind(
    tasks: ScriptedTasks, gateway: Gateway
) -> None:
    await heard(tasks, gateway)
    creating = asyncio.ensure_future(gateway.logs.create(CREATE, gateway.hub))
    await until(lambda: tasks.creates)
    creating.cancel()
    await asyncio.wait([creating])
    before = len(tasks.orders)
    tasks.streams[0].put_nowait(created(tasks.creates[0]))
    await until(lambda: tasks.orders[before:] == [f"-{TASK}"])
    assert gateway.hub.open_watches == 0


async def test_a_caller_that_goes_with_the_answer_leaves_nothing_behind(
    tasks: ScriptedTasks, gateway: Gateway
) -> None:
    await heard(tasks, gateway)
    creating = asyncio.ensure_future(gateway.logs.create(CREATE, gateway.hub))
    await until(lambda: tasks.creates)
    gateway.logs._tell(gateway.hub, created(tasks.creates[0]))
    assert gateway.hub.open_watches == 1
    creating.cancel()
    await asyncio.wait([creating])
    assert creating.cancelled()
    assert gateway.hub.open_watches == 0
    await until(lambda: tasks.orders[-1] == f"-{TASK}")


async def test_an_answer_that_comes_as_its_time_is_over_leaves_nothing_behind(
    tasks: ScriptedTasks, address: str
) -> None:
    channel = connect(address)
    gateway = Gateway(channel, patience=0.5)
    await heard(tasks, gateway)
    creating = asyncio.ensure_future(gateway.logs.create(CREATE, gateway.hub))
    await until(lambda: tasks.creates)

    def answered() -> None:
        gateway.logs._tell(gateway.hub, created(tasks.creates[0]))

    # Both are due when the loop looks again: the answer, and then the end of the time.
    asyncio.get_running_loop().call_soon(time.sleep, 0.7)
    asyncio.get_running_loop().call_later(0.01, answered)
    with pytest.raises(UnavailableError):
        await creating
    assert gateway.hub.open_watches == 0
    await gateway.logs.stop()
    await channel.close(None)


async def test_a_create_waits_for_tasks_only_so_long(tasks: ScriptedTasks, address: str) -> None:
    channel = connect(address)
    gateway = Gateway(channel, patience=0.2)
    await heard(tasks, gateway)
    with pytest.raises(UnavailableError):
        await gateway.logs.create(CREATE, gateway.hub)
    await gateway.logs.stop()
    await channel.close(None)
