"""How long a model child goes on with a 3D prediction after a cancel."""

import asyncio
import random
import time
from pathlib import Path

from bench.figures import Figure, percentile
from bench.nnunet import solid
from radmesh.tasks.v1.task_pb2 import TaskProgress
from services.chassis.model_process import ModelProcess
from services.chassis.runner import CancelledRun
from services.segmentation.nnunet.layout import Description
from services.segmentation.nnunet.trained import serve_trained
from tests.support.nnunet.child import nnunet_child, nnunet_work
from tests.support.nnunet.trained_folders import write_trained
from tests.support.nnunet.volumes import write_nifti

_CANCELS = 60


async def measure_cancels(folder: Path) -> list[Figure]:
    """From a cancel at any time of a tile until the child is idle; p99, and how often it had to be killed."""
    trained = write_trained(folder / "trained", solid(4))
    serve_trained(trained, folder / "models" / "bench", Description("bench", "Made up"))
    image = folder / "image.nii"
    write_nifti(image, (64, 85, 85))  # one tile, at the spacing of the network
    waits, killed = [], 0
    async with nnunet_child(folder / "models") as pool:
        process = await pool.take()
        tile = await _tile_seconds(process, image)
        for _ in range(_CANCELS):
            child = process.pid
            waits.append(await _cancelled_after(process, image, random.uniform(0, tile)))
            if process.pid != child or not process.loaded:
                killed += 1
                pool.give_back(process)
                process = await pool.take()
    detail = (
        f"{_CANCELS} cancels within a tile of 128³ voxels, which takes {tile:.1f} s; {killed} children killed"
    )
    return [
        Figure(
            "cancel in a 3D prediction → child idle, p99",
            percentile(waits, 0.99),
            "s",
            1.0,
            tile,
            detail=detail,
        )
    ]


async def _tile_seconds(process: ModelProcess, image: Path) -> float:
    """Seconds of the one tile, the second time."""
    times: list[float] = []

    def note(progress: TaskProgress) -> None:
        if progress.stage == "inference":
            times.append(time.perf_counter())

    for _ in range(2):
        times.clear()
        await process.run(nnunet_work("bench"), [image], note)
    return times[-1] - times[0]


async def _cancelled_after(process: ModelProcess, image: Path, delay: float) -> float:
    """Seconds from a cancel, `delay` seconds after the tile began, until the run has ended."""
    asked = 0.0

    def cancel() -> None:
        nonlocal asked
        asked = time.perf_counter()
        process.cancel()

    def begin(progress: TaskProgress) -> None:
        if progress.stage == "inference" and not progress.units_done:
            asyncio.get_running_loop().call_later(delay, cancel)

    try:
        await process.run(nnunet_work("bench"), [image], begin)
    except CancelledRun:
        return time.perf_counter() - asked
    # The tile was over first: the child was idle before it could be asked.
    return 0.0
