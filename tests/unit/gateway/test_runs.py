"""RunTask: one create and one watch, whichever way the task came to be."""

from contextlib import aclosing

import pytest

from radmesh.errors import ExhaustedError
from radmesh.tasks.v1 import task_pb2
from radmesh.tasks.v1.task_service_pb2 import RunTaskResponse
from services.chassis.watch import WatchHub
from services.gateway.runs import Runs
from tests.unit.gateway.scripted_tasks import Gateway, ScriptedTasks, until
from tests.unit.gateway.test_followed_creates import CREATE, created, heard


def runs(gateway: Gateway, hub: WatchHub | None = None) -> Runs:
    return Runs(gateway.peer, hub or gateway.hub, gateway.logs)


async def told(gateway: Gateway) -> list[RunTaskResponse]:
    return [message async for message in runs(gateway).run(CREATE)]


async def test_where_no_watch_has_room_no_task_is_created(tasks: ScriptedTasks, gateway: Gateway) -> None:
    await heard(tasks, gateway)
    tasks.answer = created
    full = WatchHub(gateway.logs, watch_limit=0, bookmark_seconds=60.0)
    with pytest.raises(ExhaustedError):
        _ = [message async for message in runs(gateway, full).run(CREATE)]
    assert not tasks.creates
    assert not tasks.calls


async def test_what_the_stream_creates_no_call_creates_again(tasks: ScriptedTasks, gateway: Gateway) -> None:
    await heard(tasks, gateway)
    tasks.answer = created
    messages = await told(gateway)
    assert [one.snapshot.sequence or one.event.sequence for one in messages] == [1, 2, 3]
    assert not any(one.deduplicated for one in messages)
    assert (len(tasks.creates), tasks.calls, gateway.hub.open_watches) == (1, [], 0)


async def test_what_a_call_finds_is_watched_and_told_to_have_been_there(
    tasks: ScriptedTasks, gateway: Gateway
) -> None:
    tasks.write(task_pb2.TASK_STATE_QUEUED)
    messages: list[RunTaskResponse] = []
    async for message in runs(gateway).run(CREATE):
        messages.append(message)
        if message.HasField("snapshot"):
            tasks.write(task_pb2.TASK_STATE_SUCCEEDED)
    assert [one.WhichOneof("message") for one in messages] == ["snapshot", "event"]
    assert [one.deduplicated for one in messages] == [True, False]
    assert (tasks.calls, tasks.creates, gateway.hub.open_watches) == ([CREATE], [], 0)


async def test_a_caller_that_leaves_ends_the_watch(tasks: ScriptedTasks, gateway: Gateway) -> None:
    await heard(tasks, gateway)
    tasks.answer = created
    async with aclosing(runs(gateway).run(CREATE)) as messages:
        await anext(messages)
        assert gateway.hub.open_watches == 1
    assert gateway.hub.open_watches == 0
    await until(lambda: tasks.orders[-1].startswith("-"))
