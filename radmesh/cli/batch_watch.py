"""`radmesh watch batches/…`: all tasks of a batch, live, to the end of the last one."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from radmesh.cli import rows
from radmesh.cli.batch_bar import BatchBar
from radmesh.cli.display import Display, display_for
from radmesh.cli.running import ExitCode
from radmesh.client import ENDED, BatchMessage, Client, WatchMessage
from radmesh.errors import RadmeshError
from radmesh.tasks.v1 import batch_service_pb2, task_pb2

_QUEUED = task_pb2.TASK_STATE_QUEUED


async def watch_batch(client: Client, name: str, *, as_json: bool) -> ExitCode:
    """Shows a batch to its end: 0 when every task succeeded."""
    ended = await (_as_json(client, name) if as_json else _for_people(client, name))
    succeeded = all(member.state == task_pb2.TASK_STATE_SUCCEEDED for member in ended.members)
    return ExitCode.DONE if succeeded else ExitCode.TASK_FAILED


async def _as_json(client: Client, name: str) -> batch_service_pb2.Batch:
    return await client.wait_batch(name, on_message=lambda message: rows.emit(message_row(message)))


async def _for_people(client: Client, name: str) -> batch_service_pb2.Batch:
    display = display_for(BatchBar)
    queue = WaitingTasks(client)
    with display:
        async for message in client.watch_batch(name):
            _tell(display, message)
            queue.note(message)
            if message.HasField("bookmark"):
                await queue.show(lambda task, told: display.told(_label(task), told))
        return await client.get_batch(name)


class WaitingTasks:
    """The tasks of a batch that wait in the queue, as far as its watch has told."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._names: dict[str, None] = {}

    def note(self, message: BatchMessage) -> None:
        """Takes over what a message says of states."""
        if message.HasField("snapshot"):
            self._names = {one.task: None for one in message.snapshot.members if one.state == _QUEUED}
        elif message.event.event.HasField("state_change"):
            if message.event.event.state_change.state == _QUEUED:
                self._names[message.event.task] = None
            else:
                self._names.pop(message.event.task, None)

    async def show(self, tell: Callable[[str, WatchMessage], None]) -> None:
        """Tells how one of them waits: the watch of a batch says nothing of places and pauses."""
        for name in list(self._names)[:1]:
            with suppress(RadmeshError):
                task = await self._client.get(name)
                tell(name, WatchMessage(snapshot=task_pb2.TaskSnapshot(task=task, sequence=task.sequence)))


def _tell(display: Display, message: BatchMessage) -> None:
    kind = message.WhichOneof("message")
    if kind == "snapshot":
        for member in message.snapshot.members:
            task = task_pb2.Task(name=member.task, state=member.state)
            display.created(_label(member.task), task)
            change = task_pb2.TaskStateChange(state=member.state)
            told = WatchMessage(event=task_pb2.TaskEvent(state_change=change))
            if member.state in ENDED or member.state == task_pb2.TASK_STATE_RUNNING:
                display.told(_label(member.task), told)
    elif kind == "event":
        display.told(_label(message.event.task), WatchMessage(event=message.event.event))
    elif kind == "progress":
        display.told(_label(message.progress.task), WatchMessage(progress=message.progress.progress))


def _label(task: str) -> str:
    return task.removeprefix("tasks/")[:8]


def message_row(message: BatchMessage) -> Mapping[str, Any]:
    """One message of a watch of a batch; `kind` says which. What tells of a task is that of its own watch."""
    kind = message.WhichOneof("message") or ""
    if kind == "snapshot":
        members = [
            {"name": member.task, "state": rows.state_name(member.state)}
            for member in message.snapshot.members
        ]
        return {"kind": kind, "sequence": message.snapshot.sequence, "tasks": members}
    if kind == "event":
        told = rows.message_row(WatchMessage(event=message.event.event))
        place = {"sequence": message.event.sequence, "open_tasks": message.event.open_tasks}
        return {"kind": kind, **place, "task": message.event.task, "event": told}
    if kind == "progress":
        told = rows.message_row(WatchMessage(progress=message.progress.progress))
        return {"kind": kind, "task": message.progress.task, "progress": told}
    return {"kind": kind, "sequence": message.bookmark.sequence}
