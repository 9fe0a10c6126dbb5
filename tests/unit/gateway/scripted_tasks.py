"""A scripted `tasks` behind real gRPC, whose follow streams break when a test says so, and a hub over it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from typing import Any

import grpc

from radmesh.tasks.v1 import follow_service_pb2 as api
from radmesh.tasks.v1 import task_pb2
from radmesh.tasks.v1.follow_service_pb2_grpc import FollowServiceServicer
from radmesh.tasks.v1.task_service_pb2 import CreateTaskRequest, CreateTaskResponse
from services.chassis.metrics import Metrics
from services.chassis.watch import WatchHub
from services.gateway.follow import FollowedLogs
from services.gateway.metrics import GatewayMetrics
from services.gateway.tasks_peer import TasksPeer

TASK = "tasks/" + "a" * 32
PATIENCE = 20.0


class ScriptedTasks(FollowServiceServicer):
    """A log, and follow streams that end when the test says so."""

    def __init__(self, *, sends_logs: bool = False) -> None:
        """sends_logs: a log comes with the confirmation of a follow that asks for it."""
        self.sends_logs = sends_logs
        self.readings = 0
        self.events: list[task_pb2.TaskEvent] = []
        self.state = task_pb2.TASK_STATE_QUEUED
        self.streams: list[asyncio.Queue[api.FollowResponse | None]] = []
        self.orders: list[str] = []
        self.takes_streams = asyncio.Event()
        self.takes_streams.set()
        # What a create is answered with, on the stream that it came by; nothing for None.
        self.creates: list[api.WantedTask] = []
        self.answer: Callable[[api.WantedTask], api.FollowResponse] | None = None
        # Creates by a call of their own, which find a task that was there before.
        self.calls: list[CreateTaskRequest] = []

    def write(self, state: Any, *, tell: bool = True) -> None:
        """Writes an event into the log; tell: the streams hear of it."""
        event = task_pb2.TaskEvent(sequence=len(self.events) + 1, attempt=1)
        event.state_change.state = self.state = state
        self.events.append(event)
        for stream in self.streams if tell else ():
            stream.put_nowait(api.FollowResponse(task=TASK, event=event))

    def break_streams(self) -> None:
        """Ends every stream, as a replica that goes down."""
        for stream in self.streams:
            stream.put_nowait(None)

    async def Follow(self, requests: AsyncIterator[api.FollowRequest], context: Any) -> Any:
        await self.takes_streams.wait()
        stream: asyncio.Queue[api.FollowResponse | None] = asyncio.Queue()
        self.streams.append(stream)
        reading = asyncio.ensure_future(self._read(requests, stream))
        try:
            while (message := await stream.get()) is not None:
                yield message
            await context.abort(grpc.StatusCode.UNAVAILABLE, "going down")
        finally:
            self.streams.remove(stream)
            reading.cancel()

    async def _read(self, requests: AsyncIterator[api.FollowRequest], stream: Any) -> None:
        async for request in requests:
            self.orders += [f"+{task}" for task in request.follow]
            self.orders += [f"-{task}" for task in request.unfollow]
            self.creates += request.creates
            if self.answer is not None:
                for wanted in request.creates:
                    stream.put_nowait(self.answer(wanted))
            logs = {log.name: log for log in request.logs}
            for task in request.follow:
                followed = api.TaskFollowed()
                if task in logs and self.sends_logs:
                    now, events = self._log(logs[task])
                    followed.log.CopyFrom(api.TaskLog(task=now, events=events))
                stream.put_nowait(api.FollowResponse(task=task, followed=followed))

    def calls_handler(self) -> Any:
        """Of TaskService, CreateTask alone."""
        create = grpc.unary_unary_rpc_method_handler(
            self._create, CreateTaskRequest.FromString, CreateTaskResponse.SerializeToString
        )
        return grpc.method_handlers_generic_handler("radmesh.tasks.v1.TaskService", {"CreateTask": create})

    async def _create(self, request: CreateTaskRequest, context: Any) -> CreateTaskResponse:
        self.calls.append(request)
        return CreateTaskResponse(task=task_pb2.Task(name=TASK), deduplicated=True)

    async def ReadTaskLog(self, request: api.ReadTaskLogRequest, context: Any) -> api.ReadTaskLogResponse:
        self.readings += 1
        task, events = self._log(request)
        return api.ReadTaskLogResponse(task=task, events=events)

    def _log(
        self, asked: api.ReadTaskLogRequest | api.WantedLog
    ) -> tuple[task_pb2.Task, list[task_pb2.TaskEvent]]:
        task = task_pb2.Task(name=TASK, state=self.state, sequence=len(self.events), attempt=1)
        after = asked.after_sequence if asked.HasField("after_sequence") else len(self.events)
        return task, self.events[after:]

    async def ReadBatchLog(self, request: api.ReadBatchLogRequest, context: Any) -> api.ReadBatchLogResponse:
        return api.ReadBatchLogResponse()

    async def ListDescriptorSets(
        self, request: api.ListDescriptorSetsRequest, context: Any
    ) -> api.ListDescriptorSetsResponse:
        return api.ListDescriptorSetsResponse()

    async def FindRequest(self, request: api.FindRequestRequest, context: Any) -> api.FindRequestResponse:
        return api.FindRequestResponse()


class Gateway:
    """A hub over the scripted server."""

    def __init__(self, channel: grpc.aio.Channel, patience: float) -> None:
        metrics = GatewayMetrics(Metrics())
        self.peer = TasksPeer(channel, PATIENCE, PATIENCE)
        self.logs = FollowedLogs(self.peer, metrics, patience=patience)
        self.hub = WatchHub(self.logs, watch_limit=100, bookmark_seconds=60.0)
        self.logs.start(self.hub)

    async def sequences(self, seen: list[int]) -> None:
        async with aclosing(self.hub.watch(TASK, "local", 0)) as messages:
            async for message in messages:
                if message.HasField("event"):
                    seen.append(message.event.sequence)


async def until(holds: Any) -> None:
    async with asyncio.timeout(PATIENCE):
        while True:
            if holds():
                return
            await asyncio.sleep(0.005)
