"""Fixtures that every layer of tests may use."""

from collections.abc import AsyncGenerator, Callable, Generator
from pathlib import Path

import pytest

from radmesh.client import Client
from radmesh.mesh import Mesh
from tests.support.meshes import STEPS, start_mesh


@pytest.fixture(scope="session")
def mesh(tmp_path_factory: pytest.TempPathFactory) -> Generator[Mesh, None, None]:
    """A mesh with the steps worker that a whole run shares. For tests that kill nothing."""
    with start_mesh(tmp_path_factory.mktemp("mesh"), workers=(STEPS,)) as started:
        yield started


@pytest.fixture(scope="session")
def octa_mesh(tmp_path_factory: pytest.TempPathFactory) -> Generator[Mesh, None, None]:
    """A mesh with the segmentation service that a whole run shares. For tests that kill nothing."""
    with start_mesh(tmp_path_factory.mktemp("octa-mesh")) as started:
        yield started


@pytest.fixture
def own_mesh(tmp_path: Path) -> Generator[Callable[..., Mesh], None, None]:
    """Starts a mesh for one test, which may kill it; takes the fields of MeshOptions."""
    started: list[Mesh] = []

    def start(**options: object) -> Mesh:
        started.append(start_mesh(tmp_path / f"mesh-{len(started)}", **{"workers": (STEPS,), **options}))
        return started[-1]

    yield start
    for one in started:
        one.stop()


@pytest.fixture
async def client(mesh: Mesh) -> AsyncGenerator[Client, None]:
    """A client of the shared mesh."""
    async with Client(mesh.address) as connected:
        yield connected
