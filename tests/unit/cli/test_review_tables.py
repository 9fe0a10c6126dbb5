"""What `radmesh review` prints for a person who has to decide."""

import pytest
from google.protobuf import any_pb2

from radmesh.cli import consoles, review_tables, rows
from radmesh.cli.options import SERVER_DEFAULT, server_words
from radmesh.segmentation.v1 import ct_location_pb2, ct_stage_pb2
from radmesh.tasks.v1 import pipeline_pb2, review_pb2, task_pb2

PIPELINE = pipeline_pb2.Pipeline(
    name="pipelines/p",
    parameters=[
        pipeline_pb2.PipelineParameter(name="slice_range", reviewable=True),
        pipeline_pb2.PipelineParameter(name="height_m", reviewable=True),
    ],
)


@pytest.mark.parametrize(("server", "words"), [(SERVER_DEFAULT, ""), ("ris:9", " --server ris:9")])
def test_the_commands_that_decide_go_to_the_mesh_that_was_asked(server: str, words: str) -> None:
    task = task_pb2.Task(name="tasks/a")
    review = review_pb2.TaskReview(sequence=4)
    told = review_tables.commands(task, review, {}, PIPELINE, server_words(server)).splitlines()
    assert told == [
        f"radmesh review tasks/a{words} --sequence 4 {answer}"
        for answer in (
            "--accept",
            "--replace ARTIFACT=FILE",
            "--slices A:B",
            "--accept --param NAME=VALUE (height_m)",
            "--reject REASON",
        )
    ]


def stage() -> any_pb2.Any:
    found = ct_stage_pb2.CtL3Stage(
        location=ct_location_pb2.L3Location(
            level_mm=-412.5,
            confidence=0.41,
            doubts=[ct_location_pb2.CtWarning(kind="COUNT_UNUSUAL", message="There seem to be six.")],
        ),
        curve=ct_stage_pb2.CtSpineCurve(heights_mm=[index / 2 for index in range(300)]),
    )
    packed = any_pb2.Any()
    packed.Pack(found)
    return packed


def test_what_the_stage_found_stands_beside_its_pictures(capsys: pytest.CaptureFixture[str]) -> None:
    review = review_pb2.TaskReview(sequence=4, stage=1, stage_result=stage())
    task = task_pb2.Task(name="tasks/a", reviews=[review])
    consoles.stdout().print(review_tables.shown(task, review, {}))
    printed = [line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines()]
    told = {words[0]: words[1].strip() for words in printed if len(words) == 2}
    assert told["location.level_mm"] == "-412.5"
    assert told["location.confidence"] == "0.41"
    assert told["location.doubts"] == "There seem to be six."
    assert told["curve.heights_mm"] == "300, see --json"
    row = rows.task_row(task)["reviews"][0]["stage_result"]
    assert row["location"]["doubts"][0]["kind"] == "COUNT_UNUSUAL"
    assert len(row["curve"]["heights_mm"]) == 300


def test_a_stage_that_left_nothing_says_nothing() -> None:
    row = rows.task_row(task_pb2.Task(name="tasks/a", reviews=[review_pb2.TaskReview(stage=1)]))
    assert row["reviews"][0]["stage_result"] is None
