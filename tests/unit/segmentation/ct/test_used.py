"""Where a person said where L3 is, the picture of it shows that and not what the model had found."""

import io
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from google.protobuf.any_pb2 import Any as AnyMessage
from PIL import Image

from radmesh.segmentation.v1.ct_l3_pb2 import CtModel
from services.chassis.runner import AcceptedStage, Work, WorkFile, WorkImage
from services.segmentation.ct import files
from services.segmentation.ct.course import Course
from services.segmentation.ct.finding import Found, find_l3
from services.segmentation.ct.locate.marks import L3_COLOUR
from services.segmentation.ct.locate.view import enlargement
from services.segmentation.ct.networks import PartNetwork
from services.segmentation.ct.parameters import read_parameters
from services.segmentation.ct.reading import CtImage
from services.segmentation.ct.said import said_in_review, said_with_task
from services.segmentation.ct.stage_messages import stage_message
from services.segmentation.ct.used import used_files
from services.segmentation.pictures.notice import notice_strip
from tests.support.ct.spines import Study, Torso, Volume
from tests.unit.segmentation.ct.test_ct_l3_values import parameters
from tests.unit.segmentation.ct.test_finding import Oracle

USED_OVERLAY, USED_MASK = files.USED_OVERLAY.file_name, files.USED_MASK.file_name
COURSE = Course(lambda progress: None, lambda: False)


@pytest.fixture(scope="module")
def image() -> CtImage:
    return Study().of(Torso())


@pytest.fixture(scope="module")
def found(image: CtImage) -> Found:
    return find_l3(image, cast(PartNetwork, Oracle()), COURSE)


@pytest.fixture
def lower(found: Found, tmp_path: Path) -> Path:
    """The model's mask, drawn 40.5 mm further down: whole pixels of the plane."""
    path = tmp_path / "lower.png"
    with Image.open(io.BytesIO(written(found)[files.L3_MASK])) as drawn:
        drawn.transform(drawn.size, Image.Transform.AFFINE, (1, 0, 0, 0, 1, -81)).save(path)
    return path


def written(found: Found) -> dict[str, bytes]:
    return {one.file_name: one.content for one in found.files}


def reviewed(
    image: CtImage, found: Found, folder: Path, mask: Path | None = None, **given: Any
) -> dict[str, bytes]:
    sagittal = folder / "sagittal.png"
    sagittal.write_bytes(written(found)[files.SAGITTAL])
    shown = {files.SAGITTAL: WorkFile("blobs/sagittal", files.PNG, sagittal)}
    replaced = {files.L3_MASK: WorkImage("images/mask", files.PNG, mask)} if mask else {}
    accepted = AcceptedStage(AnyMessage(), shown, replaced)
    stage = stage_message(found.location, CtModel(), 0.5)
    said = said_in_review(image, read_parameters(parameters(**given)), accepted, stage)
    return {one.file_name: one.content for one in used_files(said, image)}


def with_task(image: CtImage, mask: Path | None = None, **given: Any) -> dict[str, bytes]:
    images = (WorkImage("images/mask", files.PNG, mask),) if mask else ()
    if mask:
        given["l3_mask"] = "images/mask"
    work = Work("tasks/one", 1, "pipelines/ct-l3", {}, images, "", "")
    said = said_with_task(image, read_parameters(parameters(**given)), work, COURSE)
    return {one.file_name: one.content for one in used_files(said, image)}


def pixels(content: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(content)) as picture:
        return np.asarray(picture)


def limits(overlay: bytes) -> tuple[int, int]:
    """The first and the last row in which the middle is outlined as L3, or a line of its slices runs."""
    drawn = pixels(overlay)
    strip = notice_strip(drawn.shape[1]).shape[0]
    rows = np.flatnonzero((drawn[:-strip, drawn.shape[1] // 2] == L3_COLOUR).all(1))
    return int(rows[0]), int(rows[-1])


def test_where_the_model_is_accepted_nothing_is_drawn_again(
    image: CtImage, found: Found, tmp_path: Path
) -> None:
    assert reviewed(image, found, tmp_path) == {}


def test_the_mask_of_a_reviewer_is_drawn_where_it_was_drawn(
    image: CtImage, found: Found, lower: Path, tmp_path: Path
) -> None:
    made = reviewed(image, found, tmp_path, lower)
    assert set(made) == {USED_OVERLAY, USED_MASK}
    assert (pixels(made[USED_MASK]) == pixels(lower.read_bytes())).all()
    before, after = limits(written(found)[files.L3_OVERLAY]), limits(made[USED_OVERLAY])
    assert [two - one for one, two in zip(before, after, strict=True)] == [81, 81]
    assert pixels(made[USED_OVERLAY]).shape == pixels(written(found)[files.L3_OVERLAY]).shape


def test_the_slices_of_a_reviewer_are_drawn_as_a_band(image: CtImage, found: Found, tmp_path: Path) -> None:
    made = reviewed(image, found, tmp_path, slice_range="30:39")
    assert set(made) == {USED_OVERLAY}
    top, bottom = limits(made[USED_OVERLAY])
    view = found.location.plane
    assert view is not None
    # Ten slices of 2.5 mm.
    tall = (bottom - top) / enlargement(view) * 1.5
    assert tall == pytest.approx(25.0, abs=1.6)
    middle = (view.top - (top + bottom) / 2 / enlargement(view) + 0.5) * 1.5
    assert middle == pytest.approx(image.geometry.position_mm((33.5, 0, 0))[2], abs=1.6)


def test_what_comes_with_the_task_is_drawn_the_same(
    image: CtImage, found: Found, lower: Path, tmp_path: Path
) -> None:
    assert with_task(image, lower) == reviewed(image, found, tmp_path, lower)
    assert with_task(image, slice_range="30:39") == reviewed(image, found, tmp_path, slice_range="30:39")


def test_a_study_without_a_spine_has_no_plane_to_draw_on(image: CtImage) -> None:
    air = np.full(image.geometry.shape, 40, np.int16)
    assert with_task(replace(image, planes=Volume(air)), slice_range="30:39") == {}


def test_the_picture_says_who_says_so(image: CtImage, found: Found, lower: Path, tmp_path: Path) -> None:
    """The titles differ; the model's is on none of them."""
    title = slice(0, 26), slice(0, 200)
    drawn = [
        pixels(one[USED_OVERLAY])[title]
        for one in (
            reviewed(image, found, tmp_path, lower),
            reviewed(image, found, tmp_path, slice_range="30:39"),
        )
    ]
    drawn.append(pixels(written(found)[files.L3_OVERLAY])[title])
    assert all((drawn[one] != drawn[two]).any() for one, two in ((0, 1), (0, 2), (1, 2)))
