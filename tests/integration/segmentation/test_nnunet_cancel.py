"""A prediction that would take minutes ends soon after a cancel, and its child goes on with the next one."""

import asyncio
from pathlib import Path

import pytest

from radmesh.tasks.v1.task_pb2 import TaskProgress
from services.chassis.runner import CancelledRun
from services.segmentation.nnunet.layout import Description
from services.segmentation.nnunet.trained import serve_trained
from tests.support.nnunet.child import nnunet_child, nnunet_work
from tests.support.nnunet.recipes import Recipe
from tests.support.nnunet.trained_folders import write_trained
from tests.support.nnunet.volumes import write_nifti

SMALL = Recipe("3d_fullres", (8, 16, 16), (2.0, 1.5, 1.5), {"background": 0, "liver": 1}, features=(4, 8))


async def test_a_long_prediction_ends_soon_after_a_cancel_and_the_next_one_runs(tmp_path: Path) -> None:
    serve_trained(
        write_trained(tmp_path / "trained", SMALL),
        tmp_path / "models" / "small",
        Description("small", "Small"),
    )
    write_nifti(tmp_path / "large.nii", (20, 300, 300))
    write_nifti(tmp_path / "image.nii")
    told: list[TaskProgress] = []
    async with nnunet_child(tmp_path / "models", threads=1) as pool:
        process = await pool.take()

        def cancel_at_the_third_tile(progress: TaskProgress) -> None:
            told.append(progress)
            if progress.stage == "inference" and progress.units_done == 3:
                process.cancel()

        endless = nnunet_work("small", tile_step=0.1)
        async with asyncio.timeout(60):
            with pytest.raises(CancelledRun):
                await process.run(endless, [tmp_path / "large.nii"], cancel_at_the_third_tile)
        assert told[-1].units_total > 100_000
        pool.give_back(process)
        # The same child, or another where the machine was so slow that the first one was killed.
        again = await pool.take()
        await again.run(nnunet_work("small"), [tmp_path / "image.nii"], told.append)
    assert told[-1].stage == "writing"
