"""What the runner of ct-l3 refuses before a network has worked or a person has looked."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nibabel
import numpy as np
import pytest
from google.protobuf.any_pb2 import Any as AnyMessage

from radmesh import formats
from radmesh.errors import ImageFormatError, InvalidRequestError
from radmesh.segmentation.v1.ct_l3_pb2 import CtModel
from services.chassis.runner import AcceptedStage, AnswerRefused, RunOutput, StageOutput, Work, WorkImage
from services.segmentation.ct import pipeline
from services.segmentation.ct import runner as running
from services.segmentation.ct.finding import Found
from services.segmentation.ct.runner import CtL3Runner, create
from services.segmentation.ct.settings import CtSettings
from services.segmentation.ct.stage_messages import stage_message
from services.tasks.parameters import with_defaults
from tests.support.ct.archives import tarred
from tests.support.ct.encoding import file_bytes
from tests.support.ct.series import ct_series
from tests.unit.segmentation.ct.test_ct_l3_values import location


@pytest.fixture
def runner() -> CtL3Runner:
    """One whose networks are not loaded, so that it cannot come to use them."""
    return create({"locate": "", "measure": "", "device": "cpu", "threads": 1, "least_confidence": 0.5})


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """Four slices of air."""
    path = tmp_path / "study.tar"
    series = ct_series(np.full((4, 8, 8), -1000, np.int16))
    path.write_bytes(tarred([file_bytes(one) for one in series]))
    return path


def run(
    runner: CtL3Runner, path: Path, media_type: str, *, reviewed: bool = False, **given: Any
) -> RunOutput | StageOutput:
    described = {one.name: one for one in pipeline.describe(CtSettings(), ()).parameters}
    image = WorkImage("images/study", media_type, path)
    work = Work("tasks/one", 1, "pipelines/ct-l3", with_defaults(given, described), (image,), "", "")
    if reviewed:
        packed = AnyMessage()
        packed.Pack(stage_message(location(), CtModel(part="locate"), 0.5))
        work = replace(work, stage=2, accepted=AcceptedStage(packed, {}, {}))
    return runner.run(work, lambda progress: None, lambda: False)


def test_a_height_in_centimetres_is_refused_before_anybody_looks(runner: CtL3Runner, tmp_path: Path) -> None:
    series = ct_series(np.full((4, 8, 8), -1000, np.int16), PatientSize="168")
    path = tmp_path / "study.tar"
    path.write_bytes(tarred([file_bytes(one) for one in series]))
    with pytest.raises(ImageFormatError) as caught:
        run(runner, path, formats.TAR)
    assert caught.value.reason == "HEIGHT_IMPLAUSIBLE"
    # A right one by parameter heals it; then the networks are asked for.
    with pytest.raises(RuntimeError, match="load comes before run"):
        run(runner, path, formats.TAR, height_m=1.68)


def test_oblique_slices_are_refused_before_anybody_looks(runner: CtL3Runner, tmp_path: Path) -> None:
    sine, cosine = np.sin(np.radians(40)), np.cos(np.radians(40))
    affine = np.array([[-1, 0, 0, 0], [0, -cosine, sine, 0], [0, sine, cosine, 0], [0, 0, 0, 1.0]])
    path = tmp_path / "study.nii"
    made: Any = nibabel.Nifti1Image
    made(np.zeros((8, 8, 8), np.int16), affine).to_filename(path)
    with pytest.raises(ImageFormatError) as caught:
        run(runner, path, formats.NIFTI)
    assert caught.value.reason == "NOT_AXIAL"


def test_a_level_that_cannot_be_counted_is_reviewed_though_nobody_was_to_be_asked(
    runner: CtL3Runner, study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = location(confidence=0.99)
    assert [one.kind.value for one in found.doubts] == ["LEVEL_UNANCHORED"]
    monkeypatch.setattr(CtL3Runner, "_part", lambda *_: None)
    monkeypatch.setattr(running, "find_l3", lambda *_: Found(found, (), CtModel(), 0.0))
    assert isinstance(run(runner, study, formats.TAR, auto_continue=True), StageOutput)
    # A sure one goes on, to the networks that are not there.
    found = location(confidence=0.99, doubts=())
    with pytest.raises(RuntimeError, match="load comes before run"):
        run(runner, study, formats.TAR, auto_continue=True)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"slice_range": "1:99"}, "the study has the instances 1 to 4"),
        ({"muscle_window": "150:-29"}, "must go from a lower to a higher value"),
    ],
)
def test_a_wrong_answer_is_asked_for_again_and_a_wrong_parameter_of_the_task_ends_it(
    runner: CtL3Runner, study: Path, wrong: dict[str, Any], why: str
) -> None:
    with pytest.raises(AnswerRefused, match=why) as refused:
        run(runner, study, formats.TAR, reviewed=True, **wrong)
    assert refused.value.error.reason == "INVALID_REQUEST"
    with pytest.raises((InvalidRequestError, ImageFormatError)):
        run(runner, study, formats.TAR, **wrong)


def test_a_level_that_cannot_be_measured_is_asked_for_again_and_a_broken_study_is_not(
    runner: CtL3Runner, study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reason = "NO_MUSCLE_FOUND"

    def measured(*_: Any) -> Any:
        raise ImageFormatError("No muscle was found.", reason=reason)

    networks = SimpleNamespace(device="cpu", demonstrator=True, part=lambda *_: None)
    monkeypatch.setattr(CtL3Runner, "_loaded", lambda _: networks)
    monkeypatch.setattr(running, "measured", measured)
    with pytest.raises(AnswerRefused) as refused:
        run(runner, study, formats.TAR, reviewed=True)
    assert refused.value.error.reason == reason
    with pytest.raises(ImageFormatError):
        run(runner, study, formats.TAR, slice_range="1:2")
    reason = "FILE_UNREADABLE"
    with pytest.raises(ImageFormatError):
        run(runner, study, formats.TAR, reviewed=True)
