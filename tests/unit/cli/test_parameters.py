"""`--param` is read by the pipeline's own description."""

import pytest

from radmesh.cli.parameters import read_parameters
from radmesh.errors import InvalidRequestError
from radmesh.tasks.v1 import pipeline_pb2

PIPELINE = pipeline_pb2.Pipeline(
    parameters=[
        pipeline_pb2.PipelineParameter(name="threshold", type=pipeline_pb2.PIPELINE_PARAMETER_TYPE_NUMBER),
        pipeline_pb2.PipelineParameter(name="steps", type=pipeline_pb2.PIPELINE_PARAMETER_TYPE_INTEGER),
        pipeline_pb2.PipelineParameter(name="quick", type=pipeline_pb2.PIPELINE_PARAMETER_TYPE_BOOLEAN),
        pipeline_pb2.PipelineParameter(name="side", type=pipeline_pb2.PIPELINE_PARAMETER_TYPE_STRING),
    ]
)


def test_each_value_has_the_type_of_its_parameter() -> None:
    pairs = ["threshold=0.5", "steps=7", "quick=true", "side=left=eye"]
    assert read_parameters(pairs, PIPELINE) == {
        "threshold": 0.5,
        "steps": 7,
        "quick": True,
        "side": "left=eye",
    }


@pytest.mark.parametrize(
    ("pair", "problem"),
    [
        ("thresold=1", "it has: threshold, steps, quick, side"),
        ("threshold", "name=value"),
        ("threshold=high", "must be a number"),
        ("threshold=nan", "must be a number"),
        ("steps=1.5", "must be a whole number"),
        ("quick=perhaps", "must be true or false"),
    ],
)
def test_a_wrong_pair_is_named_with_what_to_do(pair: str, problem: str) -> None:
    with pytest.raises(InvalidRequestError, match=problem):
        read_parameters([pair], PIPELINE)


def test_all_wrong_pairs_are_named_at_once() -> None:
    with pytest.raises(InvalidRequestError) as raised:
        read_parameters(["nope=1", "steps=x", "steps=1", "steps=2"], PIPELINE)
    assert [one.field for one in raised.value.violations] == [
        "--param nope",
        "--param steps",
        "--param steps",
    ]
