"""`radmesh analyze`: images in, artifacts out, watched live."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from radmesh import errors
from radmesh.cli import consoles, parameters, rows
from radmesh.cli.bars import BarDisplay
from radmesh.cli.display import Display, JsonDisplay, LineDisplay
from radmesh.cli.inputs import Input, find_inputs
from radmesh.cli.options import SERVER_DEFAULT, CallbackUrl, Json, Labels, NotBefore, Priority, Server
from radmesh.cli.running import ExitCode, UsageError, connect, exit_code, run
from radmesh.cli.submission import PriorityName, read_labels, read_not_before
from radmesh.cli.timeouts import (
    AttemptTimeout,
    HeartbeatTimeout,
    ProgressTimeout,
    QueueTimeout,
    ReviewTimeout,
)
from radmesh.client import Client, TaskOptions, task_request, task_timeouts
from radmesh.tasks.v1 import task_pb2

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
    callback_url: CallbackUrl = "",
    priority: Priority = PriorityName.ROUTINE,
    not_before: NotBefore = "",
    dedupe_key: Annotated[
        str,
        typer.Option(
            "--dedupe-key", metavar="KEY", help="Take the active task with this key, if there is one."
        ),
    ] = "",
    label: Labels = None,
    detach: Annotated[bool, typer.Option("--detach", help="Create the tasks and return.")] = False,
    queue_timeout: QueueTimeout = None,
    attempt_timeout: AttemptTimeout = None,
    progress_timeout: ProgressTimeout = None,
    heartbeat_timeout: HeartbeatTimeout = None,
    review_timeout: ReviewTimeout = None,
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
        queue=queue_timeout,
        attempt=attempt_timeout,
        progress=progress_timeout,
        heartbeat=heartbeat_timeout,
        review=review_timeout,
    )
    order = _Order(server, pipeline, paths, param or [], out, detach, as_json, label or [], not_before)
    options: TaskOptions = {
        "priority": priority.number,
        "dedupe_key": dedupe_key,
        "callback_url": callback_url,
        "timeouts": timeouts,
    }
    run(_analyze(order, display, options), as_json=as_json)


@dataclass(frozen=True)
class _Order:
    """What the command line asks for."""

    server: str
    pipeline: str
    paths: Sequence[Path]
    pairs: Sequence[str]
    out: Path | None
    detach: bool
    as_json: bool
    labels: Sequence[str]
    not_before: str


@dataclass
class _Analyses:
    """The inputs of one command on their way, and what became of them."""

    client: Client
    order: _Order
    display: Display
    values: Mapping[str, Any]
    labels: Mapping[str, str]
    options: TaskOptions
    running: dict[str, task_pb2.Task] = field(default_factory=dict)
    asking: set[str] = field(default_factory=set)
    codes: list[ExitCode] = field(default_factory=list)

    async def follow(self, one: Input, free: asyncio.Semaphore) -> None:
        """Takes one input from its upload to its saved artifacts."""
        async with free:
            try:
                self.codes.append(await self._follow(one))
            except errors.RadmeshError as error:
                self.asking.discard(one.label)
                self.display.refused(one.label, error)
                self.codes.append(exit_code(error))
            except OSError as error:
                refusal = errors.RadmeshError(f"{error.strerror}: {error.filename}", reason="FILE_ERROR")
                self.display.refused(one.label, refusal)
                self.codes.append(ExitCode.USAGE)

    async def _follow(self, one: Input) -> ExitCode:
        if not self.order.detach:
            self.display.uploading(one.label)
        pipeline = self.order.pipeline
        images = [(await self.client.upload(path, pipeline=pipeline)).name for path in one.paths]
        request = task_request(pipeline, images, parameters=self.values, labels=self.labels, **self.options)
        self.asking.add(one.label)
        answer = await self.client.ask_for(request)
        self.asking.remove(one.label)
        task = answer.task
        if answer.deduplicated:
            self.display.found(one.label, task)
        if self.order.detach:
            _print_name(one, task, as_json=self.order.as_json, deduplicated=answer.deduplicated)
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


async def _analyze(order: _Order, display: Display, options: TaskOptions) -> ExitCode:
    labels = read_labels(order.labels)
    options["not_before"] = read_not_before(order.not_before, datetime.now().astimezone())
    async with connect(order.server, following=True) as client:
        pipeline = await client.pipeline(order.pipeline)
        values = parameters.read_parameters(order.pairs, pipeline)
        inputs = find_inputs(order.paths, pipeline.input)
        if options["dedupe_key"] and len(inputs) > 1:
            raise UsageError(f"A dedupe key stands for one task; these paths make {len(inputs)}.")
        analyses = _Analyses(client, order, display, values, labels, options)
        free = asyncio.Semaphore(_AT_ONCE)
        try:
            with display:
                async with asyncio.TaskGroup() as group:
                    for one in inputs:
                        group.create_task(analyses.follow(one, free))
        except asyncio.CancelledError:
            _say_goes_on(analyses, order)
            raise
        return max(analyses.codes)


def _print_name(one: Input, task: task_pb2.Task, *, as_json: bool, deduplicated: bool) -> None:
    if as_json:
        rows.emit({"input": one.label, "deduplicated": deduplicated, **rows.task_row(task)})
    else:
        print(task.name, flush=True)


def _say_goes_on(analyses: _Analyses, order: _Order) -> None:
    """Ctrl-C ends the watching only."""
    console = consoles.stderr()
    server = "" if order.server == SERVER_DEFAULT else f" --server {order.server}"
    for label, task in analyses.running.items():
        console.print(f"{label}: the task goes on.", markup=False)
        console.print(f"  watch it:  radmesh watch {task.name}{server}", markup=False)
        console.print(f"  cancel it: radmesh tasks cancel {task.name}{server}", markup=False)
    for label in sorted(analyses.asking):
        console.print(f"{label}: its task may have been created.", markup=False)
        console.print(f"  look: radmesh tasks list{server}", markup=False)
    if order.detach and analyses.codes:
        console.print("Stopped. The tasks that were named go on.", markup=False)
    elif not analyses.running and not analyses.asking:
        console.print("Stopped. No task was left running.", markup=False)
