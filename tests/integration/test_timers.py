"""The timers on a whole mesh: who may set them, and what becomes of a model that stands still."""

from collections.abc import Callable

import psutil
import pytest

from radmesh.client import Client, task_timeouts
from radmesh.errors import InvalidRequestError
from radmesh.mesh import Mesh
from radmesh.tasks.v1 import task_pb2
from tests.support.meshes import STEPS

QUICK = {"RADMESH_TASKS_LEASE_SECONDS": "4", "RADMESH_TASKS_HEARTBEAT_SECONDS": "0.4"}


def children_of(mesh: Mesh) -> set[int]:
    """The model children of the steps worker."""
    pid = mesh.process("steps").pid
    assert pid
    found = psutil.Process(pid).children(recursive=True)
    return {child.pid for child in found if "services.chassis.child" in child.cmdline()}


async def reasons_of(client: Client, task: str) -> list[str]:
    return [
        message.event.state_change.reason
        async for message in client.watch(task, after_sequence=0)
        if message.HasField("event") and message.event.HasField("state_change")
    ]


@pytest.mark.timeout(120)
async def test_a_hung_model_behind_a_live_worker_is_killed_and_its_task_ends_well(
    own_mesh: Callable[..., Mesh],
) -> None:
    mesh = own_mesh(environment=QUICK)
    async with Client(mesh.address) as client:
        before = children_of(mesh)
        task = await client.create(
            "steps",
            [],
            parameters={"steps": 4, "hang_attempts": 1, "ignore_cancel": True},
            timeouts=task_timeouts(progress=1.5),
        )
        assert await reasons_of(client, task.name) == [
            "CREATED", "ASSIGNED", "NO_PROGRESS", "ASSIGNED", "COMPLETED",
        ]  # fmt: skip
        ended = await client.get(task.name)
        assert (ended.state, ended.attempt) == (task_pb2.TASK_STATE_SUCCEEDED, 2)
        assert not before & children_of(mesh)
        # The one slot of the worker came back, and it is the same worker.
        again = await client.create("steps", [], parameters={"steps": 1})
        assert (await client.wait(again.name)).state == task_pb2.TASK_STATE_SUCCEEDED


async def test_a_slow_model_that_gets_on_outlives_its_progress_timeout(client: Client) -> None:
    task = await client.create(
        "steps",
        [],
        parameters={"steps": 5, "step_seconds": 0.6},
        timeouts=task_timeouts(progress=1.5),
    )
    assert await reasons_of(client, task.name) == ["CREATED", "ASSIGNED", "COMPLETED"]


async def test_the_error_of_an_attempt_that_took_too_long_names_the_timer(client: Client) -> None:
    task = await client.create(
        "steps", [], parameters={"steps": 1_000, "step_seconds": 0.05}, timeouts=task_timeouts(attempt=1.0)
    )
    ended = await client.wait(task.name)
    assert (ended.state, ended.error.reason) == (task_pb2.TASK_STATE_FAILED, "ATTEMPT_TIMEOUT")
    assert "attempt_timeout, 1 s" in ended.error.message
    assert ended.attempt == 1


async def test_a_task_shows_its_times_in_force_and_a_wrong_one_is_refused_by_name(client: Client) -> None:
    asked = task_timeouts(queue=100, progress=0)
    shown = (await client.create("steps", [], timeouts=asked)).timeouts
    pipeline = await client.pipeline("steps")
    assert shown.queue_timeout.seconds == 100
    assert not shown.progress_timeout.ToMilliseconds()
    assert shown.attempt_timeout == pipeline.attempt_timeout
    assert shown.heartbeat_timeout.seconds == 15
    with pytest.raises(InvalidRequestError) as refused:
        await client.create("steps", [], timeouts=task_timeouts(heartbeat=5.9, attempt=0.1))
    assert [one.field for one in refused.value.violations] == [
        "timeouts.attempt_timeout",
        "timeouts.heartbeat_timeout",
    ]


async def test_an_operator_sets_the_times_of_a_pipeline_at_its_model_service(
    own_mesh: Callable[..., Mesh],
) -> None:
    times = {
        "RADMESH_STEPS_PROGRESS_TIMEOUT_SECONDS": "7",
        "RADMESH_STEPS_HEARTBEAT_TIMEOUT_SECONDS": "8",
        "RADMESH_STEPS_REVIEW_TIMEOUT_SECONDS": "9",
        "RADMESH_STEPS_MAX_ATTEMPTS": "2",
        "RADMESH_TASKS_ATTEMPT_TIMEOUT_SECONDS": "77",
    }
    mesh = own_mesh(workers=(STEPS,), environment=times)
    async with Client(mesh.address) as client:
        shown = (await client.create("steps", [])).timeouts
        assert [shown.progress_timeout.seconds, shown.heartbeat_timeout.seconds] == [7, 8]
        assert shown.review_timeout.seconds == 9
        assert shown.attempt_timeout.seconds == 60
        failing = await client.create("steps", [], parameters={"fail": "OUT_OF_MEMORY"})
        ended = await client.wait(failing.name)
        assert (ended.attempt, ended.error.reason) == (2, "OUT_OF_MEMORY")
