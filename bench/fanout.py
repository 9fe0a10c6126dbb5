"""One event to 1,000 watchers of one task: through the mesh, and from a bare gRPC server."""

import asyncio
import time
from collections.abc import AsyncIterable, Awaitable, Callable
from functools import partial

import grpc

from bench.figures import Figure, percentile
from radmesh.client import Client
from radmesh.client.connection import open_channel
from radmesh.mesh import Mesh
from radmesh.tasks.v1 import task_pb2
from radmesh.tasks.v1.task_service_pb2 import WatchTaskRequest, WatchTaskResponse
from radmesh.tasks.v1.task_service_pb2_grpc import TaskServiceStub

_WATCHERS = 1_000
_ROUNDS = 9


class BareFanOut:
    """A bare server in a process of its own is asked for one event; see bench/bare_fanout_server.py."""

    def __init__(self, address: str) -> None:
        self._channel = grpc.aio.insecure_channel(address)
        self.address = address
        self._publish = self._channel.unary_unary("/bench/Publish", None, None)

    async def publish(self) -> None:
        """Sends one event to everybody who watches."""
        await self._publish(b"")

    async def close(self) -> None:
        """Closes the connection."""
        await self._channel.close(None)


async def _arrivals(messages: AsyncIterable[WatchTaskResponse], joined: asyncio.Event) -> tuple[float, float]:
    """When the terminal event was written, and when it arrived, both by the wall clock."""
    async for message in messages:
        arrived = time.time()
        joined.set()
        if message.event.state_change.state == task_pb2.TASK_STATE_CANCELLED:
            return message.event.event_time.ToNanoseconds() / 1e9, arrived
    raise RuntimeError("the watch ended early")


async def _spread(address: str, task: str, publish: Callable[[], Awaitable[object]]) -> float:
    """Seconds until 99 of 100 watchers have one event, from when it was written."""
    channel = open_channel(address)
    stub = TaskServiceStub(channel)
    try:
        joined = [asyncio.Event() for _ in range(_WATCHERS)]
        watches = [
            asyncio.create_task(_arrivals(stub.WatchTask(WatchTaskRequest(name=task)), event))
            for event in joined
        ]
        await asyncio.gather(*(event.wait() for event in joined))
        await publish()
        pairs = await asyncio.gather(*watches)
    finally:
        await channel.close(None)
    return percentile([arrived - written for written, arrived in pairs], 0.99)


async def measure_fanout(mesh: Mesh, bare: BareFanOut) -> Figure:
    """The ratio of the medians, in pairs that alternate, with the same client for both."""
    ours, theirs = [], []
    async with Client(mesh.address) as caller:
        for _ in range(_ROUNDS):
            theirs.append(await _spread(bare.address, "tasks/bare", bare.publish))
            task = await caller.create("steps", [])
            ours.append(await _spread(mesh.address, task.name, partial(caller.cancel, task.name)))
    mine, base = (percentile(seconds, 0.5) * 1000 for seconds in (ours, theirs))
    return Figure(
        "one event to 1,000 watchers of one task, over a bare gRPC server, p99",
        mine / base,
        "",
        2.0,
        1.3,
        detail=f"{mine:.0f} ms, bare {base:.0f} ms, {_ROUNDS} pairs",
    )
