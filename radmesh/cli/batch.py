"""`radmesh batch`: many images in, one batch of tasks, one display for all of them."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from radmesh import errors
from radmesh.cli import consoles, rows
from radmesh.cli.batch_bar import BatchBar
from radmesh.cli.batch_watch import WaitingTasks
from radmesh.cli.display import Display, display_for
from radmesh.cli.following import follower as follower_of
from radmesh.cli.inputs import Input, file_error
from radmesh.cli.order import Ask, Order, look_up, takes
from radmesh.cli.running import ExitCode, UsageError, connect, exit_code, run
from radmesh.cli.sending import send_images
from radmesh.cli.studies import SAME_STUDY, OncePerStudy, once_per_study
from radmesh.client import ENDED, BatchMessage, Client, WatchMessage
from radmesh.status import error_of
from radmesh.tasks.v1 import batch_service_pb2, task_pb2
from radmesh.tasks.v1.task_service_pb2 import CreateTaskRequest

_MOST_TASKS = 500
# Transfers at once; more would only share the same line.
_AT_ONCE = 16


@takes(Order)
def batch(order: Order) -> None:
    """Runs a pipeline on up to 500 inputs as one batch; exit code 1 when some of them failed."""
    display = display_for(BatchBar, as_json=order.as_json, detach=order.detach)
    run(_batch(order, display), as_json=order.as_json)


@dataclass
class _Follower:
    """The tasks of a batch by name, those that were active before, and what became of each input."""

    client: Client
    display: Display
    order: Order
    inputs: dict[str, Input] = field(default_factory=dict)
    active: list[tuple[str, Input]] = field(default_factory=list)
    codes: list[ExitCode] = field(default_factory=list)
    asking: bool = False
    free: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))

    def refused(self, one: Input, error: errors.RadmeshError) -> None:
        """There is no task for an input, or its artifacts cannot be had."""
        self.display.refused(one.label, error)
        self.codes.append(exit_code(error))

    async def follow_all(self, name: str) -> None:
        """Follows a batch, if one was created, and the tasks that are not its own."""
        async with asyncio.TaskGroup() as group:
            if name:
                group.create_task(self._follow(name))
            for task, one in self.active:
                group.create_task(self._follow_active(task, one))

    async def _follow_active(self, task: str, one: Input) -> None:
        try:
            await self.client.wait(
                task, on_message=follower_of(self.display, one.label, task, self.order.server_words)
            )
        except errors.RadmeshError as error:
            self.refused(one, error)
        else:
            await self._end(task, one)

    async def _follow(self, name: str) -> None:
        """Watches a batch to its end; saves the artifacts of each task as it ends."""
        queue = WaitingTasks(self.client)
        async with asyncio.TaskGroup() as group:
            async for message in self.client.watch_batch(name):
                queue.note(message)
                if message.HasField("bookmark"):
                    await queue.show(self._show_waiting)
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

    def _show_waiting(self, task: str, told: WatchMessage) -> None:
        if task in self.inputs:
            self.display.told(self.inputs[task].label, told)

    async def _end(self, name: str, one: Input) -> None:
        async with self.free:
            try:
                task = await self.client.get(name)
                files = await self.client.save(task, self.order.out / one.folder) if self.order.out else {}
            except errors.RadmeshError as error:
                self.refused(one, error)
                return
            except OSError as error:
                self.refused(one, file_error(error, task_pb2.Task(name=name)))
                return
        self.display.ended(one.label, task, files)
        succeeded = task.state == task_pb2.TASK_STATE_SUCCEEDED
        self.codes.append(ExitCode.DONE if succeeded else ExitCode.TASK_FAILED)


async def _batch(order: Order, display: Display) -> ExitCode:
    options = order.read_options(datetime.now().astimezone())
    async with connect(order.server, following=True) as client:
        inputs, ask, pipeline = await look_up(client, order, options)
        if len(inputs) > _MOST_TASKS:
            raise UsageError(f"A batch has at most {_MOST_TASKS} tasks; these paths make {len(inputs)}.")
        follower = _Follower(client, display, order)
        once = once_per_study(order.once_per_study, pipeline)
        created = batch_service_pb2.Batch()
        try:
            with display:
                requests = await _upload(follower, inputs, ask, once)
                if requests:
                    created = await _create(follower, requests)
                if not order.detach:
                    await follower.follow_all(created.name)
        except asyncio.CancelledError:
            _say_goes_on(created.name, follower)
            raise
        if order.detach:
            _print_names(created, follower)
        return max(follower.codes, default=ExitCode.DONE)


async def _upload(
    follower: _Follower, inputs: Sequence[Input], ask: Ask, once: OncePerStudy
) -> list[tuple[Input, CreateTaskRequest]]:
    """Brings the images in; the request of each input whose images arrived, in order."""

    async def upload(one: Input) -> CreateTaskRequest | None:
        async with follower.free:
            follower.display.uploading(one.label)
            try:
                images = await send_images(
                    follower.client,
                    one,
                    follower.order.pipeline,
                    lambda done: follower.display.sent(one.label, done),
                )
                request = ask(images)
                request.dedupe_key = await once.key(one)
            except errors.RadmeshError as error:
                follower.refused(one, error)
                return None
            except OSError as error:
                follower.refused(one, file_error(error))
                return None
            return request

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
        if item.deduplicated:
            follower.active.append((item.task.name, one))
            follower.display.found(one.label, item.task, SAME_STUDY)
        elif item.HasField("task"):
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


def _print_names(created: batch_service_pb2.Batch, follower: _Follower) -> None:
    """The batch, and the tasks that were active before: each can be watched."""
    active = [task for task, _ in follower.active]
    if follower.order.as_json and (created.name or active):
        members = [member.task for member in created.members]
        rows.emit({"name": created.name, "tasks": members, "active": active})
    elif not follower.order.as_json:
        for name in filter(None, (created.name, *active)):
            print(name, flush=True)


def _say_goes_on(name: str, follower: _Follower) -> None:
    """Ctrl-C ends the watching only."""
    console, words = consoles.stderr(), follower.order.server_words
    if not name and not follower.active:
        look = f"The batch may have been created; look: radmesh tasks list{words}"
        console.print(f"Stopped. {look if follower.asking else 'No task was left running.'}", markup=False)
    if name:
        console.print(f"{name}: its tasks go on.", markup=False)
        console.print(f"  watch it:  radmesh watch {name}{words}", markup=False)
    for task, one in follower.active:
        console.print(f"{one.label}: the task goes on.", markup=False)
        console.print(f"  watch it:  radmesh watch {task}{words}", markup=False)
