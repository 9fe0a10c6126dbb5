"""`radmesh analyze`: images in, artifacts out, watched live."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated

import typer

from radmesh import errors
from radmesh.cli import consoles, rows
from radmesh.cli.bars import BarDisplay
from radmesh.cli.display import Display, display_for
from radmesh.cli.following import follower
from radmesh.cli.inputs import Input, file_error
from radmesh.cli.order import Ask, Order, look_up, takes
from radmesh.cli.running import ExitCode, UsageError, connect, exit_code, run
from radmesh.cli.sending import send_images
from radmesh.cli.studies import SAME_STUDY, OncePerStudy, once_per_study
from radmesh.client import Client, TaskOptions
from radmesh.tasks.v1 import task_pb2

# Inputs on their way at once; more would only wait in the queue and fill the screen.
_AT_ONCE = 16


@dataclass(frozen=True, kw_only=True)
class AnalyzeOrder(Order):
    """See Order."""

    dedupe_key: Annotated[
        str,
        typer.Option(
            "--dedupe-key", metavar="KEY", help="Take the active task with this key, if there is one."
        ),
    ] = ""

    def read_options(self, now: datetime) -> TaskOptions:
        """See Order."""
        return {**super().read_options(now), "dedupe_key": self.dedupe_key}


@takes(AnalyzeOrder)
def analyze(order: AnalyzeOrder) -> None:
    """Runs a pipeline on images and waits for the results."""
    display = display_for(BarDisplay, as_json=order.as_json, detach=order.detach)
    run(_analyze(order, display), as_json=order.as_json)


@dataclass
class _Analyses:
    """The inputs of one command on their way, and what became of them."""

    client: Client
    order: AnalyzeOrder
    display: Display
    ask: Ask
    once: OncePerStudy
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
            except BrokenPipeError:
                raise  # nobody reads what is printed: of that, no file is the cause
            except OSError as error:
                self.display.refused(one.label, file_error(error, self.running.pop(one.label, None)))
                self.codes.append(ExitCode.USAGE)

    async def _follow(self, one: Input) -> ExitCode:
        if not self.order.detach:
            self.display.uploading(one.label)
        images = await send_images(
            self.client, one, self.order.pipeline, lambda done: self.display.sent(one.label, done)
        )
        request = self.ask(images)
        if self.once.applies:
            request.dedupe_key = await self.once.key(one)
        self.asking.add(one.label)
        answer = await self.client.ask_for(request)
        self.asking.remove(one.label)
        task = answer.task
        if answer.deduplicated:
            self.display.found(one.label, task, SAME_STUDY if self.once.applies else "this dedupe key")
        if self.order.detach:
            _print_name(one, task, as_json=self.order.as_json, deduplicated=answer.deduplicated)
            return ExitCode.DONE
        self.running[one.label] = task
        self.display.created(one.label, task)
        ended = await self.client.wait(
            task.name, on_message=follower(self.display, one.label, task.name, self.order.server_words)
        )
        files = await self.client.save(ended, self.order.out / one.folder) if self.order.out else {}
        del self.running[one.label]
        self.display.ended(one.label, ended, files)
        return ExitCode.DONE if ended.state == task_pb2.TASK_STATE_SUCCEEDED else ExitCode.TASK_FAILED


async def _analyze(order: AnalyzeOrder, display: Display) -> ExitCode:
    options = order.read_options(datetime.now().astimezone())
    async with connect(order.server, following=True) as client:
        inputs, ask, pipeline = await look_up(client, order, options)
        if order.dedupe_key and len(inputs) > 1:
            raise UsageError(f"A dedupe key stands for one task; these paths make {len(inputs)}.")
        if order.once_per_study is not None and order.dedupe_key:
            raise UsageError("A task has one key: give --dedupe-key, --once-per-study or --force.")
        once = OncePerStudy(False) if order.dedupe_key else once_per_study(order.once_per_study, pipeline)
        analyses = _Analyses(client, order, display, ask, once)
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


def _say_goes_on(analyses: _Analyses, order: Order) -> None:
    """Ctrl-C ends the watching only."""
    console = consoles.stderr()
    for label, task in analyses.running.items():
        console.print(f"{label}: the task goes on.", markup=False)
        console.print(f"  watch it:  radmesh watch {task.name}{order.server_words}", markup=False)
        console.print(f"  cancel it: radmesh tasks cancel {task.name}{order.server_words}", markup=False)
    for label in sorted(analyses.asking):
        console.print(f"{label}: its task may have been created.", markup=False)
        console.print(f"  look: radmesh tasks list{order.server_words}", markup=False)
    if order.detach and analyses.codes:
        console.print("Stopped. The tasks that were named go on.", markup=False)
    elif not analyses.running and not analyses.asking:
        console.print("Stopped. No task was left running.", markup=False)
