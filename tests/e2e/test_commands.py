"""The small commands against a real mesh, for people and for programs."""

from pathlib import Path

from radmesh.client import SyncClient
from radmesh.mesh import Mesh
from tests.support.command import objects, radmesh

SLOW = {"steps": 1000, "step_seconds": 0.05}


def test_pipelines_tell_what_they_take_and_give(mesh: Mesh) -> None:
    (row,) = objects(radmesh("pipelines", "--json", server=mesh.address).stdout)
    assert row["name"] == "pipelines/steps"
    assert row["connected_workers"] == 1
    steps = next(parameter for parameter in row["parameters"] if parameter["name"] == "steps")
    assert (steps["type"], steps["default"], steps["min"]) == ("integer", 5.0, 1.0)
    assert row["max_attempts"] >= 1
    assert row["attempt_timeout_seconds"] > 0
    text = radmesh("pipelines", server=mesh.address)
    assert text.returncode == 0
    assert "steps.json" in text.stdout


def test_tasks_are_listed_shown_and_cancelled(mesh: Mesh) -> None:
    with SyncClient(mesh.address) as client:
        name = client.create("steps", [], parameters=SLOW, labels={"ward": "west"}).name
    listed = objects(
        radmesh("tasks", "list", "--filter", "labels.ward=west", "--json", server=mesh.address).stdout
    )
    assert [row["name"] for row in listed] == [name]
    printed = radmesh("tasks", "list", "--filter", "labels.ward=west", server=mesh.address).stdout
    assert name in printed, "whole names, for the next command"
    cut = radmesh("tasks", "list", "--filter", "labels.ward=west", "--limit", "1", server=mesh.address)
    assert "--limit" in cut.stderr, "the oldest come first: what is left out is the newest"
    (cancelled,) = objects(radmesh("tasks", "cancel", name, "--json", server=mesh.address).stdout)
    assert cancelled["state"] in {"CANCELLING", "CANCELLED"}
    watched = radmesh("watch", name.removeprefix("tasks/"), server=mesh.address)
    assert watched.returncode == 1
    shown = radmesh("tasks", "get", name, server=mesh.address)
    assert shown.returncode == 0
    assert "cancelled" in shown.stdout


def test_cancelling_what_has_ended_says_that_nothing_was_cancelled(mesh: Mesh) -> None:
    with SyncClient(mesh.address) as client:
        name = client.create("steps", []).name
        client.wait(name)
        waiting = client.create("steps", [], parameters=SLOW).name
    late = radmesh("tasks", "cancel", name, "--json", server=mesh.address)
    assert (late.returncode, objects(late.stdout)[0]["state"]) == (0, "SUCCEEDED")
    assert late.stderr == f"{name} had ended already: nothing was cancelled.\n"
    assert radmesh("tasks", "cancel", waiting, server=mesh.address).stderr == ""


def test_what_was_not_waited_for_is_saved_later(mesh: Mesh, tmp_path: Path) -> None:
    with SyncClient(mesh.address) as client:
        name = client.create("steps", []).name
    watched = radmesh("watch", name, "--out", str(tmp_path / "watched"), server=mesh.address)
    assert f"saved {tmp_path / 'watched' / 'steps.json'}" in watched.stdout
    got = radmesh("tasks", "get", name, "--out", str(tmp_path / "got"), "--json", server=mesh.address)
    (artifact,) = objects(got.stdout)[0]["artifacts"]
    assert artifact["path"] == str(tmp_path / "got" / "steps.json")
    assert (tmp_path / "got" / "steps.json").read_bytes() == (
        tmp_path / "watched" / "steps.json"
    ).read_bytes()


def test_stats_count_tasks_and_show_how_long_they_take(mesh: Mesh) -> None:
    with SyncClient(mesh.address) as client:
        client.wait(client.create("steps", []).name)
    (row,) = objects(radmesh("tasks", "stats", "--pipeline", "steps", "--json", server=mesh.address).stdout)
    assert (row["pipeline"], row["paused"]) == ("pipelines/steps", False)
    assert row["counts"]["SUCCEEDED"] >= 1
    assert row["run_seconds"]["count"] >= 1
    assert 0 < row["run_seconds"]["p50"] <= row["run_seconds"]["p95"]
    assert {"stuck_by_finding", "failures_by_reason", "retries_by_cause"} <= set(row)
    text = radmesh("tasks", "stats", server=mesh.address)
    assert text.returncode == 0
    assert "steps" in text.stdout
    unknown = radmesh("tasks", "stats", "--pipeline", "none-such", "--json", server=mesh.address)
    assert unknown.returncode == 2
    assert objects(unknown.stdout)[0]["error"]["reason"] == "PIPELINE_NOT_FOUND"


def test_an_unknown_task_exits_with_2(mesh: Mesh) -> None:
    done = radmesh("tasks", "get", "0" * 32, "--json", server=mesh.address)
    assert done.returncode == 2
    assert objects(done.stdout)[0]["error"]["reason"] == "TASK_NOT_FOUND"


def test_a_wrong_filter_exits_with_2(mesh: Mesh) -> None:
    done = radmesh("tasks", "list", "--filter", "colour=red", server=mesh.address)
    assert done.returncode == 2


def test_doctor_looks_at_everything(mesh: Mesh) -> None:
    done = radmesh("doctor", "--json", server=mesh.address)
    findings = {row["check"]: row for row in objects(done.stdout)}
    port = mesh.address.rpartition(":")[2]
    assert {"device", "redis", f"port {port}", "disk", "mesh", "pipelines/steps"} <= set(findings)
    assert all(findings[check]["level"] == "ok" for check in ("redis", "mesh", "pipelines/steps"))
    assert any(check.startswith("models") for check in findings)
    assert done.returncode == (1 if any(row["level"] == "fail" for row in findings.values()) else 0)
