"""What the mesh adds to the bare runner of nnunet on a volume: queue, blobs, the model's child, the mask."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nibabel
import numpy as np

from bench.figures import Figure, percentile
from radmesh import formats
from radmesh.client import Client, raise_for_outcome, unpack_result
from radmesh.mesh import SEGMENTATION, Mesh, MeshOptions
from radmesh.models.v1.model_pb2 import Weights
from radmesh.segmentation.v1.nnunet_pb2 import NnunetResult
from services.chassis.runner import Runner, Work, WorkImage
from services.segmentation.families import nnunet_options
from services.segmentation.nnunet.layout import Description
from services.segmentation.nnunet.runner import create
from services.segmentation.nnunet.trained import serve_trained
from services.segmentation.settings import SegmentationSettings
from tests.support.nnunet.images import blobs
from tests.support.nnunet.recipes import Recipe, plain_labels
from tests.support.nnunet.trained_folders import write_trained

_SHAPE, _WARM_UP = (200, 256, 256), (128, 128, 128)
_PAIRS = 3
_PARAMETERS = {"configuration": "", "folds": "", "mirroring": False, "tile_step": 0.5, "device": "cpu"}
_RECIPE = Recipe(
    "3d_fullres",
    (128, 128, 128),
    (1.0, 1.0, 1.0),
    plain_labels(3),
    features=(8, 16, 32, 64, 128, 160),
    convolutions=2,
)


@asynccontextmanager
async def served_mesh(folder: Path) -> AsyncGenerator[Mesh, None]:
    """A mesh whose folder of imported models has one for volumes, `bench`."""
    (folder / "mesh" / "models").mkdir(parents=True)
    served = folder / "mesh" / "models" / "bench"
    serve_trained(write_trained(folder / "results", _RECIPE), served, Description("bench", "Made up"))
    mesh = Mesh(MeshOptions(folder / "mesh", workers=(SEGMENTATION,)))
    try:
        await asyncio.to_thread(mesh.start)
        yield mesh
    finally:
        await asyncio.to_thread(mesh.stop)


@dataclass(frozen=True)
class _Pair:
    """Seconds of a bare call and of a task for the same volume: in all, and but for the prediction itself."""

    bare: float
    meshed: float
    bare_beside: float
    meshed_beside: float

    @property
    def share(self) -> float:
        """What the mesh adds beside the prediction, in per cent of the bare call."""
        return 100 * (self.meshed_beside - self.bare_beside) / self.bare

    @property
    def whole_share(self) -> float:
        """The same with the predictions, which differ by more from one run to the next than a mesh adds."""
        return 100 * (self.meshed - self.bare) / self.bare


async def measure_volumes(mesh: Mesh, folder: Path) -> list[Figure]:
    """What a task takes more, beside the prediction, than the bare call right before it: the median of pairs.

    The same network on the same volume takes up to a fifth more or less from one run to the next, so the
    seconds that each prediction says of itself are taken off both.
    """
    runner = _bare_runner(folder / "mesh" / "models")
    async with Client(mesh.address) as client:
        models = (await client.pipeline("nnunet")).models
        weights = next(one for model in models for one in model.weights if model.name == "models/bench")
        pairs = [
            await _pair(client, runner, weights, _write(folder / f"{number}.nii", shape, number))
            for number, shape in enumerate([_WARM_UP, *[_SHAPE] * _PAIRS])
        ][1:]
    wholes = ", ".join(f"{one.whole_share:+.1f} %" for one in pairs)
    meshed, bare, call = (
        percentile([getattr(one, name) for one in pairs], 0.5)
        for name in ("meshed_beside", "bare_beside", "bare")
    )
    detail = (
        f"of {len(pairs)} pairs; beside the prediction {meshed:.2f} s over {bare:.2f} s of a bare call of "
        f"{call:.1f} s; with it {wholes}"
    )
    what = "mesh over the bare runner, 3D case of 256 x 256 x 200, p50"
    return [Figure(what, percentile([one.share for one in pairs], 0.5), "% more", 3, 1, detail=detail)]


async def _pair(client: Client, runner: Runner, weights: Weights, path: Path) -> _Pair:
    image = WorkImage("images/bench", formats.NIFTI, path)
    work = Work("tasks/bench", 1, "pipelines/nnunet", _PARAMETERS, (image,), weights.name, weights.digest)
    begin = time.perf_counter()
    output = runner.run(work, lambda progress: None, lambda: False)
    bare = time.perf_counter() - begin
    uploaded = await client.upload(path)
    begin = time.perf_counter()
    parameters = {"mirroring": False, "device": "cpu"}
    task = await client.create("nnunet", [uploaded.name], parameters=parameters, weights=weights.name)
    ended = await client.wait(task.name)
    meshed = time.perf_counter() - begin
    raise_for_outcome(ended)
    result = unpack_result(ended.result)
    assert isinstance(output.result, NnunetResult)
    assert isinstance(result, NnunetResult)
    return _Pair(bare, meshed, bare - output.result.inference_seconds, meshed - result.inference_seconds)


def _write(path: Path, shape: tuple[int, int, int], seed: int) -> Path:
    made: Any = nibabel.Nifti1Image
    made(blobs(shape, seed=seed)[0].astype(np.int16).T, np.diag([-1.0, -1.0, 1.0, 1.0])).to_filename(path)
    return path


def _bare_runner(models: Path) -> Runner:
    """The runner of nnunet in this process, with the service's own options."""
    settings = SegmentationSettings(blobs="file:///", imported=models)
    runner = create(nnunet_options(settings).to_json())
    runner.load()
    return runner
