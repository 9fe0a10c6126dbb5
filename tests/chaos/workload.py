"""Clients that submit, watch, read and cancel through a broken mesh, and write down what they saw.

They use the generated stubs: the Python client would hide repeats and gaps, which are what is looked for.
"""

import asyncio
import random
import uuid
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import grpc
from google.protobuf import json_format

from radmesh.status import from_rpc_error
from radmesh.tasks.v1 import task_service_pb2 as api
from radmesh.tasks.v1.task_pb2 import Task
from radmesh.tasks.v1.task_service_pb2_grpc import TaskServiceStub
from services.tasks.lifecycle import TERMINAL, State
from tests.chaos.history import Acknowledged, History, Stream

_ANSWER_SECONDS = 4.0
_WATCH_SECONDS = 20.0
_PAUSE_SECONDS = 0.1
_TRANSIENT = {
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.CANCELLED,
    grpc.StatusCode.UNKNOWN,
}
_Answer = TypeVar("_Answer")


class Unexpected(Exception):
    """A call was refused with an error that no fault of ours explains."""


class Clients:
    """All clients of one run. errors: answers that nobody may get, however broken the mesh is."""

    def __init__(self, address: str, history: History, seed: int) -> None:
        options = [("grpc.max_reconnect_backoff_ms", 500), ("grpc.initial_reconnect_backoff_ms", 50)]
        self._channel = grpc.aio.insecure_channel(address, options)
        self._stub = TaskServiceStub(self._channel)
        self._history = history
        self._generator = random.Random(seed)
        self._stopping = asyncio.Event()
        self._watches: set[asyncio.Task[None]] = set()
        self.errors: list[str] = []

    async def submit(self) -> None:
        """Submits one task after the other, each followed to its end, until `stop`."""
        while not self._stopping.is_set():
            request = _request(self._generator)
            try:
                task = await self._create(request)
                watchers = [self._watch(task) for _ in range(self._generator.choice((1, 1, 2)))]
                others: list[Awaitable[object]] = (
                    [self._cancel_later(task)] if self._generator.random() < 0.15 else []
                )
                others += [self._look(task), self._create(request)] if self._generator.random() < 0.2 else []
                await asyncio.gather(*watchers, *others)
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
            ended = (await self._ask(lambda: self._call("GetTask", api.GetTaskRequest(name=task)))).task
            self._history.ended[task] = ended
            if State(ended.state) in TERMINAL or asyncio.get_running_loop().time() > deadline:
                break
            await asyncio.sleep(_PAUSE_SECONDS)
        stream = Stream(task, 0)
        if State(ended.state) in TERMINAL:
            await self._ask(lambda: self._follow(stream))
        self._history.logs[task] = [one.event for one in stream.messages if one.HasField("event")]

    async def _create(self, request: api.CreateTaskRequest) -> str:
        answer = await self._ask(lambda: self._call("CreateTask", request))
        self._history.acknowledged.append(Acknowledged(request.request_id, answer.task.name))
        self._history.told.append(answer.task)
        return str(answer.task.name)

    async def _look(self, task: str) -> None:
        await asyncio.sleep(self._generator.uniform(0, 1))
        answer = await self._ask(lambda: self._call("GetTask", api.GetTaskRequest(name=task)))
        self._history.told.append(answer.task)

    async def _cancel_later(self, task: str) -> None:
        await asyncio.sleep(self._generator.uniform(0, 1))
        answer = await self._ask(lambda: self._call("CancelTask", api.CancelTaskRequest(name=task)))
        found: Task = answer.task
        self._history.cancels[task].append(found.state)
        self._history.told.append(found)

    async def _watch(self, task: str) -> None:
        """Follows a task to its end through every break, now and then from its first event on."""
        streams: list[Stream] = []
        self._history.watches.append(streams)
        after = 0 if self._generator.random() < 0.3 else None
        while True:
            stream = Stream(task, after)
            streams.append(stream)
            try:
                await self._follow(stream)
            except grpc.aio.AioRpcError as error:
                self._refuse_unless_transient(error)
                await asyncio.sleep(self._generator.uniform(0, _PAUSE_SECONDS))
            after, ended = _position(stream)
            if ended:
                return

    async def _follow(self, stream: Stream) -> None:
        request = api.WatchTaskRequest(name=stream.task, after_sequence=stream.after)
        call = self._stub.WatchTask(request, timeout=_WATCH_SECONDS)
        try:
            async for message in call:
                stream.messages.append(message)
        finally:
            call.cancel()

    async def _call(self, method: str, request: Any) -> Any:
        return await getattr(self._stub, method)(request, timeout=_ANSWER_SECONDS)

    async def _ask(self, call: Callable[[], Awaitable[_Answer]]) -> _Answer:
        """The answer of a call that is repeated as long as a fault may be the cause of its error."""
        while True:
            try:
                return await call()
            except grpc.aio.AioRpcError as error:
                self._refuse_unless_transient(error)
                await asyncio.sleep(self._generator.uniform(0, _PAUSE_SECONDS))

    def _refuse_unless_transient(self, error: grpc.aio.AioRpcError) -> None:
        if error.code() not in _TRANSIENT:
            found = from_rpc_error(error)
            raise Unexpected(f"{error.code().name} {found.reason}: {found.message}") from error


def _position(stream: Stream) -> tuple[int | None, bool]:
    """The newest number seen on a stream, or its own cursor, and whether the task has ended."""
    after, ended = stream.after, False
    for message in stream.messages:
        if message.HasField("snapshot"):
            after, ended = message.snapshot.sequence, State(message.snapshot.task.state) in TERMINAL
        elif message.HasField("event"):
            after, ended = message.event.sequence, State(message.event.state_change.state) in TERMINAL
    return after, ended


def _request(generator: random.Random) -> api.CreateTaskRequest:
    """A task of 0 to 1.5 s; some crash their child, fail or ignore a cancel."""
    parameters = {
        "steps": generator.randint(1, 30),
        "step_seconds": generator.choice((0.0, 0.01, 0.05)),
        "crash_attempts": generator.choices((0, 1, 2), (94, 4, 2))[0],
        "fail": generator.choices(("", "TOLD_TO_FAIL"), (96, 4))[0],
        "ignore_cancel": generator.random() < 0.1,
    }
    request_id = str(uuid.UUID(int=generator.getrandbits(128), version=4))
    request = api.CreateTaskRequest(request_id=request_id, pipeline="pipelines/steps")
    json_format.ParseDict(parameters, request.parameters)
    return request
