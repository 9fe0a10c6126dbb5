"""What passes between the parts of ct-l3: parameters, the stage message, the list of files."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from google.protobuf import struct_pb2

from radmesh.errors import InvalidRequestError
from radmesh.segmentation.v1.ct_l3_pb2 import CtL3Result, CtModel
from radmesh.segmentation.v1.ct_stage_pb2 import CtL3Stage
from services.chassis.outcome_limits import MAX_RESULT_BYTES
from services.chassis.runner import CancelledRun, Progress
from services.segmentation.ct import files, pipeline
from services.segmentation.ct.course import Course
from services.segmentation.ct.locate.curve import SpineCurve
from services.segmentation.ct.locate.location import (
    Anchors,
    Covered,
    Doubt,
    DoubtKind,
    L3Location,
    Source,
)
from services.segmentation.ct.locate.sagittal import Plane
from services.segmentation.ct.measure import Sex, Window
from services.segmentation.ct.parameters import read_parameters
from services.segmentation.ct.reading import CtImage, Geometry, Making, Patient
from services.segmentation.ct.settings import CtSettings
from services.segmentation.ct.stage_messages import curve_of, location_of, plane_of, stage_message
from services.segmentation.ct.watched import watched
from services.tasks.hello import pipeline_violations
from services.tasks.parameters import check_parameters, with_defaults
from services.tasks.timeouts import TimeoutPolicy


def described() -> dict[str, Any]:
    return {one.name: one for one in pipeline.describe(CtSettings(), ()).parameters}


def parameters(**given: Any) -> dict[str, Any]:
    return with_defaults(given, described())


def location(**changes: Any) -> L3Location:
    heights = np.arange(-120.0, 600.0, 6.0)
    fields: dict[str, Any] = {
        "source": Source.MODEL,
        "centre_mm": (1.25, 30.5, -12.125),
        "low_mm": -26.0,
        "high_mm": 2.0,
        "covered": Covered(29, 35, 32, 39, None, 36),
        "confidence": 0.42,
        "doubts": (Doubt(DoubtKind.LEVEL_UNANCHORED, "neither sacrum nor rib", 0.4),),
        "anchors": Anchors(True, False),
        "plane": Plane(-3, 17, 300, 192),
        "curve": SpineCurve(heights, heights * 0.01, heights * 0.1, np.ones(len(heights))),
    }
    return L3Location(**{**fields, **changes})


@pytest.mark.parametrize(
    ("kind", "confidence", "sure"),
    [
        (DoubtKind.OUTLINE_UNSURE, 0.5, True),
        (DoubtKind.OUTLINE_UNSURE, 0.49, False),
        (DoubtKind.BODY_CUT, 0.99, False),
        (DoubtKind.LEVEL_UNANCHORED, 0.99, False),
        (DoubtKind.COUNT_UNUSUAL, 0.99, False),
    ],
)
def test_only_a_level_that_can_be_counted_goes_on_by_itself(
    kind: DoubtKind, confidence: float, sure: bool
) -> None:
    found = location(confidence=confidence, doubts=(Doubt(kind, "why", 0.5),))
    assert found.is_sure(0.5) is sure


def test_a_location_survives_the_review() -> None:
    before = location()
    packed = stage_message(before, CtModel(part="locate"), 0.5).SerializeToString()
    stage = CtL3Stage.FromString(packed)
    after = location_of(stage)
    assert len(packed) < MAX_RESULT_BYTES // 4
    for field in ("source", "centre_mm", "low_mm", "high_mm", "covered", "confidence", "doubts", "anchors"):
        assert getattr(after, field) == getattr(before, field), field
    assert after.needs_a_person
    assert plane_of(stage) == before.plane
    assert before.curve is not None
    for field in ("heights_mm", "sides_mm", "depths_mm", "trust"):
        assert np.array_equal(getattr(curve_of(stage), field), getattr(before.curve, field))


def test_the_description_keeps_every_rule_of_a_hello() -> None:
    found = pipeline.describe(CtSettings(), ())
    assert not list(pipeline_violations(found, {CtL3Result.DESCRIPTOR.full_name}, TimeoutPolicy()))


def test_the_catalogue_lists_every_file_once() -> None:
    listed = [(one.file_name, one.media_type) for one in pipeline.describe(CtSettings(), ()).artifacts]
    assert listed == [
        (one.file_name, one.media_type) for one in (*files.LOCATED, *files.USED, *files.MEASURED)
    ]
    assert len(set(listed)) == len(listed)


def test_parameters_left_out_are_the_published_windows_and_nothing_of_the_patient() -> None:
    found = read_parameters(parameters())
    assert not found.auto_continue
    assert not found.names_l3
    assert found.measure.windows.muscle == Window(-29, 150)
    assert found.measure.windows.visceral_fat == Window(-150, -50)
    assert (found.measure.height_m, found.measure.sex) == (None, None)


def test_parameters_given_are_taken() -> None:
    found = read_parameters(
        parameters(slice_range="3:9", height_m=1.8, sex="F", visceral_fat_window="-190:-30")
    )
    assert found.slice_range == (3, 9)
    assert (found.measure.height_m, found.measure.sex) == (1.8, Sex.FEMALE)
    assert found.measure.windows.visceral_fat == Window(-190, -30)


@pytest.mark.parametrize(
    "given",
    [
        {"slice_range": "3:9", "l3_mask": f"images/{'0' * 64}"},
        {"muscle_window": "150:-29"},
        {"intermuscular_fat_window": "-190:0"},
    ],
)
def test_parameters_that_contradict_themselves_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequestError):
        read_parameters(parameters(**given))


@pytest.mark.parametrize(
    "given",
    [
        {"slice_range": "-1:4"},
        {"slice_range": "a:b"},
        {"height_m": 171},
        {"sex": "O"},
        {"muscle_window": "x"},
    ],
)
def test_parameters_of_no_meaning_are_refused_at_the_edge(given: dict[str, Any]) -> None:
    request = struct_pb2.Struct()
    request.update(given)
    _, problems = check_parameters(request, described())
    assert [one.field for one in problems] == [f"parameters.{name}" for name in given]


def test_a_cancelled_run_stops_at_its_next_unit() -> None:
    told: list[Progress] = []
    stop = [False]
    part = Course(told.append, lambda: stop[0]).part("measuring", "slices", 0.5, 1.0)
    part(1, 4)
    stop[0] = True
    with pytest.raises(CancelledRun):
        part(2, 4)
    assert [(one.fraction, one.units_done, one.units_total, one.unit) for one in told] == [
        (0.625, 1, 4, "slices")
    ]


def test_slices_are_counted_once_and_a_cancel_stops_their_reading() -> None:
    class Flat:
        def read(self, index: int, out: np.ndarray) -> None:
            out[:] = index

    geometry = Geometry((20, 2, 2), (1.0, 1.0, 1.0), ((0, 0, 1), (0, 1, 0), (1, 0, 0)), (0, 0, 0))
    told: list[tuple[int, int]] = []
    stop = [False]

    def check() -> None:
        if stop[0]:
            raise CancelledRun

    plain = CtImage(geometry, (), Making(), Patient(), (), Flat())
    seen = watched(plain, lambda done, total: told.append((done, total)), check)
    assert np.array_equal(seen.read(), plain.read())
    assert np.array_equal(seen.read(3, 9), plain.read(3, 9))
    assert told == [(0, 20), (8, 20), (16, 20)]
    stop[0] = True
    with pytest.raises(CancelledRun):
        seen.read(0, 1)


def test_without_its_models_the_pipeline_is_not_offered(tmp_path: Path) -> None:
    assert not pipeline.is_served(tmp_path)
    for name in (pipeline.LOCATE_MODEL, pipeline.MEASURE_MODEL):
        (tmp_path / name).mkdir()
        assert not pipeline.is_served(tmp_path)
        (tmp_path / name / "model.toml").touch()
    assert pipeline.is_served(tmp_path)
