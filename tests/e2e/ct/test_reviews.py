"""ct-l3 through a whole mesh: a study sent, L3 reviewed in every way, and what comes of it."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from radmesh.client import SyncClient, raise_for_outcome, task_timeouts
from radmesh.errors import NotAwaitingReviewError, TaskFailedError
from radmesh.mesh import Mesh
from radmesh.tasks.v1 import task_pb2
from services.segmentation.ct.files import USED
from services.segmentation.ct.measure.masks import nifti_bytes
from services.segmentation.ct.reading import CtLimits, Geometry, open_ct
from tests.e2e.ct.tasks import result_of, shown, shown_again
from tests.support.command import PATIENCE, objects, radmesh, start
from tests.support.ct.models import needs_ct_models
from tests.support.ct.orders import as_nifti
from tests.support.ct.spines import image_of

pytestmark = [needs_ct_models, pytest.mark.xdist_group("ct-l3"), pytest.mark.timeout(600)]

L3_MM = 0.0
"""Where the drawn torso has the middle of L3."""


def marked_slices(study: Path, first: int, last: int) -> tuple[np.ndarray, Geometry]:
    """A mask of whole slices, counted from 1, on the grid of a study."""
    geometry = open_ct(sorted(study.iterdir()), CtLimits()).geometry
    marked = np.zeros(geometry.shape, np.uint8)
    marked[first - 1 : last] = 1
    return marked, geometry


def size_of(path: Path) -> tuple[int, int]:
    with Image.open(path) as picture:
        return picture.size


def test_a_study_is_sent_once_reviewed_and_measured(
    ct_mesh: Mesh, client: SyncClient, study: Path, tmp_path: Path
) -> None:
    sent = ("analyze", "ct-l3", str(study))
    following = start(*sent, "--out", str(tmp_path / "out"), "--json", server=ct_mesh.address)
    assert following.stderr is not None
    said = next(line for line in following.stderr if "awaits a review" in line)
    task = next(word for word in said.split() if word.startswith("tasks/"))
    (again,) = objects(radmesh(*sent, "--detach", "--json", server=ct_mesh.address).stdout)
    assert (again["deduplicated"], again["name"]) == (True, task)
    (forced,) = objects(radmesh(*sent, "--force", "--detach", "--json", server=ct_mesh.address).stdout)
    assert not forced["deduplicated"]
    client.cancel(forced["name"])

    look = radmesh("review", task, "--out", str(tmp_path), "--no-open", server=ct_mesh.address)
    assert look.returncode == 0, look.stderr
    folder = tmp_path / task.removeprefix("tasks/")
    sizes = {size_of(folder / name) for name in ("sagittal.png", "l3_mask.png", "l3_overlay.png")}
    assert len(sizes) == 1
    assert {f"--{one}" for one in ("accept", "mask", "slices", "reject")} <= set(look.stdout.split())
    wrong = tmp_path / "wrong.png"
    Image.new("L", (64, 64), 255).save(wrong)
    refused = radmesh("review", task, "--mask", str(wrong), server=ct_mesh.address)
    assert refused.returncode == 2
    assert "64 x 64" in refused.stderr
    assert radmesh("review", task, "--accept", server=ct_mesh.address).returncode == 0

    printed, _ = following.communicate(timeout=3 * PATIENCE)
    (row,) = objects(printed)
    assert row["state"] == "SUCCEEDED", row["error"]
    result = row["result"]
    assert abs(result["location"]["level_mm"] - L3_MM) < 4
    assert result["location"]["confidence"] > 0.5
    assert (result["body"]["height_m"], result["body"]["height_source"]) == (1.68, "CT_SOURCE_DICOM")
    muscle = result["headline"]["tissues"]["skeletal_muscle"]
    assert abs(result["indices"]["skeletal_muscle_cm2_m2"] - muscle["area_mm2"] / 100 / 1.68**2) < 1e-6
    assert [one["part"] for one in result["models"]] == ["locate", "measure"]
    assert result["demonstrator"]
    saved = {Path(one["path"]).name for one in row["artifacts"]}
    described = {one.file_name for one in client.pipeline("ct-l3").artifacts}
    assert saved == described - {one.file_name for one in USED}
    assert json.loads((tmp_path / "out" / study.name / "result.json").read_text())["schema"]


def test_a_reviewer_who_names_wrong_slices_is_asked_again_and_names_others_and_the_height(
    ct_mesh: Mesh, client: SyncClient, image: str, tmp_path: Path
) -> None:
    task = shown(client, image)
    first = radmesh(
        "review", task.name, "--slices", "36:999", "--param", "weight_kg=9", server=ct_mesh.address
    )
    assert first.returncode == 0, first.stderr  # the edge knows no slices; the model does
    assert "36:999 is no range of slices" in shown_again(client, task.name).message
    seen = radmesh("review", task.name, "--out", str(tmp_path), server=ct_mesh.address)
    assert "The last answer could not be used" in seen.stdout
    assert "l3_mask.png" in seen.stdout
    line = ("review", task.name, "--slices", "34:38", "--param", "height_m=1.8")
    done = radmesh(*line, server=ct_mesh.address)
    assert done.returncode == 0, done.stderr
    result = result_of(client, task.name)
    assert result.location.source == 3
    assert [one.instance_number for one in result.slices] == [38, 37, 36, 35, 34], "as a viewer names them"
    assert [one.slice for one in result.slices] == [31, 32, 33, 34, 35]
    assert result.body.height_m == 1.8
    ended = client.get(task.name)
    assert "l3_used_overlay.png" in {one.file_name for one in ended.artifacts}
    weight = ended.parameters.fields["weight_kg"].number_value
    assert not weight, "it came with the answer that was refused"
    assert [(one.stage, len(one.replacements)) for one in ended.reviews] == [(1, 0), (1, 0)]
    # With the task itself, nobody is there to be asked again.
    given = client.create("ct-l3", [image], parameters={"slice_range": "36:999"})
    with pytest.raises(TaskFailedError, match="36:999"):
        result_of(client, given.name)


def test_a_reviewer_draws_another_mask(ct_mesh: Mesh, client: SyncClient, image: str, tmp_path: Path) -> None:
    task = shown(client, image)
    mask = tmp_path / "mask.png"
    client.download(f"{task.name}/artifacts/l3_mask.png", mask)
    with Image.open(mask) as drawn:
        lower = drawn.transform(drawn.size, Image.Transform.AFFINE, (1, 0, 0, 0, 1, -24))
    lower.save(mask)
    assert radmesh("review", task.name, "--mask", str(mask), server=ct_mesh.address).returncode == 0
    result = result_of(client, task.name)
    assert result.location.source == 2
    used = tmp_path / "used.png"
    client.download(f"{task.name}/artifacts/l3_used_mask.png", used)
    with Image.open(used) as shown_mask, Image.open(mask) as drawn:
        assert np.array_equal(np.asarray(shown_mask), np.asarray(drawn))
    names = {one.file_name for one in client.get(task.name).artifacts}
    assert {"l3_overlay.png", "l3_used_overlay.png"} <= names
    # 24 pixels of half a millimetre towards the feet.
    assert -17 < result.location.level_mm - L3_MM < -8

    # Without the command's own look at the size, stage 2 refuses it by its reason; a black one anyway.
    task, small, black = shown(client, image), tmp_path / "small.png", tmp_path / "black.png"
    Image.new("L", (64, 64), 255).save(small)
    Image.new("L", size_of(mask)).save(black)
    client.review(task.name, accept=True, replacements={"l3_mask.png": small})
    assert shown_again(client, task.name).reason == "MASK_SIZE_MISMATCH"
    assert radmesh("review", task.name, "--mask", str(black), server=ct_mesh.address).returncode == 0
    assert shown_again(client, task.name, answers=2).reason == "MASK_EMPTY"
    client.cancel(task.name)

    measured_again = client.create(
        "ct-l3", [image], parameters={"l3_mask": client.upload(mask).name, "muscle_window": "0:100"}
    )
    again = result_of(client, measured_again.name)
    assert abs(again.location.level_mm - result.location.level_mm) < 0.01
    assert (again.windows.muscle.low_hu, again.windows.muscle.high_hu) == (0, 100)


def test_a_reviewer_s_nifti_on_the_study_s_grid_says_where_l3_is(
    ct_mesh: Mesh, client: SyncClient, image: str, study: Path, tmp_path: Path
) -> None:
    """In the review, and again as a parameter, there in another order of axes."""
    marked, geometry = marked_slices(study, 31, 35)
    mask = tmp_path / "l3.nii.gz"
    mask.write_bytes(nifti_bytes(marked, 0, geometry))
    task = shown(client, image)
    done = radmesh("review", task.name, "--mask", str(mask), server=ct_mesh.address)
    assert done.returncode == 0, done.stderr
    result = result_of(client, task.name)
    assert result.location.source == 2
    assert [one.instance_number for one in result.slices] == [38, 37, 36, 35, 34], "as a viewer names them"
    assert [one.slice for one in result.slices] == [31, 32, 33, 34, 35]
    turned = tmp_path / "turned.nii"
    turned.write_bytes(as_nifti(image_of(marked.astype(np.int16), geometry), ((2, 0, 1), (0, 2))))
    given = client.create("ct-l3", [image], parameters={"l3_mask": client.upload(turned).name})
    again = result_of(client, given.name)
    assert [one.part for one in again.models] == ["measure"]
    assert again.location.level_mm == pytest.approx(result.location.level_mm, abs=0.01)
    assert [one.slice for one in again.slices] == [31, 32, 33, 34, 35]


def test_a_nifti_that_is_not_on_the_study_s_grid_is_asked_for_again(
    client: SyncClient, image: str, study: Path, tmp_path: Path
) -> None:
    marked, geometry = marked_slices(study, 31, 35)
    mask = tmp_path / "short.nii.gz"
    mask.write_bytes(nifti_bytes(marked[:-1], 0, geometry.slab(0, geometry.shape[0] - 1)))
    task = shown(client, image)
    client.review(task.name, accept=True, replacements={"l3_mask.png": mask})
    assert shown_again(client, task.name).reason == "MASK_SIZE_MISMATCH"
    client.cancel(task.name)


def test_a_review_that_nobody_makes_expires(ct_mesh: Mesh, client: SyncClient, image: str) -> None:
    task = client.create("ct-l3", [image], timeouts=task_timeouts(review=1.0))
    ended = client.wait(task.name)
    assert (ended.state, ended.error.reason) == (task_pb2.TASK_STATE_FAILED, "REVIEW_EXPIRED")
    assert {one.file_name for one in ended.artifacts} == {"sagittal.png", "l3_mask.png", "l3_overlay.png"}
    with pytest.raises(NotAwaitingReviewError):
        client.review(task.name, accept=True)
    late = radmesh("review", task.name, "--slices", "31:35", server=ct_mesh.address)
    assert late.returncode == 2
    assert "nobody decided in time" in late.stderr


def test_a_rejected_review_says_so(ct_mesh: Mesh, client: SyncClient, image: str) -> None:
    task = shown(client, image)
    assert radmesh("review", task.name, "--reject", "hip implant", server=ct_mesh.address).returncode == 0
    ended = client.get(task.name)
    assert (ended.state, ended.error.reason) == (task_pb2.TASK_STATE_FAILED, "REVIEW_REJECTED")
    late = radmesh("review", task.name, "--accept", server=ct_mesh.address)
    assert late.returncode == 2
    assert "rejected" in late.stderr


def test_a_sure_level_goes_on_by_itself_and_what_is_given_is_not_looked_for(
    client: SyncClient, image: str
) -> None:
    went_on = client.create("ct-l3", [image], parameters={"auto_continue": True})
    ended = client.wait(went_on.name)
    raise_for_outcome(ended)
    assert not ended.reviews
    assert {"l3_overlay.png", "overlay_combined.png"} <= {one.file_name for one in ended.artifacts}
    given = client.create("ct-l3", [image], parameters={"slice_range": "31:35"})
    result = result_of(client, given.name)
    assert [one.part for one in result.models] == ["measure"]
