"""Clients that submit, watch, read, review and cancel through a broken mesh, and write down what they saw."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import grpc

from radmesh.tasks.v1 import batch_service_pb2 as batch_api
from radmesh.tasks.v1 import task_service_pb2 as api
from radmesh.tasks.v1.batch_service_pb2_grpc import BatchServiceStub
from radmesh.tasks.v1.task_pb2 import Task
from radmesh.tasks.v1.task_service_pb2_grpc import TaskServiceStub
from services.tasks.lifecycle import TERMINAL, State
from tests.chaos.calling import Unexpected, ask
from tests.chaos.history import Acknowledged, History, Stream
from tests.chaos.reviewing import Reviewers, shown_at
from tests.chaos.submissions import BatchPlan, Decision, TaskPlan, submissions
from tests.chaos.watching import batch_request, run, task_request, watch

_SETTLE_PAUSE_SECONDS = 0.1
_READ_SECONDS = 5.0


class Clients:
    """All clients of one run. errors: answers that nobody may get, however broken the mesh is."""

    def __init__(self, channel: grpc.aio.Channel, history: History, reviewers: Reviewers) -> None:
        self._tasks = TaskServiceStub(channel)
        self._batches = BatchServiceStub(channel)
        self._history = history
        self._reviewers = reviewers
        self._stopping = asyncio.Event()
        self.errors: list[str] = []

    async def submit(self, seed: int, submitter: int) -> None:
        """Submits one task or batch after the other, each followed to its end, until `stop`."""
        for plan in submissions(seed, submitter):
            if self._stopping.is_set():
                return
            try:
                if isinstance(plan, BatchPlan):
                    await self._one_batch(plan)
                else:
                    await self._one_task(plan)
            except Unexpected as error:
                self.errors.append(str(error))

    def stop(self) -> None:
        """Begins no new task; those that were begun are followed to their end."""
        self._stopping.set()

    async def settle(self, seconds: float) -> None:
        """Reads the end and the whole log of every acknowledged task, once nothing is broken any more."""
        deadline = asyncio.get_running_loop().time() + seconds
        for task in sorted(self._history.tasks):
            try:
                await self._settle_one(task, deadline)
            except Unexpected as error:
                self._history.missing[task] = str(error)

    async def _settle_one(self, task: str, deadline: float) -> None:
        while True:
            ended = (await ask(self._tasks.GetTask, api.GetTaskRequest(name=task))).task
            self._history.ended[task] = ended
            if State(ended.state) in TERMINAL or asyncio.get_running_loop().time() > deadline:
                break
            await asyncio.sleep(_SETTLE_PAUSE_SECONDS)
        streams: list[Stream] = []
        if State(ended.state) in TERMINAL:
            # A log that does not lead to the end would be watched for ever; the checker tells what it lacks.
            with suppress(TimeoutError):
                async with asyncio.timeout(_READ_SECONDS):
                    await watch(self._tasks.WatchTask, task_request, task, streams, after=0)
        messages = [message for stream in streams for message in stream.messages]
        self._history.logs[task] = [one.event for one in messages if one.HasField("event")]

    async def _one_task(self, plan: TaskPlan) -> None:
        doing: list[Awaitable[object]] = []
        if _is_run(plan.request):
            task = await self._begin_run(plan.request, doing)
        else:
            task = await self._create(plan.request)
        doing += [self._watch(task, from_first) for from_first in plan.watches]
        if plan.decisions:
            doing.append(self._watch_and_review(task, plan.decisions))
        if plan.cancel is not None:
            doing.append(self._cancel_later(task, plan.cancel))
        if plan.look is not None:
            doing.append(self._look_later(task, plan.look))
        if plan.again:
            doing.append(self._create(plan.request))
        await asyncio.gather(*doing)

    async def _one_batch(self, plan: BatchPlan) -> None:
        """A batch, created twice, with two watches; one task of it is watched too, and one cancelled."""
        request = batch_api.BatchCreateTasksRequest(request_id=plan.request_id, requests=plan.requests)
        answers = [await ask(self._batches.BatchCreateTasks, request) for _ in range(2)]
        for answer in answers:
            for one, item in zip(plan.requests, answer.items, strict=True):
                self._history.acknowledged.append(Acknowledged(one.request_id, item.task.name))
        batch = answers[0].batch
        if len(batch.members) != len(plan.requests):
            raise Unexpected(f"{batch.name} has {len(batch.members)} of {len(plan.requests)} tasks", "")
        self._history.batches[batch.name] = [member.task for member in batch.members]
        await asyncio.gather(
            *(self._watch_batch(batch.name, from_first) for from_first in plan.watches),
            self._watch(batch.members[0].task, plan.task_watch),
            self._cancel_later(batch.members[-1].task, plan.cancel),
        )

    async def _create(self, request: api.CreateTaskRequest) -> str:
        answer = await ask(self._tasks.CreateTask, request)
        self._history.acknowledged.append(Acknowledged(request.request_id, answer.task.name))
        self._history.told.append(answer.task)
        return str(answer.task.name)

    async def _begin_run(self, request: api.CreateTaskRequest, doing: list[Awaitable[object]]) -> str:
        """Creates a task by the call that watches it too. doing: gets the rest of the watch."""
        streams: list[Stream] = []
        named: asyncio.Future[str] = asyncio.get_running_loop().create_future()

        def on_name(task: Task) -> None:
            self._history.acknowledged.append(Acknowledged(request.request_id, task.name))
            self._history.told.append(task)
            self._history.watches.append(streams)
            named.set_result(task.name)

        running = asyncio.ensure_future(run(self._tasks, request, streams, on_name))
        both: set[asyncio.Future[Any]] = {running, named}
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        if not named.done():
            # It ended before it was told a name: this raises what was wrong.
            await running
        doing.append(running)
        return await named

    async def _look_later(self, task: str, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self._history.told.append((await ask(self._tasks.GetTask, api.GetTaskRequest(name=task))).task)

    async def _cancel_later(self, task: str, seconds: float) -> None:
        await asyncio.sleep(seconds)
        found = (await ask(self._tasks.CancelTask, api.CancelTaskRequest(name=task))).task
        self._history.cancels[task].append(found.state)
        self._history.told.append(found)

    async def _watch(
        self, task: str, from_first: bool, on_message: Callable[[Any], None] = lambda message: None
    ) -> None:
        streams: list[Stream] = []
        self._history.watches.append(streams)
        after = 0 if from_first else None
        await watch(self._tasks.WatchTask, task_request, task, streams, after, on_message=on_message)

    async def _watch_and_review(self, task: str, decisions: tuple[tuple[Decision, ...], ...]) -> None:
        """Watches a task of a reviewed pipeline, and has each stage decided on as soon as it is shown."""
        shown: dict[int, asyncio.Task[None]] = {}

        def on_message(message: Any) -> None:
            sequence = shown_at(message)
            if sequence and sequence not in shown and len(shown) < len(decisions):
                stage = len(shown) + 1
                deciding = self._reviewers.decide(task, stage, sequence, decisions[stage - 1])
                shown[sequence] = asyncio.create_task(deciding)

        await self._watch(task, True, on_message)
        await asyncio.gather(*shown.values())

    async def _watch_batch(self, batch: str, from_first: bool) -> None:
        streams: list[Stream] = []
        self._history.batch_watches.append(streams)
        after = 0 if from_first else None
        await watch(self._batches.WatchBatch, batch_request, batch, streams, after)


def _is_run(request: api.CreateTaskRequest) -> bool:
    """Whether a task is created by RunTask: every other one, by its request id, so that a seed repeats it."""
    return int(request.request_id[0], 16) % 2 == 0
