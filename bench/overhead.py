"""What the mesh adds to a bare call of the model in this process, and what a warm inference takes."""

import time
from pathlib import Path

import numpy as np
from PIL import Image

from bench.figures import Figure, percentile
from radmesh.client import Client, unpack_result
from radmesh.mesh import Mesh
from radmesh.samples.octa import draw_octa
from radmesh.segmentation.v1 import octa_pb2
from services.chassis.runner import Runner, Work, WorkImage
from services.segmentation.families import octa_options
from services.segmentation.octa.runner import create
from services.segmentation.settings import SegmentationSettings

_ROUNDS = 60
_WARM_UP = 8


def _sample(folder: Path) -> Path:
    path = folder / "sample.png"
    Image.fromarray(np.asarray(draw_octa(7))).save(path)
    return path


def load_bare_model() -> Runner:
    """The model of octa-vessels in this process, with the service's own options."""
    runner = create(octa_options(SegmentationSettings(blobs="file:///")).to_json())
    runner.load()
    return runner


def _bare_call(runner: Runner, path: Path, weights: str, digest: str) -> float:
    """Seconds of one run in this process: read, infer, draw, encode, as the model child does."""
    image = WorkImage("images/bench", "image/png", path)
    work = Work("tasks/bench", 1, "pipelines/octa-vessels", {"threshold": 0.5}, (image,), weights, digest)
    start = time.perf_counter()
    runner.run(work, lambda progress: None, lambda: False)
    return time.perf_counter() - start


async def _through_mesh(client: Client, image: str) -> tuple[float, float]:
    """Seconds from the call to the terminal event, and those of the inference in it."""
    start = time.perf_counter()
    async for message in client.run("octa-vessels", [image]):
        change = message.event.state_change
        if message.HasField("event") and change.HasField("result"):
            seconds = time.perf_counter() - start
            result = unpack_result(change.result)
            assert isinstance(result, octa_pb2.OctaVesselsResult)
            return seconds, result.inference_seconds
    raise RuntimeError("the task ended without a result")


async def measure_overhead(mesh: Mesh, folder: Path) -> list[Figure]:
    """The median of what a task took more than the bare call right before it, on the same machine."""
    sample = _sample(folder)
    runner = load_bare_model()
    bare, meshed, inferences = [], [], []
    async with Client(mesh.address) as client:
        image = await client.upload(sample)
        weights = (await client.pipeline("octa-vessels")).models[0].weights[0]
        for index in range(_WARM_UP + _ROUNDS):
            call = _bare_call(runner, sample, weights.name, weights.digest)
            task, inference = await _through_mesh(client, image.name)
            if index >= _WARM_UP:
                bare.append(call)
                meshed.append(task)
                inferences.append(inference)
    added = [(task - call) * 1000 for task, call in zip(meshed, bare, strict=True)]
    p50 = [percentile(seconds, 0.5) * 1000 for seconds in (bare, meshed)]
    return [
        Figure(
            "OCTA task end to end over the bare model call, p50",
            percentile(added, 0.5),
            "ms more",
            30,
            10,
            detail=f"of {_ROUNDS} pairs; call to result {p50[1]:.1f} ms, bare call {p50[0]:.1f} ms",
        ),
        Figure(
            "warm inference, one image, CPU",
            percentile(inferences, 0.5),
            "s",
            0.5,
            0.1,
            detail=f"p95 {percentile(inferences, 0.95) * 1000:.0f} ms, {len(inferences)} images",
        ),
    ]
