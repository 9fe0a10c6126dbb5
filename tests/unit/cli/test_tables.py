"""What tables say of pipelines, in the words that `--param` takes."""

import io

import pytest
from google.protobuf import struct_pb2
from rich.console import Console

from radmesh.cli import tables
from radmesh.tasks.v1 import pipeline_pb2
from radmesh.tasks.v1.pipeline_pb2 import PipelineParameter, PipelineParameterType

NUMBER = PipelineParameterType.PIPELINE_PARAMETER_TYPE_NUMBER
STRING = PipelineParameterType.PIPELINE_PARAMETER_TYPE_STRING
BOOLEAN = PipelineParameterType.PIPELINE_PARAMETER_TYPE_BOOLEAN
OPTIONAL = struct_pb2.Value(null_value=struct_pb2.NULL_VALUE)


def shown(pipeline: pipeline_pb2.Pipeline) -> str:
    console = Console(file=io.StringIO(), width=200, color_system=None)
    console.print(tables.pipelines([pipeline]))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize(
    ("parameter", "words"),
    [
        (
            PipelineParameter(
                name="threshold",
                type=NUMBER,
                default_value=struct_pb2.Value(number_value=0.5),
                min_value=0,
                max_value=1,
            ),
            "threshold = 0.5 (number from 0 to 1):",
        ),
        (
            PipelineParameter(
                name="height_m", type=NUMBER, default_value=OPTIONAL, min_value=0.5, max_value=2.5, unit="m"
            ),
            "height_m (number from 0.5 to 2.5 m, optional):",
        ),
        (
            PipelineParameter(
                name="device",
                type=STRING,
                default_value=struct_pb2.Value(string_value="auto"),
                allowed_values=["auto", "cpu"],
            ),
            "device = auto (string, one of auto, cpu):",
        ),
        (
            PipelineParameter(
                name="mirroring", type=BOOLEAN, default_value=struct_pb2.Value(bool_value=True)
            ),
            "mirroring = true (boolean):",
        ),
        (
            PipelineParameter(name="folds", type=STRING, default_value=struct_pb2.Value(string_value="")),
            "folds (string):",
        ),
        (PipelineParameter(name="site", type=STRING), "site (string, required):"),
    ],
)
def test_a_parameter_says_what_it_takes(parameter: PipelineParameter, words: str) -> None:
    assert words in shown(pipeline_pb2.Pipeline(name="pipelines/x", parameters=[parameter]))


def test_a_pipeline_without_a_model_names_the_command_that_brings_one() -> None:
    assert "none yet; see `radmesh models import --help`" in shown(pipeline_pb2.Pipeline(name="pipelines/x"))
