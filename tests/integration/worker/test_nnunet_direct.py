"""NnunetService with a trained model: a mask without queue and task."""

import asyncio
import shutil
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytest_asyncio

from radmesh.segmentation.v1.nnunet_service_pb2 import SegmentVolumeRequest
from radmesh.segmentation.v1.nnunet_service_pb2_grpc import NnunetServiceStub
from services.segmentation.nnunet.predictor import PredictOptions, open_network
from tests.support.direct import Running, running_service
from tests.support.nnunet.volumes import read_mask, write_nifti

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("octa")]

ROOT = Path(__file__).resolve().parents[3]
SHAPE = (3, 60, 70)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of imported models, with the bundled one of body compartments as `compartments`."""
    folder = tmp_path_factory.mktemp("imported")
    shutil.copytree(ROOT / "models" / "ct-l3-measure", folder / "compartments")
    toml = folder / "compartments" / "model.toml"
    toml.write_text(toml.read_text().replace('name = "ct-l3-measure"', 'name = "compartments"', 1))
    return folder


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(models: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Running, None]:
    async with running_service(tmp_path_factory.mktemp("blobs"), imported=models) as started:
        yield started


def method(running: Running) -> Any:
    return NnunetServiceStub(running.channel).SegmentVolume


def content(folder: Path, shape: tuple[int, int, int] = SHAPE) -> tuple[bytes, np.ndarray]:
    values = write_nifti(folder / "image.nii.gz", shape)
    return (folder / "image.nii.gz").read_bytes(), values


async def test_a_volume_becomes_the_mask_that_the_model_gives(
    running: Running, models: Path, tmp_path: Path
) -> None:
    sent, values = content(tmp_path)
    request = SegmentVolumeRequest(contents=[sent], mirroring=False, tile_step=0.6)
    answer = await running.call(method(running), request)
    assert "inference" in answer.stages
    network = open_network(models / "compartments", device="cpu")
    wanted = network.predict(
        values[np.newaxis],
        (2.0, 1.5, 1.5),
        PredictOptions(mirroring=False, tile_step=0.6),
        lambda _: None,
        lambda: False,
    )
    mask, _ = read_mask(answer.files["mask.nii.gz"], tmp_path / "mask.nii.gz")
    assert np.array_equal(mask, wanted.labels)
    assert len(answer.files["overlay.png"]) > 1000
    assert (answer.result.model, answer.result.tiles) == ("models/compartments", wanted.tiles)
    assert answer.result.weights_digest == network.weights.digest
    assert not answer.result.mirroring


async def test_only_an_operator_names_images_of_the_blob_store(running: Running, tmp_path: Path) -> None:
    name = f"images/{'c' * 64}"
    await running.service.blobs.put(name, content(tmp_path)[0])
    request = SegmentVolumeRequest(images=[name], mirroring=False, weights="models/compartments")
    assert (await running.call(method(running), request)).result.slices == SHAPE[0]
    somebody = (("radmesh-principal", "somebody"),)
    assert (await running.refusal(method(running), request, somebody)).reason == "PERMISSION_DENIED"
    missing = SegmentVolumeRequest(images=[f"images/{'d' * 64}"])
    assert (await running.refusal(method(running), missing)).reason == "IMAGE_NOT_FOUND"


async def test_every_broken_rule_is_named_at_once(running: Running) -> None:
    request = SegmentVolumeRequest(
        images=["x"],
        contents=[bytes(1 << 19), bytes((1 << 19) + 1)],
        weights="best",
        configuration="a" * 65,
        folds=["0,1"],
        tile_step=float("nan"),
        device="tpu",
    )
    refused = await running.refusal(method(running), request)
    assert refused.reason == "INVALID_REQUEST"
    for field in ("images", "contents", "weights", "configuration", "folds", "tile_step", "device"):
        assert field in str(refused)


async def test_what_cannot_be_run_is_typed_and_leaves_the_child_running(
    running: Running, tmp_path: Path
) -> None:
    sent, _ = content(tmp_path)
    pids = running.service.pool.pids
    for request, reason in (
        (SegmentVolumeRequest(contents=[sent], weights="models/none-such"), "MODEL_NOT_FOUND"),
        (SegmentVolumeRequest(contents=[sent], weights="models/compartments/weights/x"), "WEIGHTS_NOT_FOUND"),
        (SegmentVolumeRequest(contents=[sent], folds=["7"]), "FOLD_NOT_FOUND"),
        (SegmentVolumeRequest(contents=[sent], configuration="3d_fullres"), "INVALID_REQUEST"),
        (SegmentVolumeRequest(contents=[sent, sent]), "CHANNELS_MISMATCH"),
    ):
        assert (await running.refusal(method(running), request)).reason == reason
    assert running.service.pool.pids == pids


async def test_it_takes_a_slot_and_a_caller_that_leaves_gives_it_back(
    running: Running, tmp_path: Path
) -> None:
    sent, _ = content(tmp_path, (40, 60, 60))
    call = method(running)(SegmentVolumeRequest(contents=[sent], tile_step=0.1))
    await call.read()
    refused = await running.refusal(method(running), SegmentVolumeRequest(contents=[sent]))
    assert (refused.reason, bool(refused.retry_after)) == ("NO_FREE_SLOT", True)
    call.cancel()
    async with asyncio.timeout(20):
        process = await running.service.pool.take()
    running.service.pool.give_back(process)
