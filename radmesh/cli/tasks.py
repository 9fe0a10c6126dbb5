"""`radmesh tasks`: list, get, cancel; and what operators do."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from radmesh.cli import consoles, operating, rows, tables
from radmesh.cli.inputs import saved
from radmesh.cli.options import SERVER_DEFAULT, Json, Out, Server
from radmesh.cli.running import ExitCode, connect, run
from radmesh.cli.stats import stats
from radmesh.client import ENDED
from radmesh.tasks.v1 import task_pb2

tasks = typer.Typer(
    help="Lists, shows and cancels tasks; for operators: finds stuck ones, counts, pauses.",
    no_args_is_help=True,
)

TaskName = Annotated[str, typer.Argument(help="Task: its name or its id.")]


@tasks.command("list")
def list_tasks(
    filter: Annotated[
        str, typer.Option("--filter", help="Such as 'state=RUNNING AND pipeline=octa-vessels'.")
    ] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, help="Most tasks to list.")] = 100,
    as_json: Json = False,
    server: Server = SERVER_DEFAULT,
) -> None:
    """Lists tasks, oldest first."""
    run(_list(server, filter, limit, as_json), as_json=as_json)


@tasks.command("get")
def get_task(task: TaskName, out: Out = None, as_json: Json = False, server: Server = SERVER_DEFAULT) -> None:
    """Shows a task with its outcome and artifacts, and saves them if asked."""
    run(_get(server, task, out, as_json), as_json=as_json)


@tasks.command("cancel")
def cancel_task(task: TaskName, as_json: Json = False, server: Server = SERVER_DEFAULT) -> None:
    """Asks for a task to be cancelled."""
    run(_cancel(server, task, as_json), as_json=as_json)


for _command in (
    operating.check,
    operating.recover,
    stats,
    operating.pause,
    operating.resume,
    operating.workers,
    operating.audit,
):
    tasks.command()(_command)


async def _list(server: str, filter: str, limit: int, as_json: bool) -> ExitCode:
    found: list[task_pb2.Task] = []
    async with connect(server) as client:
        async for task in client.list(filter, page_size=min(limit, 500)):
            found.append(task)
            if as_json:
                rows.emit(rows.task_row(task))
            if len(found) == limit:
                break
    if not as_json:
        consoles.stdout().print(tables.tasks(found) if found else "No tasks.")
    if len(found) == limit:
        words = "There may be newer ones: see --limit, or --filter 'create_time>=2026-01-31T00:00:00Z'."
        consoles.stderr().print(words, markup=False)
    return ExitCode.DONE


async def _get(server: str, name: str, out: Path | None, as_json: bool) -> ExitCode:
    async with connect(server) as client:
        task = await client.get(name)
        files = await saved(client, task, out)
    _print(task, as_json, files)
    return ExitCode.DONE


async def _cancel(server: str, name: str, as_json: bool) -> ExitCode:
    async with connect(server) as client:
        task = await client.cancel(name)
    _print(task, as_json)
    # A cancelled one may have been cancelled by this very call.
    if task.state in ENDED - {task_pb2.TASK_STATE_CANCELLED}:
        consoles.stderr().print(f"{task.name} had ended already: nothing was cancelled.", markup=False)
    return ExitCode.DONE


def _print(task: task_pb2.Task, as_json: bool, files: Mapping[str, Path] | None = None) -> None:
    if as_json:
        rows.emit(rows.task_row(task, files))
    else:
        consoles.stdout().print(tables.outcome(("", task, files or {})))
