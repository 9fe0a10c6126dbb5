"""`radmesh watch`: one task or batch, live, to its end."""

from pathlib import Path
from typing import Annotated

import typer

from radmesh.cli import rows
from radmesh.cli.bars import BarDisplay
from radmesh.cli.batch_watch import watch_batch
from radmesh.cli.display import display_for
from radmesh.cli.following import follower
from radmesh.cli.inputs import saved
from radmesh.cli.options import SERVER_DEFAULT, Json, Out, Server, server_words
from radmesh.cli.running import ExitCode, UsageError, connect, run
from radmesh.client import Client
from radmesh.tasks.v1 import task_pb2


def watch(
    task: Annotated[str, typer.Argument(help="Task or batch, as `--detach` printed it.")],
    out: Out = None,
    as_json: Json = False,
    server: Server = SERVER_DEFAULT,
) -> None:
    """Follows a task or a batch to its end. Stopping this stops no task."""
    run(_watch(server, task, out, as_json), as_json=as_json)


async def _watch(server: str, task: str, out: Path | None, as_json: bool) -> ExitCode:
    async with connect(server, following=True) as client:
        if task.startswith("batches/"):
            if out is not None:
                raise UsageError(
                    "--out is for one task: `radmesh tasks get TASK --out DIR` saves each of a batch."
                )
            return await watch_batch(client, task, as_json=as_json)
        if as_json:
            ended = await _as_json(client, task)
            await saved(client, ended, out)
        else:
            ended = await _for_people(client, task, server, out)
    return ExitCode.DONE if ended.state == task_pb2.TASK_STATE_SUCCEEDED else ExitCode.TASK_FAILED


async def _as_json(client: Client, task: str) -> task_pb2.Task:
    return await client.wait(task, on_message=lambda message: rows.emit(rows.message_row(message)))


async def _for_people(client: Client, task: str, server: str, out: Path | None) -> task_pb2.Task:
    label = task.removeprefix("tasks/")[:8]
    display = display_for(BarDisplay)
    with display:
        ended = await client.wait(task, on_message=follower(display, label, task, server_words(server)))
        display.ended(label, ended, await saved(client, ended, out))
    return ended
