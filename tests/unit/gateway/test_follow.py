"""Watches over one stream to `tasks` that breaks: a scripted server, real gRPC, no loss and no repeat."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any

import grpc
import pytest

from radmesh.errors import UnavailableError
from radmesh.tasks.v1 import follow_service_pb2 as api
from radmesh.tasks.v1 import task_pb2
from radmesh.tasks.v1.follow_service_pb2_grpc import (
    FollowServiceServicer,
    add_FollowServiceServicer_to_server,
)
from services.chassis.channels import connect
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
            logs = {log.name: log for log in request.logs}
            for task in request.follow:
                followed = api.TaskFollowed()
                if task in logs and self.sends_logs:
                    now, events = self._log(logs[task])
                    followed.log.CopyFrom(api.TaskLog(task=now, events=events))
                stream.put_nowait(api.FollowResponse(task=task, followed=followed))

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


class Gateway:
    """A hub over the scripted server."""

    def __init__(self, channel: grpc.aio.Channel, patience: float) -> None:
        metrics = GatewayMetrics(Metrics())
        self.logs = FollowedLogs(TasksPeer(channel, PATIENCE, PATIENCE), metrics, patience=patience)
        self.hub = WatchHub(self.logs, watch_limit=100, bookmark_seconds=60.0)
        self.logs.start(self.hub)

    async def sequences(self, seen: list[int]) -> None:
        async with aclosing(self.hub.watch(TASK, "local", 0)) as messages:
            async for message in messages:
                if message.HasField("event"):
                    seen.append(message.event.sequence)


@pytest.fixture(params=[False, True], ids=["plain", "sends logs"])
async def tasks(request: pytest.FixtureRequest) -> ScriptedTasks:
    return ScriptedTasks(sends_logs=request.param)


@pytest.fixture
async def address(tasks: ScriptedTasks) -> AsyncGenerator[str, None]:
    server = grpc.aio.server()
    add_FollowServiceServicer_to_server(tasks, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    yield f"127.0.0.1:{port}"
    await server.stop(None)


@pytest.fixture
async def gateway(address: str) -> AsyncGenerator[Gateway, None]:
    channel = connect(address)
    found = Gateway(channel, patience=PATIENCE)
    yield found
    await found.logs.stop()
    await channel.close(None)


async def until(holds: Any) -> None:
    async with asyncio.timeout(PATIENCE):
        while True:
            if holds():
                return
            await asyncio.sleep(0.005)


async def test_a_log_that_comes_with_its_follow_is_not_read_again(
    tasks: ScriptedTasks, gateway: Gateway
) -> None:
    tasks.write(task_pb2.TASK_STATE_QUEUED)
    seen: list[int] = []
    watch = asyncio.ensure_future(gateway.sequences(seen))
    await until(lambda: seen)
    tasks.write(task_pb2.TASK_STATE_SUCCEEDED)
    await watch
    assert seen == [1, 2]
    assert tasks.readings == (0 if tasks.sends_logs else 1)


async def test_what_is_written_while_the_stream_is_down_reaches_every_watch_once(
    tasks: ScriptedTasks, gateway: Gateway
) -> None:
    tasks.write(task_pb2.TASK_STATE_QUEUED)
    seen: list[list[int]] = [[] for _ in range(5)]
    watches = [asyncio.ensure_future(gateway.sequences(one)) for one in seen]
    await until(lambda: all(seen))
    for _ in range(3):
        tasks.takes_streams.clear()
        tasks.break_streams()
        await until(lambda: not tasks.streams)
        tasks.write(task_pb2.TASK_STATE_RUNNING)
        tasks.takes_streams.set()
        await until(lambda: all(one[-1] == len(tasks.events) for one in seen))
    tasks.write(task_pb2.TASK_STATE_SUCCEEDED)
    await asyncio.gather(*watches)
    assert seen == [[1, 2, 3, 4, 5]] * 5


async def test_all_watches_of_a_task_are_one_follow_on_one_stream(
    tasks: ScriptedTasks, gateway: Gateway
) -> None:
    tasks.write(task_pb2.TASK_STATE_RUNNING)
    seen: list[list[int]] = [[] for _ in range(20)]
    watches = [asyncio.ensure_future(gateway.sequences(one)) for one in seen]
    await until(lambda: all(seen))
    tasks.write(task_pb2.TASK_STATE_SUCCEEDED)
    await asyncio.gather(*watches)
    await until(lambda: tasks.orders[-1].startswith("-"))
    assert tasks.orders == [f"+{TASK}", f"-{TASK}"]
    assert len(tasks.streams) == 1


async def test_a_watch_that_leaves_and_comes_again_misses_nothing(
    tasks: ScriptedTasks, gateway: Gateway
) -> None:
    tasks.write(task_pb2.TASK_STATE_RUNNING)
    for _ in range(20):
        seen: list[int] = []
        watch = asyncio.ensure_future(gateway.sequences(seen))
        await until(lambda seen=seen: seen)
        tasks.write(task_pb2.TASK_STATE_RUNNING)
        await until(lambda seen=seen: len(seen) == len(tasks.events))
        watch.cancel()
        await asyncio.wait([watch])
        assert seen == list(range(1, len(tasks.events) + 1))


async def test_a_watch_waits_for_tasks_only_so_long(tasks: ScriptedTasks, address: str) -> None:
    tasks.takes_streams.clear()
    channel = connect(address)
    gateway = Gateway(channel, patience=0.1)
    with pytest.raises(UnavailableError):
        await gateway.sequences([])
    tasks.takes_streams.set()
    await gateway.logs.stop()
    await channel.close(None)
