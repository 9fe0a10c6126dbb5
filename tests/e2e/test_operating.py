"""The commands of operators against a real mesh: the worker asked is a real one."""

from typing import Any

import pytest

from radmesh.client import SyncClient
from radmesh.mesh import Mesh
from radmesh.tasks.v1 import task_pb2
from tests.support.command import objects, radmesh, start

SLOW = {"steps": 100_000, "step_seconds": 0.05}


@pytest.fixture
def running(mesh: Mesh) -> Any:
    """A task that runs until the test ends."""
    with SyncClient(mesh.address) as client:
        name = client.create("steps", [], parameters=SLOW).name
        for message in client.watch(name):
            if message.HasField("progress"):
                break
        yield name
        client.cancel(name)
        assert client.wait(name).state == task_pb2.TASK_STATE_CANCELLED


def test_check_tells_programs_with_its_exit_code_and_people_in_words(mesh: Mesh, running: str) -> None:
    well = radmesh("tasks", "check", "--json", server=mesh.address)
    assert well.returncode == 0, well.stdout
    *rows, totals = objects(well.stdout)
    row = next(one for one in rows if one["task"] == running)
    assert (row["worker_answer"], row["stuck_reason"]) == ("RUNS", None)
    assert row["last_heartbeat_time"]
    assert row["last_progress_time"]
    assert totals["summary"].endswith("nothing is stuck.")
    stuck = well
    while stuck.returncode != 4:
        # It takes a second to run for a second.
        stuck = radmesh("tasks", "check", "--max-runtime", "1s", server=mesh.address)
        assert stuck.returncode in {0, 4}
    assert "runs for too long" in stuck.stdout
    assert "stuck: 1 running for too long" in stuck.stdout


def test_recover_leaves_what_is_well_and_force_asks_first(mesh: Mesh, running: str) -> None:
    *_, left, totals = objects(radmesh("tasks", "recover", running, "--json", server=mesh.address).stdout)
    assert (left["reset"], left["left_reason"], totals["left_count"]) == (False, "NOT_STUCK", 1)
    asked = radmesh("tasks", "recover", running, "--force", server=mesh.address)
    assert asked.returncode == 1
    assert "Stop 1 named tasks" in asked.stderr
    forced = radmesh("tasks", "recover", running, "--force", "--yes", server=mesh.address)
    assert forced.returncode == 0
    assert "put back into the queue" in forced.stdout
    # What the worker had of it is dropped, and it begins again.
    with SyncClient(mesh.address) as client:
        for message in client.watch(running):
            if message.HasField("progress") and message.progress.attempt == 2:
                break
    records = objects(radmesh("tasks", "audit", "--json", server=mesh.address).stdout)
    record = next(one for one in records if one["tasks"] == [running])
    assert (record["principal"], record["method"], record["outcome"]) == ("local", "RecoverTasks", "OK")


def test_a_pause_keeps_tasks_waiting_until_it_is_resumed(mesh: Mesh) -> None:
    paused = radmesh("tasks", "pause", "steps", "--reason", "new scanner", server=mesh.address)
    assert paused.stdout == "pipelines/steps is paused.\n"
    try:
        with SyncClient(mesh.address) as client:
            assert client.pipeline("steps").paused
            task = client.create("steps", [], parameters={"steps": 1})
            assert client.get(task.name).state == task_pb2.TASK_STATE_QUEUED
        assert "Paused by an operator (new scanner)" in radmesh("pipelines", server=mesh.address).stdout
        (row,) = objects(radmesh("pipelines", "--json", server=mesh.address).stdout)
        assert (row["paused"], row["pause_reason"]) == (True, "new scanner")
        watching = start("watch", task.name, server=mesh.address)
        assert watching.stdout
        assert watching.stdout.readline().endswith("its pipeline is paused (new scanner)\n")
        (shown,) = objects(radmesh("tasks", "get", task.name, "--json", server=mesh.address).stdout)
        assert (shown["pipeline_paused"], shown["pause_reason"]) == (True, "new scanner")
        assert "radmesh tasks resume steps" in radmesh("doctor", "--server", mesh.address).stdout
    finally:
        resumed = radmesh("tasks", "resume", "steps", server=mesh.address)
    assert resumed.stdout == "pipelines/steps is resumed.\n"
    assert "succeeded" in watching.communicate(timeout=60)[0]
    with SyncClient(mesh.address) as client:
        assert client.wait(task.name).state == task_pb2.TASK_STATE_SUCCEEDED
    assert "new scanner" in radmesh("tasks", "audit", server=mesh.address).stdout


def test_a_worker_is_listed_paused_and_resumed(mesh: Mesh) -> None:
    (worker,) = objects(radmesh("tasks", "workers", "--json", server=mesh.address).stdout)
    assert (worker["pipelines"], worker["connected"], worker["paused"]) == (["pipelines/steps"], True, False)
    try:
        radmesh("tasks", "pause", worker["name"], server=mesh.address)
        assert "connected, paused" in radmesh("tasks", "workers", server=mesh.address).stdout
    finally:
        assert radmesh("tasks", "resume", worker["name"], server=mesh.address).returncode == 0
    unknown = radmesh("tasks", "pause", "workers/00000000-0000-4000-8000-000000000000", server=mesh.address)
    assert unknown.returncode == 2
