"""Whatever is killed in the middle of a task: it ends once, with one result, and its watch misses nothing."""

import asyncio
import os
import signal
import time
from pathlib import Path

import psutil
import pytest

from radmesh.client import Client
from radmesh.mesh import Mesh
from radmesh.tasks.v1 import task_pb2
from tests.integration.faults.witness import Witness

pytestmark = [pytest.mark.xdist_group("faults"), pytest.mark.timeout(120)]

# Two seconds of work: long enough that every kill hits the middle.
_WORK = {"steps": 40, "step_seconds": 0.05}


def _worker_of(mesh: Mesh, task: str) -> str:
    """The worker whose log says that it runs the task."""
    ident = task.removeprefix("tasks/")
    found = [
        name
        for name in mesh.processes
        if name.startswith("steps-") and ident in (mesh.options.folder / "logs" / f"{name}.log").read_text()
    ]
    assert len(found) == 1, f"{task} is in the logs of {found}"
    return found[0]


def _child_of(mesh: Mesh, worker: str) -> int:
    """The model child of a worker."""
    pid = mesh.process(worker).pid
    assert pid is not None
    children = [
        child for child in psutil.Process(pid).children() if "chassis.child" in " ".join(child.cmdline())
    ]
    assert len(children) == 1
    return children[0].pid


async def _check_one_result(client: Client, witness: Witness, task: str) -> task_pb2.Task:
    await witness.until_end()
    witness.check()
    ended = await client.get(task)
    assert ended.state == task_pb2.TASK_STATE_SUCCEEDED, ended.error
    assert [artifact.file_name for artifact in ended.artifacts] == ["steps.json"]
    assert b'"steps": 40' in await client.read(ended.artifacts[0].name)
    return ended


@pytest.mark.parametrize("victim", ["child", "worker", "tasks-0", "tasks-1", "gateway", "redis"])
async def test_a_task_ends_once_and_its_watch_goes_on_when_a_process_is_killed(
    faulty_mesh: Mesh, client: Client, victim: str
) -> None:
    created = await client.create("steps", [], parameters=_WORK)
    witness = Witness(client, created.name)
    await witness.until_running()

    worker = _worker_of(faulty_mesh, created.name)
    if victim == "child":
        os.kill(_child_of(faulty_mesh, worker), signal.SIGKILL)
    else:
        faulty_mesh.process(worker if victim == "worker" else victim).signal(signal.SIGKILL)

    ended = await _check_one_result(client, witness, created.name)
    if victim == "child":
        assert "WORKER_CRASHED" in witness.reasons
    elif victim == "worker":
        assert "LEASE_EXPIRED" in witness.reasons
    else:
        # The work itself never stopped: neither its queue nor its store may have started it again.
        assert ended.attempt == 1, witness.reasons


async def test_a_worker_that_slept_past_its_lease_is_refused(faulty_mesh: Mesh, client: Client) -> None:
    created = await client.create("steps", [], parameters=_WORK)
    witness = Witness(client, created.name)
    await witness.until_running()

    sleeper = faulty_mesh.process(_worker_of(faulty_mesh, created.name))
    sleeper.signal(signal.SIGSTOP)
    try:
        # The other worker has it; the sleeper's own model child counts on and has its result by then.
        await witness.until_running(attempt=2)
    finally:
        sleeper.signal(signal.SIGCONT)

    ended = await _check_one_result(client, witness, created.name)
    assert ended.attempt == 2
    assert "LEASE_EXPIRED" in witness.reasons
    # It ran under the lost lease, was told so, and left no file of its attempt.
    follow_up = await client.create("steps", [], parameters={"steps": 1})
    assert (await client.wait(follow_up.name)).state == task_pb2.TASK_STATE_SUCCEEDED
    artifacts = faulty_mesh.options.folder / "blobs" / "artifacts" / created.name.removeprefix("tasks/")
    await asyncio.to_thread(_wait_until_only, artifacts, "2")


def _wait_until_only(folder: Path, name: str) -> None:
    deadline = time.monotonic() + 20
    while {path.name for path in folder.iterdir()} != {name}:
        assert time.monotonic() < deadline, list(folder.iterdir())
        time.sleep(0.05)


async def test_a_task_that_kills_its_child_twice_fails_with_a_typed_reason(client: Client) -> None:
    created = await client.create("steps", [], parameters={**_WORK, "crash_attempts": 9})
    ended = await client.wait(created.name)
    assert ended.state == task_pb2.TASK_STATE_FAILED
    assert ended.error.reason == "WORKER_CRASHED_REPEATEDLY"
    assert ended.error.code == 12001
    assert ended.attempt == 2


async def test_creates_that_were_acknowledged_survive_the_kill_of_everything(
    faulty_mesh: Mesh, client: Client
) -> None:
    created = [
        await client.create("steps", [], parameters={"steps": 3}, labels={"wave": "all"}) for _ in range(20)
    ]
    for process in faulty_mesh.processes.values():
        process.signal(signal.SIGKILL)
    for task in created:
        ended = await client.wait(task.name)
        assert ended.state == task_pb2.TASK_STATE_SUCCEEDED, ended.error
