"""Which parameters a reviewer may set, and what the task's are then."""

import json
from typing import Any

import pytest
from google.protobuf import struct_pb2

from radmesh.errors import InvalidRequestError
from radmesh.tasks.v1 import pipeline_pb2
from services.tasks.reviewed_parameters import NONE, reviewed_parameters

NUMBER, STRING = (
    pipeline_pb2.PIPELINE_PARAMETER_TYPE_NUMBER,
    pipeline_pb2.PIPELINE_PARAMETER_TYPE_STRING,
)
PIPELINE = pipeline_pb2.Pipeline(
    name="pipelines/p",
    parameters=[
        pipeline_pb2.PipelineParameter(name="height_m", type=NUMBER, reviewable=True, max_value=2.5),
        pipeline_pb2.PipelineParameter(name="slices", type=STRING, reviewable=True, pattern="[0-9]+:[0-9]+"),
        pipeline_pb2.PipelineParameter(name="model", type=STRING),
    ],
)
BEFORE = '{"model":"m","slices":""}'


def given(**values: Any) -> struct_pb2.Struct:
    struct = struct_pb2.Struct()
    struct.update(values)
    return struct


def test_what_a_reviewer_sets_takes_the_place_of_the_tasks_own() -> None:
    found = reviewed_parameters(given(slices="3:9"), PIPELINE, BEFORE)
    assert json.loads(found.given) == {"slices": "3:9"}
    assert json.loads(found.all) == {"model": "m", "slices": "3:9"}


def test_a_repeat_means_the_same() -> None:
    once = reviewed_parameters(given(slices="3:9", height_m=1.7), PIPELINE, BEFORE)
    assert reviewed_parameters(given(slices="3:9", height_m=1.7), PIPELINE, once.all) == once


def test_nothing_set_changes_nothing() -> None:
    assert reviewed_parameters(given(), PIPELINE, BEFORE) is NONE


def test_null_leaves_a_parameter_as_the_task_has_it() -> None:
    assert reviewed_parameters(given(slices=None, height_m=None), PIPELINE, BEFORE) is NONE
    found = reviewed_parameters(given(slices=None, height_m=1.7), PIPELINE, BEFORE)
    assert json.loads(found.given) == {"height_m": 1.7}
    assert json.loads(found.all) == {"model": "m", "slices": "", "height_m": 1.7}


@pytest.mark.parametrize(
    ("values", "fields"),
    [
        ({"model": "other"}, ["parameters.model"]),
        ({"height_m": 3}, ["parameters.height_m"]),
        ({"slices": "3-9"}, ["parameters.slices"]),
        ({"height_m": "tall", "nothing": 1}, ["parameters.height_m", "parameters.nothing"]),
    ],
)
def test_what_may_not_be_set_is_named_at_once(values: dict[str, object], fields: list[str]) -> None:
    with pytest.raises(InvalidRequestError) as raised:
        reviewed_parameters(given(**values), PIPELINE, BEFORE)
    assert [one.field for one in raised.value.violations] == fields


def test_a_parameter_that_is_settled_is_not_called_unknown() -> None:
    with pytest.raises(InvalidRequestError, match="create another task"):
        reviewed_parameters(given(model="other"), PIPELINE, BEFORE)
