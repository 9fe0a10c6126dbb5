"""Watches over one stream to `tasks` that breaks: a scripted server, real gRPC, no loss and no repeat."""

import asyncio
import contextlib

import grpc
import pytest

from radmesh.errors import UnavailableError
from radmesh.tasks.v1 import task_pb2
from services.chassis.channels import connect
from tests.unit.gateway.scripted_tasks import PATIENCE, TASK, Gateway, ScriptedTasks, until


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


_NOTHING = (grpc.aio.Metadata(), grpc.aio.Metadata(), None, None)


class _Deaf:
    """A call that swallows a cancel and ends with an error, as grpc.aio's does while it is being prepared."""

    def __init__(self) -> None:
        self.opened = asyncio.Event()

    def __call__(self, *_arguments: object, **_options: object) -> "_Deaf":
        self.opened.set()
        return self

    def __aiter__(self) -> "_Deaf":
        return self

    async def __anext__(self) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        raise grpc.aio.AioRpcError(grpc.StatusCode.UNIMPLEMENTED, *_NOTHING)

    def cancel(self) -> None:
        """Nothing is under way."""


async def test_a_gateway_stops_although_its_call_swallows_the_cancel(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    await gateway.logs.stop()
    deaf = _Deaf()
    monkeypatch.setattr(gateway.logs._peer.logs, "Follow", deaf)
    gateway.logs.start(gateway.hub)
    await deaf.opened.wait()
    async with asyncio.timeout(PATIENCE):
        await gateway.logs.stop()
