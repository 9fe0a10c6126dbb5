"""Of two trainings of one model both can be run, and the operator says which is the official one."""

from collections.abc import Generator
from pathlib import Path

import pytest

from radmesh.client import Client, unpack_result
from radmesh.errors import InvalidRequestError
from radmesh.mesh import SEGMENTATION, Mesh
from radmesh.segmentation.v1.nnunet_pb2 import NnunetResult
from radmesh.tasks.v1.task_pb2 import TASK_STATE_FAILED, TASK_STATE_SUCCEEDED, Task
from tests.support.command import radmesh
from tests.support.meshes import running_mesh
from tests.support.nnunet.recipes import Recipe
from tests.support.nnunet.trained_folders import write_trained
from tests.support.nnunet.volumes import write_nifti

pytestmark = pytest.mark.timeout(300)

SMALL = Recipe(
    "3d_fullres", (8, 16, 16), (2.0, 1.5, 1.5), {"background": 0, "liver": 1}, features=(4, 8), trainings=2
)


@pytest.fixture
def mesh(tmp_path: Path) -> Generator[Mesh, None, None]:
    with running_mesh(tmp_path / "mesh", workers=(SEGMENTATION,)) as started:
        yield started


async def ran(client: Client, task: Task) -> str:
    """The digest of the weights that a task ran."""
    ended = await client.wait(task.name)
    assert ended.state == TASK_STATE_SUCCEEDED, ended.error
    result = unpack_result(ended.result)
    assert isinstance(result, NnunetResult)
    return result.weights_digest


async def test_a_second_training_is_run_made_official_and_deleted(mesh: Mesh, tmp_path: Path) -> None:
    first, second = (
        str(write_trained(tmp_path / str(seed) / "Dataset777_Liver", SMALL, seed=seed)[0]) for seed in (0, 5)
    )
    assert radmesh("models", "import", first, server=mesh.address).returncode == 0
    done = radmesh("models", "import", second, "--model", "liver", "--weights", "v2", server=mesh.address)
    assert done.returncode == 0, done.stderr
    assert "--weights models/liver/weights/v2" in done.stdout
    write_nifti(tmp_path / "image.nii")
    async with Client(mesh.address) as client:
        image = (await client.upload(tmp_path / "image.nii", pipeline="pipelines/nnunet")).name
        old, new = (await client.model("liver")).weights
        assert new.name == "models/liver/weights/v2"

        async def create(weights: str) -> Task:
            return await client.create("nnunet", [image], weights=weights, parameters={"mirroring": False})

        assert await ran(client, await create(new.name)) == new.digest
        await client.admin.pause_pipeline("nnunet", "so that a task waits")
        try:
            waiting = await create("models/liver")
            chosen = radmesh("models", "official", "liver", "v2", "--keep-as", "v1", server=mesh.address)
        finally:
            await client.admin.resume_pipeline("nnunet")
        assert chosen.returncode == 0, chosen.stderr
        # A task runs what it was created for, by whatever name that goes since.
        assert await ran(client, waiting) == old.digest
        assert await ran(client, await create("models/liver")) == new.digest
        kept = await client.wait((await client.delete_weights("models/liver/weights/official")).name)
        assert (kept.state, kept.error.reason) == (TASK_STATE_FAILED, "WEIGHTS_OFFICIAL")
        gone = radmesh("models", "delete", "liver", "--weights", "v1", server=mesh.address)
        assert gone.returncode == 0, gone.stderr
        (left,) = (await client.model("liver")).weights
        assert (left.name, left.digest) == ("models/liver/weights/official", new.digest)
        with pytest.raises(InvalidRequestError) as caught:
            await client.set_official_weights("models/liver", "UP")
        assert {one.field for one in caught.value.violations} == {"name", "keep_as"}
