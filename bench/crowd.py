"""10,000 watches opened at once on one gateway: how many are lost, and what each costs."""

import asyncio
from collections import Counter

import grpc
import psutil

from bench.figures import Figure
from radmesh.client import Client
from radmesh.client.connection import open_channel
from radmesh.mesh import Mesh
from radmesh.tasks.v1.task_service_pb2 import WatchTaskRequest
from radmesh.tasks.v1.task_service_pb2_grpc import TaskServiceStub

WATCHES = 10_000
_TASKS = 100
_OPEN_SECONDS = 240.0


class _Crowd:
    """Opens watches and counts what becomes of each."""

    def __init__(self, address: str) -> None:
        self._channel = open_channel(address)
        self._stub = TaskServiceStub(self._channel)
        self._settled = asyncio.Event()
        self.joined = 0
        self.lost: Counter[str] = Counter()

    async def watch(self, task: str) -> None:
        """Opens one watch and stays on it."""
        try:
            async for _ in self._stub.WatchTask(WatchTaskRequest(name=task)):
                self.joined += 1
                self._count()
                await asyncio.Event().wait()
        except grpc.aio.AioRpcError as error:
            self.lost[error.code().name] += 1
            self._count()

    async def settled(self) -> None:
        """Returns when every watch has its snapshot or is lost."""
        await self._settled.wait()

    def _count(self) -> None:
        if self.joined + self.lost.total() >= WATCHES:
            self._settled.set()

    async def close(self) -> None:
        """Closes the connection."""
        await self._channel.close(None)


async def measure_crowd(mesh: Mesh) -> list[Figure]:
    """The gateway's memory before and after, and the watches that did not get their snapshot."""
    pid = mesh.process("gateway").pid
    assert pid is not None
    gateway = psutil.Process(pid)
    async with Client(mesh.address) as client:
        tasks = [(await client.create("steps", [])).name for _ in range(_TASKS)]
        crowd = _Crowd(mesh.address)
        before = gateway.memory_info().rss
        watches = [asyncio.create_task(crowd.watch(tasks[index % _TASKS])) for index in range(WATCHES)]
        async with asyncio.timeout(_OPEN_SECONDS):
            await crowd.settled()
        grown = gateway.memory_info().rss - before
        for watch in watches:
            watch.cancel()
        await asyncio.gather(*watches, return_exceptions=True)
        await crowd.close()
        for task in tasks:
            await client.cancel(task)
    lost = ", ".join(f"{count} {code}" for code, count in crowd.lost.items()) or "none"
    return [
        Figure("10,000 watches opened at once: lost", crowd.lost.total(), "", 0, 0, detail=f"lost: {lost}"),
        Figure(
            "memory of the gateway for each of them",
            grown / WATCHES / 1024,
            "KB",
            60,
            25,
            detail=f"{before >> 20} MB before, {(before + grown) >> 20} MB with all open",
        ),
    ]
