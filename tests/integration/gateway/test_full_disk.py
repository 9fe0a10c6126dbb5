"""A disk that fills up while an upload is written: told by type, and nothing stays on it."""

import os
import re
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from radmesh.client import Client
from radmesh.errors import Code, ExhaustedError
from radmesh.mesh import Mesh
from tests.integration.gateway.door import PNG, Door, refusal
from tests.support.ct.studies import write_sparse_study

_LARGEST_FILE = 1 << 20


@pytest.fixture
def cramped_gateway(gateway_mesh: Mesh, tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A gateway whose kernel lets no file grow past 1 MiB: for a writer the same as a full disk."""
    log = tmp_path / "gateway.log"
    environment = {
        **os.environ,
        "RADMESH_GATEWAY_LISTEN": "127.0.0.1:0",
        "RADMESH_GATEWAY_TASKS": gateway_mesh.process("tasks-0").address,
        "RADMESH_GATEWAY_BLOBS": (tmp_path / "blobs").as_uri(),
        "RADMESH_GATEWAY_MIN_FREE_BYTES": "0",
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "services.gateway"], stdout=output, stderr=output, env=environment
        )
    try:
        # From outside: in the child, code would run between fork and exec.
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (_LARGEST_FILE, _LARGEST_FILE))
        give_up = time.monotonic() + 60
        while not (ready := re.search(r'"grpc": "([\d.:]+)"', log.read_text())):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < give_up
            time.sleep(0.05)
        yield ready[1], tmp_path / "blobs"
    finally:
        process.kill()
        process.wait()


async def test_a_disk_that_fills_up_is_told_and_cleared(cramped_gateway: tuple[str, Path]) -> None:
    door = Door(*cramped_gateway)
    try:
        upload = await door.open(PNG)
        error = await refusal(door.write(upload.name, PNG))
        assert (error.code, error.reason) == (Code.RESOURCE_EXHAUSTED, "DISK_FULL")
        assert error.retry_after
        assert door.listing() == []
        small = PNG[:1000]
        assert (await door.upload(small)).size_bytes == 1000
    finally:
        await door.channel.close(None)


async def test_a_study_that_finds_the_disk_full_half_way_is_given_up(
    cramped_gateway: tuple[str, Path], tmp_path: Path
) -> None:
    address, blobs = cramped_gateway
    folder = write_sparse_study(tmp_path / "study", 40, 128)
    async with Client(address) as client:
        with pytest.raises(ExhaustedError) as caught:
            await client.upload_series(folder)
        assert caught.value.reason == "DISK_FULL"
        small = await client.upload_series(sorted(folder.iterdir())[:5])
    assert [path.name for path in (blobs / "images").iterdir()] == [small.name.removeprefix("images/")]
    # The record of the small one, which is kept to repeat its answer.
    assert len(list((blobs / "uploads").iterdir())) == 1
