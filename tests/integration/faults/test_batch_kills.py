"""A batch while all that carries it is killed in turn: each event once, in order, and every task ends."""

import asyncio
import signal

import pytest

from radmesh.client import Client, task_request
from radmesh.mesh import Mesh
from radmesh.tasks.v1 import task_pb2
from radmesh.tasks.v1.batch_service_pb2 import BatchEvent

pytestmark = [pytest.mark.xdist_group("faults"), pytest.mark.timeout(180)]

_TASKS = 12
_WORK = {"steps": 40, "step_seconds": 0.05}
# The batch lasts until this one is cancelled: however slow the machine is, each kill meets one that runs.
_ENDLESS = {"steps": 10_000, "step_seconds": 0.05}
_VICTIMS = ("gateway", "tasks-0", "redis", "tasks-1")


async def test_a_batch_survives_the_kill_of_every_process_that_carries_it(
    faulty_mesh: Mesh, client: Client
) -> None:
    requests = [task_request("steps", [], parameters=_ENDLESS)]
    requests += [task_request("steps", [], parameters=_WORK) for _ in range(_TASKS - 1)]
    made = await client.batch_create(requests)
    endless, *others = [member.task for member in made.batch.members]
    seen: list[BatchEvent] = []
    progress: list[str] = []

    async def watch() -> None:
        async for message in client.watch_batch(made.batch.name, after_sequence=0):
            if message.HasField("event"):
                seen.append(message.event)
            elif message.HasField("progress"):
                progress.append(message.progress.task)

    watching = asyncio.ensure_future(watch())
    for victim in _VICTIMS:
        # Each kill waits for the watch to go on after the one before.
        before = len(progress)
        while len(progress) == before:
            assert not watching.done()
            await asyncio.sleep(0.02)
        faulty_mesh.process(victim).signal(signal.SIGKILL)
    await client.cancel(endless)
    async with asyncio.timeout(120):
        await watching
    assert [event.sequence for event in seen] == list(range(1, len(seen) + 1))
    assert (seen[-1].open_tasks, [event.open_tasks for event in seen].count(0)) == (0, 1)
    ended = await client.get_batch(made.batch.name)
    states = {member.task: member.state for member in ended.members}
    assert states.pop(endless) == task_pb2.TASK_STATE_CANCELLED
    assert states == dict.fromkeys(others, task_pb2.TASK_STATE_SUCCEEDED)
    for member in ended.members:
        own = [event.event.sequence for event in seen if event.task == member.task]
        assert own == list(range(1, len(own) + 1))
    # The same tasks in another batch are known already, and are no members of it.
    again = await client.batch_create(requests)
    assert {item.task.name for item in again.items} == {member.task for member in ended.members}
    assert again.batch.name == ""
