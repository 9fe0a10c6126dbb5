"""A rush of watches is let in: grpc-core's own limit of pending requests would cancel most of them."""

import asyncio
from collections import Counter
from typing import Any

import grpc

from radmesh.tasks.v1 import task_service_pb2
from tests.integration.chassis.conftest import Running, running


async def rush(served: Running, watches: int) -> Counter[str]:
    """How so many watches fare that are opened at once."""
    calls: list[Any] = [
        served.tasks.WatchTask(task_service_pb2.WatchTaskRequest(name="forever")) for _ in range(watches)
    ]

    async def first(call: Any) -> str:
        try:
            await call.read()
        except grpc.aio.AioRpcError as error:
            return error.code().name
        return "OK"

    fates = Counter(await asyncio.gather(*(first(call) for call in calls)))
    for call in calls:
        call.cancel()
    return fates


async def test_no_watch_of_a_rush_is_lost() -> None:
    async with running() as served:
        assert await rush(served, 2000) == {"OK": 2000}


async def test_the_limit_is_the_setting() -> None:
    async with running(max_pending_requests=10) as served:
        assert (await rush(served, 400))["OK"] < 400
