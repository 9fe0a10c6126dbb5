"""A mesh that serves ct-l3, and the drawn study in it."""

from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from radmesh.client import SyncClient
from radmesh.mesh import Mesh
from radmesh.samples.ct import write_study
from tests.support.ct.models import MODELS
from tests.support.meshes import running_mesh


@pytest.fixture(scope="session")
def ct_mesh(tmp_path_factory: pytest.TempPathFactory) -> Generator[Mesh, None, None]:
    """A mesh with both networks, which a whole run shares. Its model child may be killed; it comes back."""
    environment = {"RADMESH_SEGMENTATION_MODELS": str(MODELS)}
    with running_mesh(tmp_path_factory.mktemp("ct-mesh"), environment=environment) as mesh:
        yield mesh


@pytest.fixture
def client(ct_mesh: Mesh) -> Iterator[SyncClient]:
    """A client of that mesh."""
    with SyncClient(ct_mesh.address) as connected:
        yield connected


@pytest.fixture(scope="session")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The drawn study as DICOM files in a folder."""
    folder = tmp_path_factory.mktemp("study")
    write_study(folder)
    return folder


@pytest.fixture
def image(client: SyncClient, study: Path) -> str:
    """The study as an image of the mesh."""
    return client.upload_series(study, pipeline="ct-l3").name
