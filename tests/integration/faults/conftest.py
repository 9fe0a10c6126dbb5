"""A whole mesh with two torch-free workers, on short leases, whose processes are killed one after another."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator

import pytest

from radmesh.client import Client
from radmesh.mesh import Mesh, MeshOptions, WorkerModule

_LEASES = {
    "RADMESH_TASKS_LEASE_SECONDS": "4",
    "RADMESH_TASKS_HEARTBEAT_SECONDS": "0.4",
}


@pytest.fixture(scope="module")
def faulty_mesh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mesh]:
    """Redis, two replicas of `tasks`, the gateway and two workers; the supervisor starts what dies again."""
    workers = tuple(
        WorkerModule(f"steps-{index}", "tests.support.steps_worker", "RADMESH_STEPS_") for index in range(2)
    )
    options = MeshOptions(
        folder=tmp_path_factory.mktemp("mesh"), tasks_replicas=2, workers=workers, environment=_LEASES
    )
    with Mesh(options) as mesh:
        yield mesh


@pytest.fixture
async def client(faulty_mesh: Mesh) -> AsyncIterator[Client]:
    """A client of that mesh, when what an earlier test killed is up again."""
    await asyncio.to_thread(faulty_mesh.wait_ready, time.monotonic() + 60)
    async with Client(faulty_mesh.address) as connected:
        yield connected
