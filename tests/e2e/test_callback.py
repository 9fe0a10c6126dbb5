"""`--callback-url` at the command line, to a real receiver of HTTP that checks the signature."""

from collections.abc import Generator
from pathlib import Path

import pytest
from PIL import Image

from radmesh import webhooks
from radmesh.mesh import Mesh
from tests.support.command import objects, radmesh
from tests.support.meshes import STEPS, running_mesh
from tests.support.receiver import Call, Receiver, Reply

SECRET = "what the ward and the mesh know"


@pytest.fixture(scope="module")
def telling_mesh(tmp_path_factory: pytest.TempPathFactory) -> Generator[Mesh, None, None]:
    """A mesh that signs webhooks and may call this machine."""
    environment = {
        "RADMESH_TASKS_WEBHOOK_SECRET": SECRET,
        "RADMESH_TASKS_WEBHOOK_ALLOW": "127.0.0.1",
        "RADMESH_TASKS_WEBHOOK_RETRY_SECONDS": "0.1",
    }
    folder = tmp_path_factory.mktemp("telling-mesh")
    with running_mesh(folder, workers=(STEPS,), environment=environment) as mesh:
        yield mesh


@pytest.fixture
def image(tmp_path: Path) -> str:
    Image.new("L", (64, 64), 90).save(tmp_path / "scan.png")
    return str(tmp_path / "scan.png")


def analyze(mesh: Mesh, image: str, receiver: Receiver, *more: str) -> str:
    """A task with a callback, by its name."""
    line = ("analyze", "steps", image, "--detach", "--callback-url", receiver.url("/ended?token=t"), *more)
    done = radmesh(*line, server=mesh.address)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def delivered(mesh: Mesh, name: str, calls: str) -> None:
    """`tasks get` shows the delivery, once it is recorded, and no query."""
    while " delivered" not in (shown := radmesh("tasks", "get", name, server=mesh.address).stdout):
        assert "failed" not in shown
    assert calls in shown
    assert "token" not in shown


def test_the_receiver_is_told_of_a_result_with_a_signature(telling_mesh: Mesh, image: str) -> None:
    with Receiver() as receiver:
        name = analyze(telling_mesh, image, receiver, "--param", "steps=2")
        (call,) = receiver.wait_for(1)
        delivered(telling_mesh, name, "1 call")
    webhooks.verify(SECRET, call.headers, call.body)
    assert call.path == "/ended?token=t"
    assert call.said["taskId"] == name.removeprefix("tasks/")
    assert (call.said["data"]["value"]["steps"], call.said["error"]) == (2, None)


def test_the_receiver_is_told_of_a_failure_again_until_it_takes_it(telling_mesh: Mesh, image: str) -> None:
    answers = iter((503, 500))

    def reply(call: Call) -> Reply:
        return Reply(next(answers, 204))

    with Receiver(reply) as receiver:
        name = analyze(telling_mesh, image, receiver, "--param", "fail=TOLD_TO_FAIL")
        calls = receiver.wait_for(3)
        delivered(telling_mesh, name, "3 calls")
    assert {call.headers["Radmesh-Webhook-Id"] for call in calls} == {name.removeprefix("tasks/")}
    assert len({call.body for call in calls}) == 1
    said = calls[0].said
    assert (said["data"], said["error"]["code"], said["error"]["reason"]) == (None, 12001, "TOLD_TO_FAIL")


def test_an_address_inside_that_is_not_allowed_is_refused_before_anything_runs(
    telling_mesh: Mesh, image: str
) -> None:
    line = ("analyze", "steps", image, "--detach", "--json", "--callback-url", "http://10.1.2.3/ended")
    done = radmesh(*line, server=telling_mesh.address)
    assert done.returncode == 2
    assert objects(done.stdout)[0]["error"]["reason"] == "CALLBACK_REFUSED"
