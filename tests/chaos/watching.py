"""Watches that go on through every break, and write down all that they were told."""

from collections.abc import Callable
from typing import Any

import grpc

from radmesh.tasks.v1.batch_service_pb2 import Batch, WatchBatchRequest
from radmesh.tasks.v1.task_pb2 import Task, TaskSnapshot
from radmesh.tasks.v1.task_service_pb2 import CreateTaskRequest, RunTaskRequest, WatchTaskRequest
from services.tasks.lifecycle import TERMINAL, State
from tests.chaos.calling import follow, pause_after
from tests.chaos.history import Stream


def task_request(name: str, after: int | None) -> WatchTaskRequest:
    """A watch of a task."""
    return WatchTaskRequest(name=name, after_sequence=after)


def batch_request(name: str, after: int | None) -> WatchBatchRequest:
    """A watch of a batch."""
    return WatchBatchRequest(name=name, after_sequence=after)


async def watch(
    method: Callable[..., Any],
    request: Callable[[str, int | None], Any],
    name: str,
    streams: list[Stream],
    after: int | None,
    *,
    on_message: Callable[[Any], None] = lambda message: None,
) -> None:
    """Watches a task or a batch to its end, from a cursor or a snapshot on. Raises Unexpected.

    on_message: is told each message as it comes.
    """
    while True:
        stream = Stream(name, after)
        streams.append(stream)
        try:
            async for message in follow(method, request(name, after)):
                stream.messages.append(message)
                on_message(message)
        except grpc.aio.AioRpcError as error:
            await pause_after(error)
        after, ended = _position(stream)
        if ended:
            return


async def run(
    stub: Any, request: CreateTaskRequest, streams: list[Stream], on_name: Callable[[Task], None]
) -> None:
    """Creates a task by RunTask, as often as it takes, and follows it to its end. Raises Unexpected.

    on_name: is told the task of the first snapshot, once.
    """
    while not streams:
        try:
            async for message in follow(stub.RunTask, RunTaskRequest(task=request)):
                if not streams:
                    task = message.snapshot.task
                    streams.append(Stream(task.name, None))
                    on_name(task)
                streams[0].messages.append(message)
        except grpc.aio.AioRpcError as error:
            await pause_after(error)
    after, ended = _position(streams[0])
    if not ended:
        await watch(stub.WatchTask, task_request, streams[0].name, streams, after)


def _position(stream: Stream) -> tuple[int | None, bool]:
    """The newest number seen on a stream, or its own cursor, and whether that was the end."""
    after, ended = stream.after, False
    for message in stream.messages:
        if message.HasField("snapshot"):
            after, ended = message.snapshot.sequence, _is_over(message.snapshot)
        elif message.HasField("event"):
            after, ended = message.event.sequence, _is_last(message.event)
    return after, ended


def _is_over(snapshot: TaskSnapshot | Batch) -> bool:
    if isinstance(snapshot, Batch):
        return all(State(member.state) in TERMINAL for member in snapshot.members)
    return State(snapshot.task.state) in TERMINAL


def _is_last(event: Any) -> bool:
    if event.DESCRIPTOR.name == "BatchEvent":
        return bool(event.open_tasks == 0)
    return State(event.state_change.state) in TERMINAL
