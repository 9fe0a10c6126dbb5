"""Fixtures that every layer of tests may use."""

from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import ExitStack
from pathlib import Path

import pytest

from radmesh.client import Client
from radmesh.mesh import Mesh
from radmesh.mesh.ports import ReservedPort
from tests.support.mesh_logs import complaints
from tests.support.meshes import STEPS, STUDY, running_mesh


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Shows beside a failed test what its mesh's processes logged as errors: there the cause is told."""
    report = yield
    if report.failed:
        folder = item.config._tmp_path_factory.getbasetemp()  # type: ignore[attr-defined]
        loud = complaints(folder, call.start)
        if loud:
            report.sections.append(("Errors in the logs of processes", "\n".join(loud)))
    return report


@pytest.fixture(scope="session")
def mesh(tmp_path_factory: pytest.TempPathFactory) -> Generator[Mesh, None, None]:
    """A mesh with the steps worker that a whole run shares. For tests that kill nothing."""
    with running_mesh(tmp_path_factory.mktemp("mesh"), workers=(STEPS,)) as started:
        yield started


@pytest.fixture(scope="session")
def octa_mesh(tmp_path_factory: pytest.TempPathFactory) -> Generator[Mesh, None, None]:
    """A mesh with the segmentation service that a whole run shares. For tests that kill nothing."""
    with running_mesh(tmp_path_factory.mktemp("octa-mesh")) as started:
        yield started


@pytest.fixture(scope="session")
def study_mesh(tmp_path_factory: pytest.TempPathFactory) -> Generator[Mesh, None, None]:
    """A mesh with the worker that opens CT studies. For tests of xdist group `studies` that kill nothing."""
    with running_mesh(tmp_path_factory.mktemp("study-mesh"), workers=(STUDY,)) as started:
        yield started


@pytest.fixture
def own_mesh(tmp_path: Path) -> Generator[Callable[..., Mesh], None, None]:
    """Starts a mesh for one test, which may kill it; takes the fields of MeshOptions."""
    with ExitStack() as meshes:

        def start(**options: object) -> Mesh:
            chosen = {"workers": (STEPS,), **options}
            return meshes.enter_context(running_mesh(tmp_path / "mesh", **chosen))

        yield start


@pytest.fixture
async def client(mesh: Mesh) -> AsyncGenerator[Client, None]:
    """A client of the shared mesh."""
    async with Client(mesh.address) as connected:
        yield connected


@pytest.fixture
def silent_port() -> Generator[int, None, None]:
    """A loopback port on which nobody listens, unless the test itself does."""
    port = ReservedPort()
    yield port.number
    port.release()
