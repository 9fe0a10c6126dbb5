"""A mesh whose folder of models has not those of ct-l3 serves the others, and says that it lacks this one."""

import shutil
from pathlib import Path

import pytest

from radmesh.client import SyncClient
from radmesh.errors import PipelineNotFoundError
from tests.support.ct.models import BUNDLED
from tests.support.meshes import running_mesh


def test_the_service_starts_without_ct_l3_and_says_so(tmp_path: Path) -> None:
    models = tmp_path / "models"
    shutil.copytree(BUNDLED / "octa-vessels", models / "octa-vessels")
    (models / "ct-l3-locate").mkdir()
    environment = {"RADMESH_SEGMENTATION_MODELS": str(models)}
    with running_mesh(tmp_path / "mesh", environment=environment) as mesh, SyncClient(mesh.address) as client:
        served = {one.name for one in client.pipelines()}
        assert "pipelines/octa-vessels" in served
        assert "pipelines/ct-l3" not in served
        with pytest.raises(PipelineNotFoundError, match="ct-l3"):
            client.create("ct-l3", [f"images/{'0' * 64}"])
        logs = "".join(path.read_text() for path in (tmp_path / "mesh" / "logs").iterdir())
        assert "ct-l3-locate, ct-l3-measure" in logs
