"""`radmesh review` against a real mesh: list, look, decide."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from radmesh.client import SyncClient
from radmesh.mesh import Mesh
from radmesh.tasks.v1 import task_pb2
from tests.support.command import PATIENCE, objects, radmesh, start


@pytest.fixture
def client(mesh: Mesh) -> Iterator[SyncClient]:
    with SyncClient(mesh.address) as connected:
        yield connected


@pytest.fixture
def waiting(client: SyncClient) -> task_pb2.Task:
    """A task whose first stage is shown."""
    parameters = {"steps": 1, "step_seconds": 0, "review_stages": 1}
    name = client.create("steps", [], parameters=parameters).name
    for message in client.watch(name):
        state = message.event.state_change.state or message.snapshot.task.state
        if state == task_pb2.TASK_STATE_AWAITING_REVIEW:
            break
    return client.get(name)


def test_what_waits_is_listed_shown_and_accepted_with_a_replacement(
    mesh: Mesh, client: SyncClient, waiting: task_pb2.Task, tmp_path: Path
) -> None:
    listed = radmesh("review", server=mesh.address)
    assert listed.returncode == 0
    (line,) = [line for line in listed.stdout.splitlines() if waiting.name in line]
    assert line.split()[1:3] == ["steps", "1"]
    assert line.rstrip().endswith("slice-1.png")

    shown = radmesh("review", waiting.name, "--out", str(tmp_path), server=mesh.address)
    saved = tmp_path / waiting.name.removeprefix("tasks/") / "slice-1.png"
    assert str(saved) in shown.stdout
    assert ["steps", "1"] in [line.split() for line in shown.stdout.splitlines()], "what the stage found"
    with Image.open(saved) as picture:
        assert picture.size == (16, 16)
    here = f"radmesh review {waiting.name} --server {mesh.address}"
    accept = f"{here} --sequence {waiting.sequence} --accept"
    assert accept in shown.stdout.splitlines(), "as it can be pasted"

    corrected = tmp_path / "corrected.png"
    Image.new("L", (16, 16), 200).save(corrected)
    decide = ("review", waiting.name, "--sequence", str(waiting.sequence))
    done = radmesh(*decide, "--replace", f"slice-1.png={corrected}", server=mesh.address)
    assert (done.returncode, done.stdout) == (0, f"{waiting.name}: accepted, queued for stage 2\n")
    ended = client.wait(waiting.name)
    assert ended.state == task_pb2.TASK_STATE_SUCCEEDED
    assert client.read(ended.reviews[0].replacements[0].image) == corrected.read_bytes()

    again = radmesh(*decide, "--accept", "--json", server=mesh.address)
    assert again.returncode == 2
    assert objects(again.stdout)[0]["error"]["reason"] == "NOT_AWAITING_REVIEW"


def test_an_answer_that_cannot_be_used_brings_the_task_back_with_the_reason(
    mesh: Mesh, client: SyncClient, tmp_path: Path
) -> None:
    parameters = {"steps": 1, "step_seconds": 0, "review_stages": 1, "refuse_steps": 7}
    name = client.create("steps", [], parameters=parameters).name
    following = start("watch", name, server=mesh.address)
    assert following.stdout is not None
    next(line for line in following.stdout if "decide with" in line)
    wrong = radmesh("review", name, "--param", "steps=7", server=mesh.address)
    assert (wrong.returncode, wrong.stdout) == (0, f"{name}: accepted, queued for stage 2\n"), wrong.stderr
    assert f"radmesh watch {name} --server {mesh.address}" in wrong.stderr
    next(line for line in following.stdout if "the answer could not be used" in line)

    why = "The last answer could not be used: 7 steps cannot be. Say others. (STEPS_REFUSED)"
    listed = radmesh("review", server=mesh.address).stdout
    assert f"{name}: {why}" in listed
    shown = radmesh("review", name, "--out", str(tmp_path), server=mesh.address)
    assert why in shown.stdout
    assert "slice-1.png" in shown.stdout
    (row,) = objects(radmesh("review", name, "--out", str(tmp_path), "--json", server=mesh.address).stdout)
    assert [one["stage"] for one in row["reviews"]] == [1, 1]
    assert row["reviews"][0]["refused_answer"]["reason"] == "STEPS_REFUSED"
    assert row["reviews"][1]["refused_answer"] is None

    assert radmesh("review", name, "--accept", server=mesh.address).returncode == 0
    following.communicate(timeout=PATIENCE)
    ended = client.get(name)
    assert (ended.state, ended.parameters["steps"]) == (task_pb2.TASK_STATE_SUCCEEDED, 1)
    assert [one.file_name for one in ended.artifacts] == ["slice-1.png", "steps.json"]


def test_a_stage_is_rejected_with_a_reason_for_programs_too(mesh: Mesh, waiting: task_pb2.Task) -> None:
    rows = objects(radmesh("review", "--json", server=mesh.address).stdout)
    (row,) = [row for row in rows if row["name"] == waiting.name]
    assert row["reviews"][0]["decision"] == "UNSPECIFIED"
    assert row["reviews"][0]["expire_time"]
    assert row["reviews"][0]["stage_result"]["steps"] == 1
    wrong = radmesh("review", waiting.name, "--sequence", "1", "--accept", "--json", server=mesh.address)
    assert wrong.returncode == 2
    assert objects(wrong.stdout)[0]["error"]["reason"] == "REVIEW_CHANGED"
    done = radmesh("review", waiting.name, "--reject", "not L3", "--json", server=mesh.address)
    (after,) = objects(done.stdout)
    assert (done.returncode, after["state"], after["error"]["reason"]) == (0, "FAILED", "REVIEW_REJECTED")
    assert after["reviews"][0]["reason"] == "not L3"
    nothing = radmesh("review", waiting.name, server=mesh.address)
    assert nothing.returncode == 2
    assert "FAILED" in nothing.stderr


def test_a_mask_of_another_size_is_refused_before_anything_is_decided(
    mesh: Mesh, client: SyncClient, waiting: task_pb2.Task, tmp_path: Path
) -> None:
    wrong, right = tmp_path / "wrong.png", tmp_path / "right.png"
    Image.new("L", (17, 16), 200).save(wrong)
    Image.new("L", (16, 16), 200).save(right)
    refused = radmesh("review", waiting.name, "--mask", str(wrong), server=mesh.address)
    assert refused.returncode == 2
    assert "17 x 16" in refused.stderr
    assert "16 x 16" in refused.stderr
    assert client.get(waiting.name).state == task_pb2.TASK_STATE_AWAITING_REVIEW
    accepted = ("review", waiting.name, "--mask", str(right), "--param", "steps=3")
    done = radmesh(*accepted, server=mesh.address)
    assert (done.returncode, done.stdout) == (0, f"{waiting.name}: accepted, queued for stage 2\n"), (
        done.stderr
    )
    ended = client.wait(waiting.name)
    assert client.read(ended.reviews[0].replacements[0].image) == right.read_bytes()
    assert ended.parameters["steps"] == 3
    late = radmesh("review", waiting.name, "--mask", str(right), server=mesh.address)
    assert late.returncode == 2
    assert "SUCCEEDED" in late.stderr


def test_analyze_says_how_to_review_and_goes_on_afterwards(mesh: Mesh, client: SyncClient) -> None:
    picture = Path(__file__).resolve().parents[2] / "docs" / "images" / "octa-vessels.png"
    parameters = ("--param", "steps=1", "--param", "step_seconds=0", "--param", "review_stages=1")
    following = start("analyze", "steps", str(picture), *parameters, server=mesh.address)
    assert following.stdout is not None
    said = next(line for line in following.stdout if "decide with" in line)
    command = said.partition("decide with: ")[2].split()
    assert command[:2] == ["radmesh", "review"]
    assert radmesh(*command[1:3], "--accept", server=mesh.address).returncode == 0
    rest, _ = following.communicate(timeout=PATIENCE)
    assert following.returncode == 0, rest
    assert "review accepted" in rest
    assert "succeeded" in rest
