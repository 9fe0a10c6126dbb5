"""Of several workers that share the folder of imported models, each runs what any of them imported."""

from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import pytest

from radmesh.client import Client
from radmesh.mesh import SEGMENTATION, Mesh
from radmesh.tasks.v1.task_pb2 import TASK_STATE_SUCCEEDED
from tests.support.meshes import running_mesh
from tests.support.nnunet.recipes import Recipe
from tests.support.nnunet.trained_folders import write_trained
from tests.support.nnunet.volumes import write_nifti

pytestmark = pytest.mark.timeout(300)

SMALL = Recipe("3d_fullres", (8, 16, 16), (2.0, 1.5, 1.5), {"background": 0, "liver": 1}, features=(4, 8))


@pytest.fixture
def mesh(tmp_path: Path) -> Generator[Mesh, None, None]:
    """Two workers, as on two machines with one folder, that hardly ever look into it again."""
    workers = (SEGMENTATION, replace(SEGMENTATION, name="segmentation-2"))
    slow = {"RADMESH_SEGMENTATION_LOOK_SECONDS": "3600", "RADMESH_SEGMENTATION_THREADS": "1"}
    with running_mesh(tmp_path / "mesh", workers=workers, environment=slow) as started:
        yield started


async def test_every_worker_runs_what_one_of_them_imported_at_once(mesh: Mesh, tmp_path: Path) -> None:
    trained = write_trained(tmp_path / "Dataset777_Liver", SMALL)[0]
    write_nifti(tmp_path / "image.nii")
    async with Client(mesh.address) as client:
        imported = await client.wait((await client.import_model(trained, "liver")).name)
        assert imported.state == TASK_STATE_SUCCEEDED, imported.error
        image = (await client.upload(tmp_path / "image.nii", pipeline="pipelines/nnunet")).name
        workers = [worker.name async for worker in client.admin.workers()]
        assert len(workers) == 2
        for resting in workers:
            await client.admin.pause_worker(resting)
            task = await client.create("nnunet", [image], weights="models/liver")
            ended = await client.wait(task.name)
            await client.admin.resume_worker(resting)
            assert (ended.state, ended.attempt) == (TASK_STATE_SUCCEEDED, 1), ended.error
