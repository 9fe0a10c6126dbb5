"""`radmesh batch` against a real mesh: one display, one exit code, artifacts for each input."""

import json
from pathlib import Path

from radmesh.client import SyncClient
from radmesh.mesh import Mesh
from radmesh.tasks.v1 import task_pb2
from tests.e2e.test_analyze import QUICK, SLOW, draw
from tests.support.command import objects, radmesh


def test_a_folder_becomes_one_batch_with_artifacts_by_stem(mesh: Mesh, tmp_path: Path) -> None:
    for index in range(6):
        draw(tmp_path / "in" / f"{index}.png", index)
    out = tmp_path / "out"
    done = radmesh(
        "batch", "steps", str(tmp_path / "in"), *QUICK, "--json", "--out", str(out), server=mesh.address
    )
    assert done.returncode == 0, done.stderr
    rows = objects(done.stdout)
    assert sorted(row["input"] for row in rows) == [f"{index}.png" for index in range(6)]
    assert {row["state"] for row in rows} == {"SUCCEEDED"}
    for index in range(6):
        assert json.loads((out / str(index) / "steps.json").read_text())["steps"] == 5
    with SyncClient(mesh.address) as client:
        assert len({client.get(row["name"]).batch for row in rows}) == 1


def test_every_task_of_a_batch_carries_what_the_command_line_says(mesh: Mesh, tmp_path: Path) -> None:
    images = [draw(tmp_path / f"{index}.png", index) for index in range(2)]
    line = ["batch", "steps", *images, *QUICK, "--detach", "--json", "--priority", "stat"]
    line += ["--not-before", "+1h", "--label", "study=liver"]
    made = radmesh(*line, server=mesh.address)
    assert made.returncode == 0, made.stderr
    (row,) = objects(made.stdout)
    with SyncClient(mesh.address) as client:
        tasks = [client.cancel(name) for name in row["tasks"]]
    assert len(tasks) == 2
    for task in tasks:
        assert (task.priority, dict(task.labels)) == (task_pb2.TASK_PRIORITY_STAT, {"study": "liver"})
        assert task.HasField("not_before_time")
    wrong = radmesh("batch", "steps", *images, "--label", "study", server=mesh.address)
    assert wrong.returncode == 2
    assert "name=value" in wrong.stderr


def test_an_image_that_is_named_twice_is_one_task_and_the_command_says_so(mesh: Mesh, tmp_path: Path) -> None:
    twice, once = draw(tmp_path / "twice.png"), draw(tmp_path / "once.png", 1)
    done = radmesh("batch", "steps", twice, once, twice, *QUICK, "--json", server=mesh.address)
    assert done.returncode == 0, done.stderr
    assert sorted(row["input"] for row in objects(done.stdout)) == ["once.png", "twice.png"]
    assert done.stderr == f"{twice} is named more than once: it is taken once.\n"


def test_one_failure_makes_the_exit_code_and_does_not_hide_the_others(mesh: Mesh, tmp_path: Path) -> None:
    good, no_image = draw(tmp_path / "good.png"), tmp_path / "bad.png"
    no_image.write_text("this is no picture")
    done = radmesh("batch", "steps", good, str(no_image), *QUICK, "--json", server=mesh.address)
    assert done.returncode != 0
    rows = {row["input"]: row for row in objects(done.stdout)}
    assert rows["good.png"]["state"] == "SUCCEEDED"
    assert rows["bad.png"]["error"]["reason"] == "UNSUPPORTED_FORMAT"


def test_every_task_of_a_batch_may_fail(mesh: Mesh, tmp_path: Path) -> None:
    images = [draw(tmp_path / f"{index}.png", index) for index in range(2)]
    told = ("--param", "fail=TOLD_SO")
    done = radmesh("batch", "steps", *images, *QUICK, *told, server=mesh.address)
    assert done.returncode == 1
    assert done.stdout.count("TOLD_SO") >= 2


def test_a_parameter_that_breaks_its_rule_is_told_for_every_input(mesh: Mesh, tmp_path: Path) -> None:
    images = [draw(tmp_path / f"{index}.png", index) for index in range(2)]
    done = radmesh("batch", "steps", *images, "--param", "steps=0", "--json", server=mesh.address)
    assert done.returncode == 2
    rows = objects(done.stdout)
    assert [row["error"]["reason"] for row in rows] == ["INVALID_REQUEST"] * 2


def test_a_detached_batch_can_be_watched_by_its_name(mesh: Mesh, tmp_path: Path) -> None:
    images = [draw(tmp_path / f"{index}.png", index) for index in range(2)]
    made = radmesh("batch", "steps", *images, *QUICK, "--detach", server=mesh.address)
    assert made.returncode == 0, made.stderr
    name = made.stdout.strip()
    assert name.startswith("batches/")
    seen = radmesh("watch", name, "--json", server=mesh.address)
    assert seen.returncode == 0, seen.stderr
    assert objects(seen.stdout)[0]["kind"] == "snapshot"
    again = radmesh("watch", name, server=mesh.address)
    assert again.stdout.count("succeeded") == 2


def test_more_than_a_batch_holds_is_refused_before_anything_is_sent(mesh: Mesh, tmp_path: Path) -> None:
    for index in range(501):
        (tmp_path / f"{index}.png").touch()
    done = radmesh("batch", "steps", str(tmp_path), *SLOW, server=mesh.address)
    assert done.returncode == 2
    assert "500" in done.stderr
