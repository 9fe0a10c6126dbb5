"""What goes wrong with ct-l3, and the typed reason that comes of it; through a whole mesh."""

from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import psutil
import pydicom
import pytest

from radmesh.client import SyncClient
from radmesh.errors import NotAwaitingReviewError, TaskFailedError
from radmesh.mesh import Mesh
from radmesh.samples.torso import PIXEL_MM, STEP_MM, draw_torso
from radmesh.tasks.v1 import task_pb2
from tests.e2e.ct.tasks import AWAITING, result_of, shown, wait_for_stage
from tests.support.ct.archives import zipped
from tests.support.ct.encoding import file_bytes
from tests.support.ct.models import needs_ct_models
from tests.support.ct.series import ct_series, hu_volume

pytestmark = [needs_ct_models, pytest.mark.xdist_group("ct-l3"), pytest.mark.timeout(600)]

ONE_SLICE = {"slice_range": "33:33"}


def volume() -> np.ndarray:
    """The drawn torso, int16 (slices, rows, columns)."""
    return np.stack([hu for _, hu in draw_torso()])


def write_nifti(path: Path, hu: np.ndarray) -> Path:
    """A volume as NIfTI, whose frame has x to the right's opposite and y to the front."""
    affine = np.diag([-PIXEL_MM, -PIXEL_MM, STEP_MM, 1.0])
    made: Any = nibabel.Nifti1Image
    path.write_bytes(made(hu.transpose(2, 1, 0), affine).to_bytes())
    return path


def kill_model(mesh: Mesh) -> None:
    """Kills the child of this mesh's segmentation service, as the kernel does at a memory limit."""
    service = psutil.Process(mesh.process("segmentation").pid)
    (child,) = (one for one in service.children() if "services.chassis.child" in one.cmdline())
    child.kill()


def test_a_study_with_nan_says_so(client: SyncClient, tmp_path: Path) -> None:
    hu = volume().astype(np.float32)
    hu[30, 60, 60] = np.nan
    image = client.upload(write_nifti(tmp_path / "study.nii", hu)).name
    with pytest.raises(TaskFailedError) as failed:
        result_of(client, client.create("ct-l3", [image]).name)
    assert failed.value.reason == "VALUES_NOT_FINITE"


def test_a_study_of_air_says_so(client: SyncClient, tmp_path: Path) -> None:
    image = client.upload(write_nifti(tmp_path / "study.nii", np.full((40, 48, 48), -1000, np.int16))).name
    with pytest.raises(TaskFailedError) as failed:
        result_of(client, client.create("ct-l3", [image]).name)
    assert failed.value.reason == "NO_BODY"


def test_metal_beside_the_spine_is_a_warning_with_its_area(client: SyncClient, tmp_path: Path) -> None:
    hu = volume()
    hu[28:38, 108:114, 110:116] = 3000
    image = client.upload(write_nifti(tmp_path / "study.nii", hu)).name
    result = result_of(client, client.create("ct-l3", [image], parameters=ONE_SLICE).name)
    (metal,) = (one for one in result.warnings if one.kind == "METAL")
    assert metal.numbers["metal_mm2"] > 100


def test_of_a_whole_export_the_axial_series_is_measured_though_a_reformat_is_longer(
    client: SyncClient, study: Path, tmp_path: Path
) -> None:
    axial = [path.read_bytes() for path in study.iterdir()]
    (same, *_) = (pydicom.dcmread(path, stop_before_pixels=True).StudyInstanceUID for path in study.iterdir())
    across = {"orientation": (0, 1, 0, 0, 0, -1), "StudyInstanceUID": same, "SeriesNumber": 7}
    sagittal = ct_series(hu_volume(len(axial) + 10, 32, 32), **across)
    export = tmp_path / "export.zip"
    export.write_bytes(zipped([*map(file_bytes, sagittal), *axial]))
    alone, among = (
        result_of(client, client.create("ct-l3", [one.name], parameters=ONE_SLICE).name)
        for one in (client.upload_series(study, pipeline="ct-l3"), client.upload(export))
    )
    (warning,) = (one for one in among.warnings if one.kind == "SERIES_LEFT_OUT")
    assert f"Left out: series 7 ({len(sagittal)} files)." in warning.message
    assert among.headline == alone.headline


@pytest.mark.parametrize("stage", ["sampling", "locating", "measuring"])
def test_a_cancel_ends_each_stage(client: SyncClient, image: str, stage: str) -> None:
    parameters = {"slice_range": "20:36"} if stage == "measuring" else {}
    task = client.create("ct-l3", [image], parameters=parameters)
    wait_for_stage(client, task.name, stage)
    client.cancel(task.name)
    assert client.wait(task.name).state == task_pb2.TASK_STATE_CANCELLED


def test_a_cancel_ends_a_review_and_nobody_can_decide_any_more(client: SyncClient, image: str) -> None:
    task = shown(client, image)
    assert task.state == AWAITING
    assert client.cancel(task.name).state == task_pb2.TASK_STATE_CANCELLED
    with pytest.raises(NotAwaitingReviewError, match="CANCELLED"):
        client.review(task.name, accept=True)


def test_a_child_killed_in_the_middle_costs_an_attempt_and_twice_the_task(
    ct_mesh: Mesh, client: SyncClient, image: str
) -> None:
    task = client.create("ct-l3", [image], parameters={"slice_range": "20:36"})
    for attempt in (1, 2):
        wait_for_stage(client, task.name, "measuring", attempt)
        kill_model(ct_mesh)
    ended = client.wait(task.name)
    assert (ended.error.reason, ended.attempt) == ("WORKER_CRASHED_REPEATEDLY", 2)
    assert result_of(client, client.create("ct-l3", [image], parameters=ONE_SLICE).name).slices


def test_twenty_studies_at_once_are_all_measured(client: SyncClient, image: str) -> None:
    tasks = [client.create("ct-l3", [image], parameters=ONE_SLICE).name for _ in range(20)]
    areas = {result_of(client, task).headline.tissues.psoas.area_mm2 for task in tasks}
    assert len(areas) == 1
