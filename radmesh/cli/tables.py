"""The tables that commands print for people."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from google.protobuf import json_format
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from radmesh.cli import lines, rows
from radmesh.tasks.v1 import pipeline_pb2, task_pb2

Outcome = tuple[str, task_pb2.Task, Mapping[str, Path]]


def plain(*titles: str) -> Table:
    """A table of columns without frames."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in titles:
        table.add_column(title, overflow="fold")
    return table


def named(values: Iterable[tuple[str, str]]) -> Table:
    """Values by name, without frames and titles."""
    table = Table(box=box.SIMPLE, show_header=False, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for name, value in values:
        table.add_row(name, _text(value))
    return table


def outcomes(ended: Sequence[Outcome]) -> RenderableType:
    """What tasks came to: one in full, several by a line each."""
    if len(ended) == 1:
        return outcome(ended[0])
    table = plain("input", "state", "time", "saved in", "task")
    for label, task, files in sorted(ended, key=lambda one: one[0]):
        folder = str(next(iter(files.values())).parent) if files else ""
        state = rows.state_name(task.state).lower()
        table.add_row(_text(label), state, lines.took(task), _text(folder), task.name)
        if task.HasField("error"):
            table.add_row("", _text(f"{task.error.message} ({task.error.reason})"), "", "", "")
    return table


def outcome(ended: Outcome) -> Table:
    """One task with its result and files."""
    label, task, files = ended
    table = named(())
    if label:
        table.add_row("input", _text(label))
    table.add_row("task", task.name)
    table.add_row("state", lines.task_text(task))
    table.add_row("priority", rows.priority_name(task.priority).lower())
    if task.state == task_pb2.TASK_STATE_QUEUED and task.HasField("not_before_time"):
        table.add_row("not before", task.not_before_time.ToDatetime().strftime("%Y-%m-%d %H:%M:%SZ"))
    if took := lines.took(task):
        table.add_row("time", took)
    for name, value in lines.result_lines(task):
        table.add_row(name, _text(value))
    if task.HasField("error"):
        table.add_row("error", _text(f"{task.error.message} ({task.error.reason})"))
    if task.HasField("callback"):
        table.add_row("callback", _text(lines.callback_text(task.callback)))
    for artifact in task.artifacts:
        where = str(files.get(artifact.file_name, artifact.name))
        table.add_row(artifact.file_name, _text(where))
    return table


def tasks(found: Iterable[task_pb2.Task]) -> Table:
    """A list of tasks, a line each."""
    table = plain("task", "pipeline", "priority", "state", "created", "time")
    for task in found:
        created = task.create_time.ToDatetime().strftime("%Y-%m-%d %H:%M:%SZ")
        priority = rows.priority_name(task.priority).lower()
        pipeline = task.pipeline.removeprefix("pipelines/")
        table.add_row(task.name, pipeline, priority, lines.task_text(task), created, lines.took(task))
    return table


def pipelines(found: Iterable[pipeline_pb2.Pipeline]) -> RenderableType:
    """Each pipeline with what it takes and what it gives."""
    return Group(*(_pipeline(pipeline) for pipeline in found))


def _pipeline(pipeline: pipeline_pb2.Pipeline) -> RenderableType:
    head = Text.assemble((pipeline.name.removeprefix("pipelines/"), "bold"), "  ", pipeline.title)
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 2))
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    table.add_row("", _text(pipeline.description))
    images = pipeline.input
    table.add_row("takes", _text(f"{', '.join(images.file_extensions)}; {_count(images)}; {_limit(images)}"))
    for parameter in pipeline.parameters:
        table.add_row("parameter", _text(_parameter(parameter)))
    for artifact in pipeline.artifacts:
        table.add_row("gives", _text(f"{artifact.file_name}: {artifact.description}"))
    names = ", ".join(model.name for model in pipeline.models)
    table.add_row("models", _text(names or "none yet; see `radmesh models import --help`"))
    table.add_row("workers", f"{pipeline.connected_workers} connected")
    if pipeline.paused:
        why = f" ({pipeline.pause_reason})" if pipeline.pause_reason else ""
        table.add_row("", Text(f"Paused by an operator{why}: its tasks wait.", style="yellow"))
    if pipeline.demonstrator:
        table.add_row("", Text("Demonstrator: not for clinical use.", style="yellow"))
    return Group(head, table)


def _parameter(parameter: pipeline_pb2.PipelineParameter) -> str:
    default: Any = json_format.MessageToDict(parameter.default_value) if _has_default(parameter) else None
    unit = f" {parameter.unit}" if parameter.unit else ""
    bounds = ""
    if parameter.HasField("min_value"):
        bounds += f" from {parameter.min_value:g}"
    if parameter.HasField("max_value"):
        bounds += f" to {parameter.max_value:g}"
    limits = [f"{rows.parameter_type(parameter)}{bounds}{unit if bounds else ''}"]
    if parameter.allowed_values:
        limits.append(f"one of {', '.join(parameter.allowed_values)}")
    if default is None:
        limits.append("optional" if parameter.HasField("default_value") else "required")
    # As `--param` takes it.
    said = str(default).lower() if isinstance(default, bool) else default
    value = f" = {said}{unit}" if said not in (None, "") else ""
    return f"{parameter.name}{value} ({', '.join(limits)}): {parameter.description}"


def _has_default(parameter: pipeline_pb2.PipelineParameter) -> bool:
    return parameter.default_value.WhichOneof("kind") not in {None, "null_value"}


def _count(images: pipeline_pb2.PipelineInput) -> str:
    if images.max_images == 1:
        return "one image a task" + (
            ", which may be a folder of DICOM files" if images.accepts_series else ""
        )
    return f"{images.min_images} to {images.max_images} images a task"


def _limit(images: pipeline_pb2.PipelineInput) -> str:
    return f"at most {images.max_image_bytes / (1 << 20):.0f} MiB each"


def _text(value: str) -> Text:
    """Text as it is: a file's name may hold what rich would take for markup."""
    return Text(value)
