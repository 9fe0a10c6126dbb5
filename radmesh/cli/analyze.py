"""`radmesh analyze`: images in, artifacts out, watched live."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer

from radmesh import errors
from radmesh.cli import consoles, parameters, rows
from radmesh.cli.bars import BarDisplay
from radmesh.cli.display import Display, JsonDisplay, LineDisplay
from radmesh.cli.inputs import Input, find_inputs
from radmesh.cli.options import SERVER_DEFAULT, Json, Server
from radmesh.cli.running import ExitCode, connect, exit_code, run
from radmesh.cli.timeouts import AttemptTimeout, HeartbeatTimeout, ProgressTimeout, QueueTimeout
from radmesh.client import Client, task_timeouts
from radmesh.tasks.v1 import task_pb2
from radmesh.tasks.v1.timeouts_pb2 import TaskTimeouts

# Inputs on their way at once; more would only wait in the queue and fill the screen.
_AT_ONCE = 16


def analyze(
    pipeline: Annotated[str, typer.Argument(help="Pipeline, such as octa-vessels; see `radmesh pipelines`.")],
    paths: Annotated[
        list[Path], typer.Argument(exists=True, metavar="PATH", help="Files, or folders of files.")
    ],
    *,
    param: Annotated[
        list[str] | None, typer.Option("--param", metavar="NAME=VALUE", help="A parameter. May be repeated.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Save artifacts in DIR/<stem of the input>/.")
    ] = None,
    callback_url: Annotated[
        str, typer.Option("--callback-url", metavar="URL", help="Gets a POST at the end of each task.")
    ] = "",
    detach: Annotated[bool, typer.Option("--detach", help="Create the tasks and return.")] = False,
    queue_timeout: QueueTimeout = None,
    attempt_timeout: AttemptTimeout = None,
    progress_timeout: ProgressTimeout = None,
    heartbeat_timeout: HeartbeatTimeout = None,
    as_json: Json = False,
    server: Server = SERVER_DEFAULT,
) -> None:
    """Runs a pipeline on images and waits for the results."""
    console = consoles.stdout()
    display: Display
    if as_json:
        display = JsonDisplay()
    elif console.is_terminal and not detach:
        display = BarDisplay(console)
    else:
        display = LineDisplay(consoles.stderr() if detach else console)
    if out is not None and out.exists() and not out.is_dir():
        raise typer.BadParameter(f"'{out}' is a file; artifacts need a folder.", param_hint="--out")
    timeouts = task_timeouts(
        queue=queue_timeout, attempt=attempt_timeout, progress=progress_timeout, heartbeat=heartbeat_timeout
    )
    order = _Order(server, pipeline, paths, param or [], out, callback_url, detach, as_json, timeouts)
    run(_analyze(order, display), as_json=as_json)


@dataclass(frozen=True)
class _Order:
    """What the command line asks for."""

    server: str
    pipeline: str
    paths: Sequence[Path]
    pairs: Sequence[str]
    out: Path | None
    callback_url: str
    detach: bool
    as_json: bool
    timeouts: TaskTimeouts


@dataclass
class _Analyses:
    """The inputs of one command on their way, and what became of them."""

    client: Client
    order: _Order
    display: Display
    values: Mapping[str, Any]
    running: dict[str, task_pb2.Task] = field(default_factory=dict)
    codes: list[ExitCode] = field(default_factory=list)

    async def follow(self, one: Input, free: asyncio.Semaphore) -> None:
        """Takes one input from its upload to its saved artifacts."""
        async with free:
            try:
                self.codes.append(await self._follow(one))
            except errors.RadmeshError as error:
                self.display.refused(one.label, error)
                self.codes.append(exit_code(error))
            except OSError as error:
                refusal = errors.RadmeshError(f"{error.strerror}: {error.filename}", reason="FILE_ERROR")
                self.display.refused(one.label, refusal)
                self.codes.append(ExitCode.USAGE)

    async def _follow(self, one: Input) -> ExitCode:
        if not self.order.detach:
            self.display.uploading(one.label)
        task = await self.client.submit(
            self.order.pipeline,
            one.paths,
            parameters=self.values,
            timeouts=self.order.timeouts,
            callback_url=self.order.callback_url,
        )
        if self.order.detach:
            _print_name(one, task, as_json=self.order.as_json)
            return ExitCode.DONE
        self.running[one.label] = task
        self.display.created(one.label, task)
        ended = await self.client.wait(
            task.name, on_message=lambda message: self.display.told(one.label, message)
        )
        files = await self.client.save(ended, self.order.out / one.folder) if self.order.out else {}
        del self.running[one.label]
        self.display.ended(one.label, ended, files)
        return ExitCode.DONE if ended.state == task_pb2.TASK_STATE_SUCCEEDED else ExitCode.TASK_FAILED


async def _analyze(order: _Order, display: Display) -> ExitCode:
    async with connect(order.server, following=True) as client:
        pipeline = await client.pipeline(order.pipeline)
        values = parameters.read_parameters(order.pairs, pipeline)
        inputs = find_inputs(order.paths, pipeline.input)
        analyses = _Analyses(client, order, display, values)
        free = asyncio.Semaphore(_AT_ONCE)
        try:
            with display:
                async with asyncio.TaskGroup() as group:
                    for one in inputs:
                        group.create_task(analyses.follow(one, free))
        except asyncio.CancelledError:
            _say_goes_on(analyses.running, order)
            raise
        return max(analyses.codes)


def _print_name(one: Input, task: task_pb2.Task, *, as_json: bool) -> None:
    if as_json:
        rows.emit({"input": one.label, **rows.task_row(task)})
    else:
        print(task.name, flush=True)


def _say_goes_on(running: Mapping[str, task_pb2.Task], order: _Order) -> None:
    """Ctrl-C ends the watching only."""
    console = consoles.stderr()
    server = "" if order.server == SERVER_DEFAULT else f" --server {order.server}"
    for label, task in running.items():
        console.print(f"{label}: the task goes on.", markup=False)
        console.print(f"  watch it:  radmesh watch {task.name}{server}", markup=False)
        console.print(f"  cancel it: radmesh tasks cancel {task.name}{server}", markup=False)
    if not running:
        console.print("Stopped. No task was left running.", markup=False)
