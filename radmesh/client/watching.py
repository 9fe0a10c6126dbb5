"""Follows a task or a batch through breaks and restarts, with every event once and in order."""

from collections.abc import AsyncGenerator, Callable, Iterable
from dataclasses import dataclass
from typing import Any

import grpc

from radmesh.client.outcome import ENDED
from radmesh.client.retry import Patience, Repeats
from radmesh.errors import CursorAheadError, CursorCompactedError, RadmeshError, UnavailableError
from radmesh.status import from_rpc_error
from radmesh.tasks.v1 import task_pb2, task_service_pb2, task_service_pb2_grpc

Message = task_service_pb2.WatchTaskResponse
RunMessage = task_service_pb2.RunTaskResponse | task_service_pb2.WatchTaskResponse


@dataclass
class _Cursor:
    """The last event that the caller has; None before the first message. ended: the last one was told."""

    sequence: int | None
    is_last: Callable[[Any], bool]
    ended: bool = False

    def take(self, message: Any) -> bool | None:
        """Whether to hand a message on; None when events before it are missing."""
        kind = message.WhichOneof("message")
        if kind == "snapshot":
            self.sequence = message.snapshot.sequence
        elif kind == "event":
            sequence = message.event.sequence
            if self.sequence is not None and sequence <= self.sequence:
                return False
            if self.sequence is not None and sequence > self.sequence + 1:
                return None
            self.sequence = sequence
        else:
            return True
        self.ended = self.is_last(message)
        return True

    def take_all(self, messages: Iterable[Any]) -> tuple[list[Any], bool]:
        """Those of some messages to hand on, up to the last event; False when events are missing."""
        told: list[Any] = []
        for message in messages:
            wanted = self.take(message)
            if wanted is None:
                return told, False
            if wanted:
                told.append(message)
            if self.ended:
                break
        return told, True


def watch(
    stub: "task_service_pb2_grpc.TaskServiceAsyncStub",
    name: str,
    after_sequence: int | None,
    patience: Patience,
) -> AsyncGenerator[Message, None]:
    """The messages of WatchTask until the terminal event; see `Client.watch`."""

    def open_watch(after: int | None) -> Any:
        return stub.WatchTask(task_service_pb2.WatchTaskRequest(name=name, after_sequence=after))

    return resumed(open_watch, is_terminal, after_sequence, patience)


def run(
    stub: "task_service_pb2_grpc.TaskServiceAsyncStub",
    request: task_service_pb2.CreateTaskRequest,
    patience: Patience,
) -> AsyncGenerator[RunMessage, None]:
    """The messages of a task that is created by the same call; see `Client.run`."""
    name = ""

    def open_run(after: int | None) -> Any:
        # Before the first message the same request creates nothing twice; after it the watch goes on.
        if after is None:
            return stub.RunTask(task_service_pb2.RunTaskRequest(task=request))
        return stub.WatchTask(task_service_pb2.WatchTaskRequest(name=name, after_sequence=after))

    def is_last(message: RunMessage) -> bool:
        nonlocal name
        name = name or message.snapshot.task.name
        return is_terminal(message)

    return resumed(open_run, is_last, None, patience)


async def resumed(
    open_watch: Callable[[int | None], Any],
    is_last: Callable[[Any], bool],
    after_sequence: int | None,
    patience: Patience,
) -> AsyncGenerator[Any, None]:
    """The messages of a watch, resumed through every break, each event once.

    open_watch: makes the call that goes on after a cursor. is_last: whether nothing follows a message.
    """
    cursor = _Cursor(after_sequence, is_last)
    repeats = Repeats(patience)
    while True:
        error: RadmeshError = UnavailableError("The server left out an event, or ended the watch too early.")
        call = open_watch(cursor.sequence)
        try:
            async for message in call:
                told, complete = cursor.take_all(_each(message))
                if told or complete:
                    repeats.succeeded()
                for one in told:
                    yield one
                if cursor.ended:
                    return
                if not complete:
                    break
            else:
                if after_sequence is not None and cursor.sequence == after_sequence:
                    return  # the caller's cursor was at the terminal event already
        except grpc.RpcError as broken:
            error = from_rpc_error(broken)
        finally:
            call.cancel()
        if isinstance(error, CursorCompactedError | CursorAheadError) and cursor.sequence is not None:
            cursor.sequence = None
        else:
            await repeats.failed(error)


def _each(message: Any) -> list[Any]:
    """A message and those that came in it."""
    later = list(getattr(message, "more", ()))
    if later:
        message.ClearField("more")
    return [message, *later]


def is_terminal(message: RunMessage) -> bool:
    """Whether a message of a watch is the last one that matters."""
    kind = message.WhichOneof("message")
    if kind == "snapshot":
        return message.snapshot.task.state in ENDED
    return kind == "event" and message.event.state_change.state in ENDED


def state_of(message: RunMessage) -> task_pb2.TaskState | None:
    """The state that a message tells; None when it tells none."""
    kind = message.WhichOneof("message")
    if kind == "snapshot":
        return message.snapshot.task.state
    if kind == "event" and message.event.WhichOneof("change") == "state_change":
        return message.event.state_change.state
    return None
