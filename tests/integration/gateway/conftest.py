"""A mesh for the gateway's tests, whose processes they may kill: the supervisor starts them again."""

from collections.abc import AsyncIterator, Iterator

import pytest

from radmesh.mesh import Mesh
from tests.integration.gateway.door import Door
from tests.support.meshes import STEPS, running_mesh

_SETTINGS = {
    "RADMESH_GATEWAY_TRUST_PRINCIPAL": "true",
    "RADMESH_GATEWAY_MAX_UPLOAD_BYTES": str(4 << 20),
    "RADMESH_GATEWAY_MIN_FREE_BYTES": "0",
    "RADMESH_GATEWAY_BOOKMARK_SECONDS": "0.5",
    "RADMESH_GATEWAY_DESCRIPTOR_SECONDS": "0.2",
    "RADMESH_GATEWAY_DRAIN_SECONDS": "5",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keeps these tests together: one mesh for all of them."""
    for item in items:
        if item.path.is_relative_to(__file__.rpartition("/")[0]):
            item.add_marker(pytest.mark.xdist_group("gateway"))


@pytest.fixture(scope="package")
def gateway_mesh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mesh]:
    folder = tmp_path_factory.mktemp("gateway-mesh")
    with running_mesh(folder, workers=(STEPS,), tasks_replicas=2, environment=_SETTINGS) as mesh:
        yield mesh


@pytest.fixture
async def door(gateway_mesh: Mesh) -> AsyncIterator[Door]:
    found = Door(gateway_mesh.address, gateway_mesh.options.folder / "blobs")
    yield found
    await found.channel.close(None)
