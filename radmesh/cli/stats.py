"""`radmesh tasks stats`: figures about all tasks, for operators."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated

import typer
from google.protobuf import duration_pb2
from rich.console import Group, RenderableType

from radmesh.cli import consoles, rows, tables
from radmesh.cli.lines import duration_text
from radmesh.cli.options import SERVER_DEFAULT, Json, Server
from radmesh.cli.running import ExitCode, connect, run
from radmesh.tasks.v1 import statistics_service_pb2 as pb
from radmesh.tasks.v1 import task_pb2

# What is counted by some reason: in words, and the field.
_COUNTED = (
    ("stuck now", "stuck_by_finding"),
    ("failed", "failures_by_reason"),
    ("retried", "retries_by_cause"),
    ("recovered", "recoveries_by_finding"),
)


def stats(
    pipeline: Annotated[str, typer.Option("--pipeline", help="Only this one; all when not given.")] = "",
    as_json: Json = False,
    server: Server = SERVER_DEFAULT,
) -> None:
    """Counts tasks, and shows how long they wait and run."""
    run(_stats(server, pipeline, as_json), as_json=as_json)


async def _stats(server: str, pipeline: str, as_json: bool) -> ExitCode:
    async with connect(server) as client:
        found = await client.admin.statistics(pipeline)
    if as_json:
        for one in found:
            rows.emit(statistics_row(one))
    else:
        consoles.stdout().print(statistics_tables(found) if found else "No worker came yet.")
    return ExitCode.DONE


def statistics_row(one: pb.PipelineStatistics) -> rows.Row:
    """The figures of a pipeline as `--json` prints them; times in seconds."""
    return {
        "pipeline": one.pipeline,
        "counts": {rows.state_name(count.state): count.count for count in one.state_counts},
        "queue_seconds": _times(one.queue_time),
        "run_seconds": _times(one.run_time),
        **{field: dict(getattr(one, field)) for _, field in _COUNTED},
        "oldest_wait_seconds": _seconds(one.oldest_wait) if one.HasField("oldest_wait") else None,
        "connected_workers": one.connected_workers,
        "paused": one.paused,
    }


def statistics_tables(found: Sequence[pb.PipelineStatistics]) -> RenderableType:
    """A line for each pipeline, and below what went wrong, if anything did."""
    table = tables.plain(
        "pipeline", "workers", "queued", "running", "succeeded", "failed", "waited p50, p95", "ran p50, p95"
    )
    for one in found:
        counts = {count.state: str(count.count) for count in one.state_counts}
        table.add_row(
            _short(one.pipeline),
            "paused" if one.paused else str(one.connected_workers),
            counts.get(task_pb2.TASK_STATE_QUEUED, "0"),
            counts.get(task_pb2.TASK_STATE_RUNNING, "0"),
            counts.get(task_pb2.TASK_STATE_SUCCEEDED, "0"),
            counts.get(task_pb2.TASK_STATE_FAILED, "0"),
            _typical(one.queue_time),
            _typical(one.run_time),
        )
    counted = list(_counted(found))
    if not counted:
        return table
    reasons = tables.plain("pipeline", "", "why", "tasks")
    for row in counted:
        reasons.add_row(*row)
    return Group(table, reasons)


def _counted(found: Iterable[pb.PipelineStatistics]) -> Iterable[tuple[str, str, str, str]]:
    for one in found:
        for words, field in _COUNTED:
            numbers: Mapping[str, int] = getattr(one, field)
            for reason, number in sorted(numbers.items(), key=lambda item: (-item[1], item[0])):
                if number:
                    yield _short(one.pipeline), words, reason, str(number)


def _typical(times: pb.TimeStatistics) -> str:
    if not times.count:
        return ""
    return f"{duration_text(_seconds(times.p50))}, {duration_text(_seconds(times.p95))}"


def _times(times: pb.TimeStatistics) -> rows.Row:
    figures = {name: _seconds(getattr(times, name)) for name in ("mean", "p50", "p95")}
    return {"count": times.count, **figures}


def _seconds(span: duration_pb2.Duration) -> float:
    return span.seconds + span.nanos / 1e9


def _short(pipeline: str) -> str:
    return pipeline.removeprefix("pipelines/")
