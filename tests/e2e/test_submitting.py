"""Priority, time, label and dedupe key at the command line, against a real mesh."""

import uuid
from pathlib import Path

import pytest
from PIL import Image

from radmesh.client import SyncClient
from radmesh.mesh import Mesh
from radmesh.tasks.v1 import task_pb2
from tests.support.command import objects, radmesh


@pytest.fixture
def image(tmp_path: Path) -> str:
    path = tmp_path / "scan.png"
    Image.new("L", (64, 64), 90).save(path)
    return str(path)


def test_a_task_carries_what_the_command_line_says(mesh: Mesh, image: str) -> None:
    key, ward = f"patient {uuid.uuid4().hex}", f"w{uuid.uuid4().hex[:8]}"
    line = ["analyze", "steps", image, "--detach", "--json", "--priority", "STAT", "--not-before", "+1h"]
    line += ["--label", f"ward={ward}", "--dedupe-key", key]
    (first,) = objects(radmesh(*line, server=mesh.address).stdout)
    assert (first["priority"], first["state"], first["labels"]) == ("STAT", "QUEUED", {"ward": ward})
    assert first["not_before_time"]
    assert (first["deduplicated"], first["queue_position"], first["eta_seconds"]) == (False, None, None)
    (again,) = objects(radmesh(*line, server=mesh.address).stdout)
    assert (again["name"], again["deduplicated"]) == (first["name"], True)
    told = radmesh(*(one for one in line if one != "--json"), server=mesh.address)
    assert told.stdout.split() == [first["name"]]
    assert "no new task" in told.stderr
    listed = radmesh("tasks", "list", "--filter", f"labels.ward={ward}", server=mesh.address).stdout
    assert "stat" in listed
    with SyncClient(mesh.address) as client:
        client.cancel(first["name"])
        waiting = client.create("steps", [], priority=task_pb2.TASK_PRIORITY_URGENT, dedupe_key=key)
        assert waiting.priority == task_pb2.TASK_PRIORITY_URGENT
        assert client.wait(waiting.name).state == task_pb2.TASK_STATE_SUCCEEDED


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--priority", "now"), "stat"),
        (("--not-before", "tomorrow"), "+90m"),
        (("--not-before", "+400d"), "365 days"),
        (("--label", "ward"), "name=value"),
        (("--dedupe-key", "x" * 201), "200 characters"),
    ],
)
def test_what_cannot_be_said_so_exits_with_2_and_says_how(
    mesh: Mesh, image: str, options: tuple[str, ...], words: str
) -> None:
    done = radmesh("analyze", "steps", image, "--detach", *options, server=mesh.address)
    assert done.returncode == 2
    assert words in " ".join(done.stderr.split())


def test_one_key_does_not_stand_for_several_files(mesh: Mesh, image: str, tmp_path: Path) -> None:
    Image.new("L", (64, 64), 5).save(tmp_path / "other.png")
    done = radmesh("analyze", "steps", str(tmp_path), "--dedupe-key", "k", "--detach", server=mesh.address)
    assert done.returncode == 2
    assert "these paths make 2" in done.stderr
