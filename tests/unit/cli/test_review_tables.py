"""What `radmesh review` prints for a person who has to decide."""

import pytest

from radmesh.cli import review_tables
from radmesh.cli.options import SERVER_DEFAULT, server_words
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
