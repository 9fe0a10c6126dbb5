"""The bar of a batch counts what became of its inputs, and says why they wait."""

import io
from typing import Any

from rich.console import Console

from radmesh.cli.batch_bar import BatchBar
from radmesh.cli.batch_watch import WaitingTasks
from radmesh.client import BatchMessage, Client, WatchMessage
from radmesh.tasks.v1 import batch_service_pb2, task_pb2, task_service_pb2, task_service_pb2_grpc
from tests.support.scripted import serve

PAUSED = task_pb2.Task(state=task_pb2.TASK_STATE_QUEUED, pipeline_paused=True, pause_reason="new scanner")
WAITING = "2 queued: its pipeline is paused (new scanner)"


def bar() -> BatchBar:
    return BatchBar(Console(file=io.StringIO(), force_terminal=True, width=120, color_system=None))


def words(shown: BatchBar) -> str:
    (progress,) = shown._progress.tasks
    return str(progress.fields["words"])


def test_a_batch_on_a_paused_pipeline_says_so_until_a_task_runs() -> None:
    with bar() as shown:
        for label in ("a", "b"):
            shown.created(label, PAUSED)
        assert words(shown) == WAITING
        running = task_pb2.TaskStateChange(state=task_pb2.TASK_STATE_RUNNING)
        shown.told("a", WatchMessage(event=task_pb2.TaskEvent(state_change=running)))
        assert "paused" not in words(shown)


def test_a_pause_that_begins_later_is_told_too() -> None:
    with bar() as shown:
        for label in ("a", "b"):
            shown.created(label, task_pb2.Task(state=task_pb2.TASK_STATE_QUEUED))
        assert words(shown) == "2 queued"
        shown.told("a", WatchMessage(snapshot=task_pb2.TaskSnapshot(task=PAUSED)))
        assert words(shown) == WAITING


class PausedTasks(task_service_pb2_grpc.TaskServiceServicer):
    """Every task waits on a paused pipeline."""

    async def GetTask(self, request: task_service_pb2.GetTaskRequest, context: object) -> Any:
        task = task_pb2.Task(name=request.name)
        task.MergeFrom(PAUSED)
        return task_service_pb2.GetTaskResponse(task=task)


def changed(task: str, state: task_pb2.TaskState) -> BatchMessage:
    change = task_pb2.TaskStateChange(state=state)
    event = batch_service_pb2.BatchEvent(task=task, event=task_pb2.TaskEvent(state_change=change))
    return BatchMessage(event=event)


async def test_an_idle_watch_of_a_batch_looks_at_a_task_that_waits() -> None:
    told: list[tuple[str, str]] = []
    tasks = PausedTasks()  # type: ignore[abstract]
    async with (
        serve(
            lambda server: task_service_pb2_grpc.add_TaskServiceServicer_to_server(tasks, server)
        ) as address,
        Client(address) as client,
    ):
        queue = WaitingTasks(client)
        for name in ("tasks/a", "tasks/b", "tasks/c"):
            queue.note(changed(name, task_pb2.TASK_STATE_QUEUED))
        queue.note(changed("tasks/a", task_pb2.TASK_STATE_RUNNING))
        await queue.show(lambda name, message: told.append((name, message.snapshot.task.pause_reason)))
        assert told == [("tasks/b", "new scanner")]
        for name in ("tasks/b", "tasks/c"):
            queue.note(changed(name, task_pb2.TASK_STATE_CANCELLED))
        await queue.show(lambda name, message: told.append((name, "")))
        assert len(told) == 1
