"""`radmesh analyze` against a real mesh: what it prints, what it leaves, how it exits."""

import json
import os
import pty
import signal
import subprocess
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

from radmesh.cli.commands import app
from radmesh.client import SyncClient
from radmesh.mesh import Mesh
from radmesh.tasks.v1 import task_pb2
from tests.support.command import COMMAND, PATIENCE, environment, objects, radmesh, start

QUICK = ("--param", "step_seconds=0.01")
SLOW = ("--param", "steps=1000", "--param", "step_seconds=0.05")


def draw(path: Path, shade: int = 90) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (64, 64), shade).save(path)
    return str(path)


@pytest.fixture
def image(tmp_path: Path) -> str:
    return draw(tmp_path / "scan.png")


def test_a_file_becomes_artifacts_in_a_folder_of_its_stem(mesh: Mesh, image: str, tmp_path: Path) -> None:
    done = radmesh("analyze", "steps", image, *QUICK, "--out", str(tmp_path / "out"), server=mesh.address)
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "out" / "scan" / "steps.json").read_text())["steps"] == 5
    lines = done.stdout.splitlines()
    assert all(line.startswith("scan.png: ") for line in lines), "plain lines where there is no terminal"
    assert any("succeeded in" in line for line in lines)
    assert "\x1b" not in done.stdout


def test_json_is_one_line_a_task(mesh: Mesh, tmp_path: Path) -> None:
    images = [draw(tmp_path / f"{index}.png", index) for index in range(3)]
    out = str(tmp_path / "out")
    done = radmesh("analyze", "steps", *images, *QUICK, "--json", "--out", out, server=mesh.address)
    assert done.returncode == 0, done.stderr
    rows = objects(done.stdout)
    assert sorted(row["input"] for row in rows) == ["0.png", "1.png", "2.png"]
    for row in rows:
        assert row["name"].startswith("tasks/")
        assert (row["state"], row["error"]) == ("SUCCEEDED", None)
        assert row["result"]["steps"] == 5
        assert Path(row["artifacts"][0]["path"]).is_file()


def test_a_folder_and_stems_that_collide(mesh: Mesh, tmp_path: Path) -> None:
    draw(tmp_path / "in" / "a.png", 1)
    draw(tmp_path / "in" / "a.jpg", 2)
    (tmp_path / "in" / "notes.txt").write_text("not an image")
    out = tmp_path / "out"
    done = radmesh("analyze", "steps", str(tmp_path / "in"), *QUICK, "--out", str(out), server=mesh.address)
    assert done.returncode == 0, done.stderr
    assert sorted(os.listdir(out)) == ["a", "a-2"]


def test_a_failed_task_exits_with_1_and_its_error(mesh: Mesh, image: str) -> None:
    done = radmesh("analyze", "steps", image, "--param", "fail=BAD_LUCK", "--json", server=mesh.address)
    assert done.returncode == 1
    (row,) = objects(done.stdout)
    assert (row["state"], row["result"], row["error"]["reason"]) == ("FAILED", None, "BAD_LUCK")
    assert row["error"]["code"] == 12001


def test_one_bad_file_does_not_keep_the_others(mesh: Mesh, image: str, tmp_path: Path) -> None:
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"this is no picture")
    done = radmesh("analyze", "steps", str(bad), image, *QUICK, "--json", server=mesh.address)
    assert done.returncode == 1
    rows = {row["input"]: row for row in objects(done.stdout)}
    assert rows["scan.png"]["state"] == "SUCCEEDED"
    assert rows["bad.png"]["state"] is None
    assert rows["bad.png"]["error"]["code"] == 10003


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nonesuch", "{image}"), "nonesuch"),
        (("steps", "{image}", "--param", "stepps=3"), "it has: steps"),
        (("steps", "{image}", "--param", "steps=0"), "steps"),
        (("steps", "{empty}"), ".png"),
    ],
)
def test_what_cannot_be_asked_for_exits_with_2(
    mesh: Mesh, image: str, tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    (tmp_path / "empty").mkdir()
    named = [one.format(image=image, empty=tmp_path / "empty") for one in arguments]
    done = CliRunner().invoke(app, ["analyze", *named, "--server", mesh.address])
    assert done.exit_code == 2
    assert words in done.output


def test_detach_prints_names_to_watch_later(mesh: Mesh, image: str) -> None:
    done = radmesh("analyze", "steps", image, "--detach", server=mesh.address)
    (name,) = done.stdout.split()
    watched = radmesh("watch", name, "--json", server=mesh.address)
    assert (done.returncode, watched.returncode) == (0, 0)
    messages = objects(watched.stdout)
    assert messages[0]["kind"] == "snapshot"
    sequences = [message["sequence"] for message in messages if message["kind"] == "event"]
    assert sequences == list(range(messages[0]["sequence"] + 1, messages[0]["sequence"] + 1 + len(sequences)))
    ended = messages[-1].get("state") or messages[-1]["task"]["state"]
    assert ended == "SUCCEEDED"


def test_ctrl_c_leaves_the_task_and_says_how_to_go_on(mesh: Mesh, image: str) -> None:
    running = start("analyze", "steps", image, *SLOW, server=mesh.address)
    assert running.stdout is not None
    name = ""
    for line in running.stdout:
        if "created tasks/" in line:
            name = line.split()[-1]
        if "counting" in line:
            break
    running.send_signal(signal.SIGINT)
    _, complaint = running.communicate(timeout=PATIENCE)
    assert running.returncode == 130
    assert f"radmesh watch {name}" in complaint
    assert f"radmesh tasks cancel {name}" in complaint
    with SyncClient(mesh.address) as client:
        assert client.get(name).state == task_pb2.TASK_STATE_RUNNING
        client.cancel(name)
        assert client.wait(name).state == task_pb2.TASK_STATE_CANCELLED


def test_ctrl_c_in_the_middle_of_many_does_not_deny_the_tasks_that_there_are(
    mesh: Mesh, tmp_path: Path
) -> None:
    images = [draw(tmp_path / f"{index}.png", index) for index in range(200)]
    running = start("analyze", "steps", *images, "--not-before", "+1h", "--detach", server=mesh.address)
    assert running.stdout is not None
    first = running.stdout.readline().strip()
    running.send_signal(signal.SIGINT)
    others, complaint = running.communicate(timeout=PATIENCE)
    assert running.returncode == 130
    assert "The tasks that were named go on." in complaint
    assert "No task was left" not in complaint
    with SyncClient(mesh.address) as client:
        for name in [first, *others.split()]:
            assert client.cancel(name).state == task_pb2.TASK_STATE_CANCELLED


def test_a_terminal_gets_a_live_bar_and_a_table(mesh: Mesh, image: str) -> None:
    ours, theirs = pty.openpty()
    line = [COMMAND, "analyze", "steps", image, "--param", "step_seconds=0.1"]
    with subprocess.Popen(
        line, stdout=theirs, stderr=theirs, env=environment(mesh.address) | {"COLUMNS": "120"}
    ) as run:
        os.close(theirs)
        shown = b""
        try:
            while chunk := os.read(ours, 65536):
                shown += chunk
        except OSError:  # how Linux says that the other end of a terminal is closed
            pass
        finally:
            os.close(ours)
    text = shown.decode()
    assert run.returncode == 0
    assert "━" in text
    assert any(f"counting {done}/5 steps" in text for done in (1, 2, 3, 4)), (
        "real progress, not only the ends"
    )
    assert "steps.json" in text.rsplit("succeeded", 1)[-1]
