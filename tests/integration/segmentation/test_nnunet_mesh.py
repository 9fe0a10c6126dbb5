"""A trained nnU-Net model is imported into a running mesh and segments at once; what is wrong is said."""

import asyncio
import json
import shutil
import uuid
from collections.abc import AsyncGenerator, Generator
from pathlib import Path

import nibabel
import numpy as np
import pytest
import pytest_asyncio

from radmesh.client import Client, unpack_result
from radmesh.errors import InvalidRequestError, ModelInUseError, PermissionDeniedError, WeightsNotFoundError
from radmesh.mesh import Mesh
from radmesh.models.v1.model_service_pb2 import ImportModelRequest
from radmesh.segmentation.v1.nnunet_import_pb2 import NnunetImportResult
from radmesh.segmentation.v1.nnunet_pb2 import NnunetResult
from radmesh.tasks.v1.task_pb2 import TASK_STATE_FAILED, TASK_STATE_SUCCEEDED, Task
from services.segmentation.nnunet.predictor import PredictOptions, open_network
from tests.support.command import radmesh
from tests.support.meshes import running_mesh
from tests.support.nnunet.archives import pack
from tests.support.nnunet.recipes import Recipe
from tests.support.nnunet.trained_folders import write_trained
from tests.support.nnunet.volumes import AFFINE, read_mask, write_nifti

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("nnunet-mesh")]

LABELS = {"background": 0, "liver": 1, "left kidney": 2}
SMALL = Recipe(
    "3d_fullres", (8, 16, 16), (2.0, 1.5, 1.5), LABELS, features=(4, 8), mirroring_axes=(0, 1, 2), trainings=2
)
TWO = Recipe(
    "2d",
    (16, 16),
    (1.5, 1.5),
    LABELS,
    ("CT", "PET"),
    ("CTNormalization", "ZScoreNormalization"),
    features=(4, 8),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("nnunet-mesh")


@pytest.fixture(scope="module")
def mesh(folder: Path) -> Generator[Mesh, None, None]:
    """A mesh with the segmentation service, whose child has little memory, and no imported model."""
    limit = {"RADMESH_SEGMENTATION_CHILD_MEMORY_BYTES": str(1 << 30)}  # ready, it has half of that
    with running_mesh(folder / "mesh", environment=limit) as started:
        yield started


@pytest.fixture(scope="module")
def trained(folder: Path) -> Path:
    return write_trained(folder / "Dataset777_Abdomen", SMALL)[0]


@pytest_asyncio.fixture(loop_scope="module")
async def client(mesh: Mesh) -> AsyncGenerator[Client, None]:
    async with Client(mesh.address) as connected:
        yield connected


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def abdomen(mesh: Mesh, trained: Path) -> NnunetImportResult:
    """The first model, imported while the mesh runs."""
    async with Client(mesh.address) as client:
        before = await client.models()
        assert "models/abdomen" not in {model.name for model in before}
        task = await client.import_model(trained, "abdomen", title="Organs of the abdomen")
        ended = await client.wait(task.name)
        assert ended.state == TASK_STATE_SUCCEEDED, ended.error
        result = unpack_result(ended.result)
        assert isinstance(result, NnunetImportResult)
        # Without a restart, and without waiting: who saw the outcome finds the model.
        assert await client.model("abdomen") == result.model
        return result


async def catalogue_has(client: Client, model: str, *, there: bool) -> None:
    """Returns once a model is, or is not, in the catalogue."""
    async with asyncio.timeout(30):
        while (model in {one.name for one in await client.models()}) is not there:  # noqa: ASYNC110
            await asyncio.sleep(0.1)  # nothing tells of a change in the catalogue


async def failed(client: Client, task: Task) -> Task:
    ended = await client.wait(task.name)
    assert ended.state == TASK_STATE_FAILED
    return ended


async def test_what_was_imported_says_what_it_is(abdomen: NnunetImportResult) -> None:
    assert (abdomen.model.title, abdomen.configuration) == ("Organs of the abdomen", "3d_fullres")
    assert [(one.name, one.code) for one in abdomen.labels] == [
        ("liver", "10200004"),
        ("left kidney", "18639004"),
    ]
    assert list(abdomen.configurations[0].folds) == ["0", "1"]


async def test_an_image_is_segmented_as_the_engine_does_it(
    client: Client, mesh: Mesh, abdomen: NnunetImportResult, tmp_path: Path
) -> None:
    values = write_nifti(tmp_path / "image.nii.gz")
    told: list[str] = []
    analysis = await client.analyze(
        "nnunet",
        tmp_path / "image.nii.gz",
        parameters={"folds": "1", "tile_step": 0.6},
        folder=tmp_path / "out",
        on_message=lambda message: told.append(message.progress.stage),
    )
    result = unpack_result(analysis.task.result)
    assert isinstance(result, NnunetResult)
    network = open_network(mesh.options.folder / "models" / "abdomen", device="cpu")
    wanted = network.predict(
        values[np.newaxis], (2.0, 1.5, 1.5), PredictOptions(("1",), True, 0.6), lambda _: None, lambda: False
    )
    mask, affine = read_mask((tmp_path / "out" / "mask.nii.gz").read_bytes(), tmp_path / "mask.nii.gz")
    assert np.array_equal(mask, wanted.labels)
    assert np.allclose(affine, AFFINE)
    assert (tmp_path / "out" / "overlay.png").stat().st_size > 1000
    assert "inference" in told
    assert [label.value for label in result.labels] == [1, 2]
    for label in result.labels:
        assert label.voxels == int((wanted.labels == label.value).sum())
        assert label.volume_ml == pytest.approx(label.voxels * 4.5 / 1000)
    assert (result.weights_digest, list(result.folds)) == (abdomen.model.weights[0].digest, ["1"])
    assert (result.slices, result.rows, result.columns) == (12, 24, 20)
    assert list(result.spacing_mm) == pytest.approx([2.0, 1.5, 1.5])
    assert result.tiles == wanted.tiles > 1


async def test_of_two_models_one_has_to_be_named_and_each_channel_needs_its_image(
    client: Client, mesh: Mesh, abdomen: NnunetImportResult, tmp_path: Path
) -> None:
    folders = write_trained(tmp_path / "Dataset778_Lesions", TWO)
    archive = pack(tmp_path / "Dataset778_Lesions.zip", folders, inside="Dataset778_Lesions")
    done = radmesh("models", "import", str(archive), "--server", mesh.address)
    assert done.returncode == 0, done.stderr
    assert "--weights models/lesions" in done.stdout
    assert "lesions" in radmesh("models", "list", "--server", mesh.address).stdout
    for name in ("ct", "pet"):
        write_nifti(tmp_path / f"{name}.nii", seed=len(name))
    images = [
        (await client.upload(tmp_path / f"{name}.nii", pipeline="pipelines/nnunet")).name
        for name in ("ct", "pet")
    ]
    with pytest.raises(InvalidRequestError, match="models/abdomen, models/lesions"):
        await client.create("nnunet", images)
    ended = await client.wait((await client.create("nnunet", images, weights="models/lesions")).name)
    assert ended.state == TASK_STATE_SUCCEEDED, ended.error
    paths = [str(tmp_path / f"{name}.nii") for name in ("ct", "pet")]
    chosen = ("--weights", "lesions", "--together", "--json")
    both = radmesh("analyze", "nnunet", *paths, *chosen, server=mesh.address)
    assert both.returncode == 0, both.stderr
    assert json.loads(both.stdout)["input"] == "ct.nii"
    one = await failed(client, await client.create("nnunet", images[:1], weights="models/lesions"))
    assert one.error.reason == "CHANNELS_MISMATCH"
    assert "CT, PET" in one.error.message


async def test_a_wrong_request_is_told_what_there_is(
    client: Client, abdomen: NnunetImportResult, tmp_path: Path
) -> None:
    write_nifti(tmp_path / "image.nii")
    image = (await client.upload(tmp_path / "image.nii", pipeline="pipelines/nnunet")).name
    with pytest.raises(WeightsNotFoundError, match="models/abdomen/weights/official"):
        await client.create("nnunet", [image], weights="models/none-such")
    for parameters, reason in (
        ({"folds": "7"}, "FOLD_NOT_FOUND"),
        ({"configuration": "3d_lowres"}, "INVALID_REQUEST"),
    ):
        task = await client.create("nnunet", [image], weights="models/abdomen", parameters=parameters)
        assert (await failed(client, task)).error.reason == reason


async def test_values_that_are_no_numbers_are_named(
    client: Client, abdomen: NnunetImportResult, tmp_path: Path
) -> None:
    values = write_nifti(tmp_path / "image.nii")
    content = bytearray((tmp_path / "image.nii").read_bytes())
    content[-4 * values[0].size : -4 * values[0].size + 4] = np.float32(np.nan).tobytes()
    (tmp_path / "image.nii").write_bytes(content)
    image = (await client.upload(tmp_path / "image.nii", pipeline="pipelines/nnunet")).name
    ended = await failed(client, await client.create("nnunet", [image], weights="models/abdomen"))
    assert ended.error.reason == "VALUES_NOT_FINITE"


@pytest.mark.parametrize("slices", [60, 300], ids=["found while predicting", "found while reading"])
async def test_an_image_beyond_the_childs_memory_fails_with_its_reason_and_the_next_one_runs(
    client: Client, abdomen: NnunetImportResult, tmp_path: Path, slices: int
) -> None:
    large = np.broadcast_to(np.uint8(1), (1000, 1000, slices))
    nibabel.Nifti1Image(large, AFFINE).to_filename(tmp_path / "large.nii.gz")  # type: ignore[no-untyped-call]
    write_nifti(tmp_path / "small.nii")
    images = [
        await client.upload(tmp_path / f"{name}.nii{end}", pipeline="pipelines/nnunet")
        for name, end in (("large", ".gz"), ("small", ""))
    ]
    tasks = [await client.create("nnunet", [image.name], weights="models/abdomen") for image in images]
    assert (await failed(client, tasks[0])).error.reason == "OUT_OF_MEMORY"
    after = await client.wait(tasks[1].name)
    assert (after.state, after.attempt) == (TASK_STATE_SUCCEEDED, 1), after.error


async def test_a_model_that_is_refused_leaves_the_mesh_as_it_was(
    client: Client, mesh: Mesh, abdomen: NnunetImportResult, trained: Path, tmp_path: Path
) -> None:
    before = await client.models()
    again = await failed(client, await client.import_model(trained, "abdomen"))
    assert again.error.reason == "MODEL_EXISTS"
    assert not again.error.retryable
    whole = pack(tmp_path / "whole.zip", [trained]).read_bytes()
    (tmp_path / "cut.zip").write_bytes(whole[: len(whole) // 2])
    cut = await failed(client, await client.import_model(tmp_path / "cut.zip", "other"))
    assert cut.error.reason == "ARCHIVE_UNREADABLE"
    assert cut.attempt == 1
    assert await client.models() == before
    assert not [path for path in (mesh.options.folder / "models").iterdir() if path.name.startswith(".")]


async def test_only_operators_import_and_their_imports_are_recorded(
    client: Client, abdomen: NnunetImportResult, trained: Path, tmp_path: Path
) -> None:
    records = [one async for one in client.admin.audit_records()]
    assert any(one.method == "CreateTask" and "name=abdomen" in one.request for one in records)
    # The internal pipeline itself is closed: only by ImportModel does the door say who is an operator.
    archive = pack(tmp_path / "m.zip", [trained])
    image = await client.upload(archive, pipeline="pipelines/nnunet-import")
    with pytest.raises(PermissionDeniedError):
        await client.create("nnunet-import", [image.name], parameters={"name": "sly"})
    wrong = ImportModelRequest(
        request_id=str(uuid.uuid4()), image="images/x", name="models/UP", checkpoint="a"
    )
    with pytest.raises(InvalidRequestError) as caught:
        await client._call(client._models.ImportModel, wrong)
    assert {one.field for one in caught.value.violations} == {"image", "name", "checkpoint"}


def drop_in(mesh: Mesh, name: str) -> Path:
    """Puts a copy of the first model among the imported ones by hand."""
    models = mesh.options.folder / "models"
    copy = models / f".{name}"
    shutil.copytree(models / "abdomen", copy)
    toml = (copy / "model.toml").read_text().replace('name = "abdomen"', f'name = "{name}"', 1)
    (copy / "model.toml").write_text(toml)
    return copy.rename(models / name)


async def test_a_model_is_deleted_once_no_task_needs_it(
    client: Client, mesh: Mesh, abdomen: NnunetImportResult, tmp_path: Path
) -> None:
    folder = drop_in(mesh, "passing")
    await catalogue_has(client, "models/passing", there=True)
    write_nifti(tmp_path / "image.nii")
    image = (await client.upload(tmp_path / "image.nii", pipeline="pipelines/nnunet")).name
    await client.admin.pause_pipeline("nnunet", "so that a task waits")
    try:
        waiting = await client.create("nnunet", [image], weights="models/passing")
        with pytest.raises(ModelInUseError, match=waiting.name):
            await client.delete_model("passing")
        refused = radmesh("models", "delete", "passing", server=mesh.address)
        assert (refused.returncode, "is in use" in refused.stderr) == (1, True), refused.stderr
        await client.cancel(waiting.name)
    finally:
        await client.admin.resume_pipeline("nnunet")
    assert folder.exists()
    done = radmesh("models", "delete", "passing", server=mesh.address)
    assert done.returncode == 0, done.stderr
    # At once; and twice is as good as once.
    assert "models/passing" not in {one.name for one in await client.models()}
    assert not folder.exists()
    again = await client.wait((await client.delete_model("passing")).name)
    assert again.state == TASK_STATE_SUCCEEDED
    assert "octa-vessels" in {one.name.partition("/")[2] for one in await client.models()}
    bundled = await failed(client, await client.delete_model("octa-vessels"))
    assert bundled.error.reason == "MODEL_BUNDLED"


async def test_a_folder_that_is_dropped_in_is_served_soon_and_gone_when_it_goes(
    client: Client, mesh: Mesh, abdomen: NnunetImportResult
) -> None:
    copy = drop_in(mesh, "copied")
    await catalogue_has(client, "models/copied", there=True)
    shutil.rmtree(copy)
    await catalogue_has(client, "models/copied", there=False)
