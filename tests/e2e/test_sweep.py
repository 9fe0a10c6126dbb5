"""What a mesh's files come to: gone once nobody needs them, and no sooner."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from radmesh.client import SyncClient
from radmesh.errors import ImageNotFoundError, TaskNotFoundError
from radmesh.mesh import Mesh
from radmesh.tasks.v1 import task_pb2
from tests.support.command import objects, radmesh

PATIENCE = 60.0
PNG = b"\x89PNG\r\n\x1a\n" + bytes(1000)
# Kept for a second or two; swept only when this test asks.
SHORT = {
    "RADMESH_TASKS_RETENTION_SECONDS": "1",
    "RADMESH_TASKS_IMAGE_PIN_SECONDS": "3",
    "RADMESH_TASKS_SWEEP_KEEP_SECONDS": "0.5",
    "RADMESH_TASKS_SWEEP_SECONDS": "0",
    "RADMESH_GATEWAY_UPLOAD_KEEP_SECONDS": "1",
    "RADMESH_GATEWAY_SWEEP_SECONDS": "1",
}
SLOW = {"steps": 100_000, "step_seconds": 0.05}


def sizes(folder: Path) -> dict[str, int]:
    """The length of every file, by its place."""
    found = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return {str(path.relative_to(folder)): path.stat().st_size for path in found}


def sweep(mesh: Mesh) -> dict[str, Any]:
    """One sweep, by the command."""
    (row,) = objects(radmesh("blobs", "sweep", "--json", server=mesh.address).stdout)
    return row


@pytest.mark.timeout(180)
def test_files_that_nobody_needs_go_and_those_of_live_tasks_and_weights_stay(
    own_mesh: Callable[..., Mesh], tmp_path: Path
) -> None:
    mesh = own_mesh(environment=SHORT)
    folder = mesh.options.folder / "blobs"
    weights = folder / "weights" / "octa" / "official"
    weights.parent.mkdir(parents=True)
    weights.write_bytes(b"w" * 100)
    os.utime(weights, (0, 0))
    outside = tmp_path / "outside.png"
    outside.write_bytes(b"x")
    os.utime(outside, (0, 0))
    sweep(mesh)
    with SyncClient(mesh.address) as client:
        gone = client.upload(PNG + b"1", extension=".png")
        done = client.create("steps", [gone.name], parameters={"artifact_bytes": 300_000})
        assert client.wait(done.name).state == task_pb2.TASK_STATE_SUCCEEDED
        needed = client.upload(PNG + b"2", extension=".png")
        running = client.create("steps", [needed.name], parameters=SLOW)
        (folder / "artifacts").mkdir(exist_ok=True)
        (folder / "artifacts" / "link").symlink_to(outside)
        planned = radmesh("blobs", "sweep", "--dry-run", server=mesh.address)
        assert planned.stdout.startswith("Would delete "), planned.stderr
        freed, give_up = 0, time.monotonic() + PATIENCE
        while set(sizes(folder)) - {str(weights.relative_to(folder))} - _claims(folder) != {needed.name}:
            assert time.monotonic() < give_up, sizes(folder)
            freed += sweep(mesh)["freed_bytes"]
            time.sleep(0.2)
        assert freed > 0
        assert client.get(running.name).state in {
            task_pb2.TASK_STATE_QUEUED,
            task_pb2.TASK_STATE_RUNNING,
        }
        with pytest.raises(ImageNotFoundError):
            client.create("steps", [gone.name])
        with pytest.raises(TaskNotFoundError):
            client.get(done.name)
        client.cancel(running.name)
        while sum(sizes(folder).values()) > 100:
            assert time.monotonic() < give_up + PATIENCE, sizes(folder)
            sweep(mesh)
            time.sleep(0.2)
    assert weights.read_bytes() == b"w" * 100
    assert outside.read_bytes() == b"x"
    assert (folder / "artifacts" / "link").is_symlink()


def _claims(folder: Path) -> set[str]:
    return {name for name in sizes(folder) if name.startswith(".claims/")}
