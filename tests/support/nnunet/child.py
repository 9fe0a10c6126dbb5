"""A model child that runs served nnU-Net models, without a service around it, and works for it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from radmesh import formats
from radmesh.tasks.v1.worker_service_pb2 import AssignedImage, Assignment, Lease
from services.chassis.child_process import RunnerSpec
from services.chassis.model_pool import ModelPool
from services.chassis.model_process import ModelProcess, ModelTimers
from services.segmentation.nnunet.options import RUNNER, NnunetOptions


@asynccontextmanager
async def nnunet_child(models: Path, *, threads: int = 2) -> AsyncGenerator[ModelPool, None]:
    """A pool of one child. models: an absolute folder of models."""
    folder = str(models)
    options = NnunetOptions(folder, folder, "cpu", threads, max_unpacked_bytes=1 << 30, max_models=10)
    pool = ModelPool([ModelProcess(RunnerSpec(RUNNER, options.to_json()), ModelTimers())])
    pool.start()
    try:
        yield pool
    finally:
        await pool.stop()


def nnunet_work(model: str, **parameters: Any) -> Assignment:
    """Work on one NIfTI image. model: its id. parameters: those that are not as the pipeline has them."""
    work = Assignment(
        lease=Lease(task="tasks/0", attempt=1),
        pipeline="pipelines/nnunet",
        images=[AssignedImage(name=f"images/{'0' * 64}", media_type=formats.NIFTI)],
        weights=f"models/{model}/weights/official",
    )
    usual: dict[str, Any] = {
        "configuration": "",
        "folds": "",
        "mirroring": False,
        "tile_step": 0.5,
        "device": "cpu",
    }
    work.parameters.update(usual | parameters)
    return work
