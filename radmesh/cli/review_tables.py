"""What `radmesh review` prints for people."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from google.protobuf.timestamp_pb2 import Timestamp
from rich.console import Group, RenderableType
from rich.text import Text

from radmesh.cli import lines, tables
from radmesh.cli.review_answer import SLICES
from radmesh.client import refused_answer, reviewed_artifacts
from radmesh.tasks.v1 import pipeline_pb2, review_pb2, task_pb2


def waiting(found: Iterable[task_pb2.Task]) -> RenderableType:
    """The tasks that wait for a review, a line each; below them, why some wait again."""
    table = tables.plain("task", "pipeline", "stage", "waiting since", "expires", "artifacts")
    again = []
    for task in found:
        review = task.reviews[-1]
        if refused := refused_answer(task, review):
            again.append(Text(f"{task.name}: {_refused(refused)}"))
        names = ", ".join(one.file_name for one in reviewed_artifacts(task, review))
        pipeline = task.pipeline.removeprefix("pipelines/")
        opened, expires = _time(review.open_time), _time(review.expire_time)
        table.add_row(task.name, pipeline, str(review.stage), opened, expires, Text(names))
    return Group(table, *again)


def shown(task: task_pb2.Task, review: review_pb2.TaskReview, files: Mapping[str, Path]) -> RenderableType:
    """A stage with what it found, and the files to look at."""
    found = tables.named(lines.fields(review.stage_result) if review.HasField("stage_result") else ())
    table = tables.plain("artifact", "type", "saved in")
    for artifact in reviewed_artifacts(task, review):
        table.add_row(Text(artifact.file_name), artifact.media_type, Text(str(files[artifact.file_name])))
    refused = refused_answer(task, review)
    return Group(
        Text(f"{task.name}, stage {review.stage}, expires {_time(review.expire_time)}"),
        *([Text(_refused(refused))] if refused else ()),
        *([found] if found.row_count else ()),
        table,
    )


def commands(
    task: task_pb2.Task,
    review: review_pb2.TaskReview,
    files: Mapping[str, Path],
    pipeline: pipeline_pb2.Pipeline,
    words: str,
) -> str:
    """How to decide on a stage, a command a line. words: see `server_words`."""
    decide = f"radmesh review {task.name}{words} --sequence {review.sequence}"
    return "\n".join(f"{decide} {answer}" for answer in _answers(pipeline, files))


def _refused(answer: review_pb2.RefusedAnswer) -> str:
    return f"The last answer could not be used: {answer.message} ({answer.reason})"


def _answers(pipeline: pipeline_pb2.Pipeline, files: Mapping[str, Path]) -> Iterable[str]:
    """The options by which a reviewer can answer."""
    yield "--accept"
    if any(one.file_name in files and one.replacement_media_types for one in pipeline.artifacts):
        yield "--mask FILE"
    else:
        yield "--replace ARTIFACT=FILE"
    settable = [one.name for one in pipeline.parameters if one.reviewable]
    if SLICES in settable:
        yield "--slices A:B"
    if any(name != SLICES for name in settable):
        yield f"--accept --param NAME=VALUE ({', '.join(name for name in settable if name != SLICES)})"
    yield "--reject REASON"


def decided(after: task_pb2.Task) -> str:
    """What a decision has come to: `accepted, queued for stage 2`."""
    decision = review_pb2.ReviewDecision.Name(after.reviews[-1].decision)
    words = f"{decision.removeprefix('REVIEW_DECISION_').lower()}, {lines.state_text(after.state)}"
    return f"{words} for stage {after.stage}" if after.state == task_pb2.TASK_STATE_QUEUED else words


def _time(time: Timestamp) -> str:
    return time.ToDatetime().strftime("%Y-%m-%d %H:%M:%SZ")
