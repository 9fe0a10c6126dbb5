"""Clients that submit, watch, read and cancel through a broken mesh, and write down what they saw."""

import asyncio
import random
import uuid
from collections.abc import Awaitable

from google.protobuf import json_format

from radmesh.tasks.v1 import batch_service_pb2 as batch_api
from radmesh.tasks.v1 import task_service_pb2 as api
from radmesh.tasks.v1.batch_service_pb2_grpc import BatchServiceStub
from radmesh.tasks.v1.task_pb2 import TaskPriority
from radmesh.tasks.v1.task_service_pb2_grpc import TaskServiceStub
from services.tasks.lifecycle import TERMINAL, State
from tests.chaos.calling import Unexpected, ask, open_channel
from tests.chaos.history import Acknowledged, History, Stream
from tests.chaos.watching import batch_request, task_request, watch

_SETTLE_PAUSE_SECONDS = 0.1
_BATCHES = 0.1
_FROM_THE_FIRST_EVENT = 0.3


class Clients:
    """All clients of one run. errors: answers that nobody may get, however broken the mesh is."""

    def __init__(self, address: str, history: History, seed: int) -> None:
        self._channel = open_channel(address)
        self._tasks = TaskServiceStub(self._channel)
        self._batches = BatchServiceStub(self._channel)
        self._history = history
        self._generator = random.Random(seed)
        self._stopping = asyncio.Event()
        self.errors: list[str] = []

    async def submit(self) -> None:
        """Submits one task or batch after the other, each followed to its end, until `stop`."""
        while not self._stopping.is_set():
            try:
                if self._generator.random() < _BATCHES:
                    await self._one_batch()
                else:
                    await self._one_task()
            except Unexpected as error:
                self.errors.append(str(error))

    def stop(self) -> None:
        """Begins no new task; those that were begun are followed to their end."""
        self._stopping.set()

    async def close(self) -> None:
        """Closes the connection."""
        await self._channel.close(None)

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
            await watch(self._tasks.WatchTask, task_request, task, streams, after=0)
        messages = [message for stream in streams for message in stream.messages]
        self._history.logs[task] = [one.event for one in messages if one.HasField("event")]

    async def _one_task(self) -> None:
        request, chance = _request(self._generator), self._generator.random
        task = await self._create(request)
        doing: list[Awaitable[object]] = [self._watch(task) for _ in range(self._generator.choice((1, 1, 2)))]
        if chance() < 0.15:
            doing.append(self._cancel_later(task))
        if chance() < 0.2:
            doing += [self._look(task), self._create(request)]
        await asyncio.gather(*doing)

    async def _one_batch(self) -> None:
        """A batch, created twice, with two watches; one task of it is watched too, and one cancelled."""
        requests = [_request(self._generator) for _ in range(self._generator.randint(1, 6))]
        request = batch_api.BatchCreateTasksRequest(
            request_id=_request_id(self._generator), requests=requests
        )
        answers = [await ask(self._batches.BatchCreateTasks, request) for _ in range(2)]
        for answer in answers:
            for one, item in zip(requests, answer.items, strict=True):
                self._history.acknowledged.append(Acknowledged(one.request_id, item.task.name))
        batch = answers[0].batch
        self._history.batches[batch.name] = [member.task for member in batch.members]
        await asyncio.gather(
            *(self._watch_batch(batch.name) for _ in range(2)),
            self._watch(batch.members[0].task),
            self._cancel_later(batch.members[-1].task),
        )

    async def _create(self, request: api.CreateTaskRequest) -> str:
        answer = await ask(self._tasks.CreateTask, request)
        self._history.acknowledged.append(Acknowledged(request.request_id, answer.task.name))
        self._history.told.append(answer.task)
        return str(answer.task.name)

    async def _look(self, task: str) -> None:
        await asyncio.sleep(self._generator.uniform(0, 1))
        self._history.told.append((await ask(self._tasks.GetTask, api.GetTaskRequest(name=task))).task)

    async def _cancel_later(self, task: str) -> None:
        await asyncio.sleep(self._generator.uniform(0, 1))
        found = (await ask(self._tasks.CancelTask, api.CancelTaskRequest(name=task))).task
        self._history.cancels[task].append(found.state)
        self._history.told.append(found)

    def _begin(self) -> int | None:
        """Where a watch begins: at a snapshot, now and then at the first event."""
        return 0 if self._generator.random() < _FROM_THE_FIRST_EVENT else None

    async def _watch(self, task: str) -> None:
        streams: list[Stream] = []
        self._history.watches.append(streams)
        await watch(self._tasks.WatchTask, task_request, task, streams, self._begin())

    async def _watch_batch(self, batch: str) -> None:
        streams: list[Stream] = []
        self._history.batch_watches.append(streams)
        await watch(self._batches.WatchBatch, batch_request, batch, streams, self._begin())


def _request_id(generator: random.Random) -> str:
    return str(uuid.UUID(int=generator.getrandbits(128), version=4))


def _request(generator: random.Random) -> api.CreateTaskRequest:
    """A task of 0 to 1.5 s; some crash their child, fail or ignore a cancel."""
    parameters = {
        "steps": generator.randint(1, 30),
        "step_seconds": generator.choice((0.0, 0.01, 0.05)),
        "crash_attempts": generator.choices((0, 1, 2), (94, 4, 2))[0],
        "fail": generator.choices(("", "TOLD_TO_FAIL"), (96, 4))[0],
        "ignore_cancel": generator.random() < 0.1,
    }
    request = api.CreateTaskRequest(
        request_id=_request_id(generator),
        pipeline="pipelines/steps",
        priority=generator.choice(TaskPriority.keys()),
    )
    json_format.ParseDict(parameters, request.parameters)
    return request
