"""`radmesh batch`: many images in, one batch of tasks, one display for all of them."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from radmesh import errors
from radmesh.cli import consoles, parameters, rows
from radmesh.cli.batch_bar import BatchBar
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
from radmesh.client import ENDED, BatchMessage, Client, TaskOptions, WatchMessage, task_request, task_timeouts
from radmesh.status import error_of
from radmesh.tasks.v1 import batch_service_pb2, task_pb2
from radmesh.tasks.v1.task_service_pb2 import CreateTaskRequest

_MOST_TASKS = 500
# Transfers at once; more would only share the same line.
_AT_ONCE = 16


def batch(
    pipeline: Annotated[str, typer.Argument(help="Pipeline, such as octa-vessels; see `radmesh pipelines`.")],
    paths: Annotated[
        list[Path], typer.Argument(exists=True, metavar="PATH", help="Files, or folders of files.")
    ],
    *,
    param: Annotated[
        list[str] | None, typer.Option("--param", metavar="NAME=VALUE", help="A parameter. May be repeated.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="DIR", file_okay=False, help="Save artifacts in DIR/<stem of the input>/."
        ),
    ] = None,
    callback_url: CallbackUrl = "",
    priority: Priority = PriorityName.ROUTINE,
    not_before: NotBefore = "",
    label: Labels = None,
    detach: Annotated[bool, typer.Option("--detach", help="Create the batch and return.")] = False,
    queue_timeout: QueueTimeout = None,
    attempt_timeout: AttemptTimeout = None,
    progress_timeout: ProgressTimeout = None,
    heartbeat_timeout: HeartbeatTimeout = None,
    review_timeout: ReviewTimeout = None,
    as_json: Json = False,
    server: Server = SERVER_DEFAULT,
) -> None:
    """Runs a pipeline on up to 500 inputs as one batch; exit code 1 when some of them failed."""
    console = consoles.stdout()
    display: Display
    if as_json:
        display = JsonDisplay()
    elif console.is_terminal and not detach:
        display = BatchBar(console)
    else:
        display = LineDisplay(consoles.stderr() if detach else console)
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
        "callback_url": callback_url,
        "timeouts": timeouts,
    }
    run(_batch(order, display, options), as_json=as_json)


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
class _Follower:
    """The tasks of a batch by name, and what became of each input."""

    client: Client
    display: Display
    out: Path | None
    inputs: dict[str, Input] = field(default_factory=dict)
    codes: list[ExitCode] = field(default_factory=list)
    asking: bool = False
    free: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))

    def refused(self, one: Input, error: errors.RadmeshError) -> None:
        """There is no task for an input, or its artifacts cannot be had."""
        self.display.refused(one.label, error)
        self.codes.append(exit_code(error))

    async def follow(self, name: str) -> None:
        """Watches a batch to its end; saves the artifacts of each task as it ends."""
        async with asyncio.TaskGroup() as group:
            async for message in self.client.watch_batch(name):
                for task in self._tell(message):
                    if task in self.inputs:
                        group.create_task(self._end(task, self.inputs.pop(task)))

    def _tell(self, message: BatchMessage) -> list[str]:
        """Shows a message; the tasks that it says have ended."""
        kind = message.WhichOneof("message")
        if kind == "snapshot":
            return [member.task for member in message.snapshot.members if member.state in ENDED]
        if kind == "event" and message.event.task in self.inputs:
            told = WatchMessage(event=message.event.event)
            self.display.told(self.inputs[message.event.task].label, told)
            return [message.event.task] if told.event.state_change.state in ENDED else []
        if kind == "progress" and message.progress.task in self.inputs:
            told = WatchMessage(progress=message.progress.progress)
            self.display.told(self.inputs[message.progress.task].label, told)
        return []

    async def _end(self, name: str, one: Input) -> None:
        async with self.free:
            try:
                task = await self.client.get(name)
                files = await self.client.save(task, self.out / one.folder) if self.out else {}
            except errors.RadmeshError as error:
                self.refused(one, error)
                return
            except OSError as error:
                self.refused(one, _file_error(error))
                return
        self.display.ended(one.label, task, files)
        succeeded = task.state == task_pb2.TASK_STATE_SUCCEEDED
        self.codes.append(ExitCode.DONE if succeeded else ExitCode.TASK_FAILED)


async def _batch(order: _Order, display: Display, options: TaskOptions) -> ExitCode:
    labels = read_labels(order.labels)
    options["not_before"] = read_not_before(order.not_before, datetime.now().astimezone())
    async with connect(order.server, following=True) as client:
        pipeline = await client.pipeline(order.pipeline)
        values = parameters.read_parameters(order.pairs, pipeline)
        ask = partial(task_request, order.pipeline, parameters=values, labels=labels, **options)
        inputs = find_inputs(order.paths, pipeline.input)
        if len(inputs) > _MOST_TASKS:
            raise UsageError(f"A batch has at most {_MOST_TASKS} tasks; these paths make {len(inputs)}.")
        follower = _Follower(client, display, order.out)
        created = batch_service_pb2.Batch()
        try:
            with display:
                requests = await _upload(follower, order.pipeline, inputs, ask)
                if requests:
                    created = await _create(follower, requests)
                if created.name and not order.detach:
                    await follower.follow(created.name)
        except asyncio.CancelledError:
            _say_goes_on(created.name, order, asking=follower.asking)
            raise
        if order.detach and created.name:
            _print_name(created, order)
        return max(follower.codes, default=ExitCode.DONE)


async def _upload(
    follower: _Follower,
    pipeline: str,
    inputs: Sequence[Input],
    ask: Callable[[Sequence[str]], CreateTaskRequest],
) -> list[tuple[Input, CreateTaskRequest]]:
    """Brings the images in; the request of each input whose images arrived, in order."""

    async def upload(one: Input) -> CreateTaskRequest | None:
        async with follower.free:
            follower.display.uploading(one.label)
            try:
                images = [(await follower.client.upload(path, pipeline=pipeline)).name for path in one.paths]
            except errors.RadmeshError as error:
                follower.refused(one, error)
                return None
            except OSError as error:
                follower.refused(one, _file_error(error))
                return None
            return ask(images)

    async with asyncio.TaskGroup() as group:
        uploads = [group.create_task(upload(one)) for one in inputs]
    found = zip(inputs, (done.result() for done in uploads), strict=True)
    return [(one, request) for one, request in found if request is not None]


async def _create(
    follower: _Follower, requests: Sequence[tuple[Input, CreateTaskRequest]]
) -> batch_service_pb2.Batch:
    follower.asking = True
    answer = await follower.client.batch_create([request for _, request in requests])
    follower.asking = False
    for (one, _), item in zip(requests, answer.items, strict=True):
        if item.HasField("task"):
            follower.inputs[item.task.name] = one
            follower.display.created(one.label, item.task)
        else:
            follower.refused(one, item_error(item.error))
    return answer.batch


def item_error(error: batch_service_pb2.RequestError) -> errors.RadmeshError:
    """Why an item of a batch was refused, as the error that a single create would have raised."""
    violations = [errors.Violation(one.field, one.description) for one in error.field_violations]
    return error_of(
        errors.Code(error.code), error.reason, error.message, error.metadata, violations=violations
    )


def _file_error(error: OSError) -> errors.RadmeshError:
    return errors.RadmeshError(f"{error.strerror}: {error.filename}", reason="FILE_ERROR")


def _print_name(created: batch_service_pb2.Batch, order: _Order) -> None:
    if order.as_json:
        rows.emit({"name": created.name, "tasks": [member.task for member in created.members]})
    else:
        print(created.name, flush=True)


def _say_goes_on(name: str, order: _Order, *, asking: bool) -> None:
    """Ctrl-C ends the watching only."""
    console = consoles.stderr()
    server = "" if order.server == SERVER_DEFAULT else f" --server {order.server}"
    if not name:
        words = f"The batch may have been created; look: radmesh tasks list{server}"
        console.print(f"Stopped. {words if asking else 'No task was left running.'}", markup=False)
        return
    console.print(f"{name}: its tasks go on.", markup=False)
    console.print(f"  watch it:  radmesh watch {name}{server}", markup=False)
