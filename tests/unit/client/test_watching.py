"""A watch through breaks: every event once, in order, none missing; a snapshot where that cannot be."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from radmesh import errors
from radmesh.client import Client, Patience
from radmesh.tasks.v1 import task_pb2, task_service_pb2, task_service_pb2_grpc
from radmesh.tasks.v1.task_service_pb2 import WatchTaskResponse
from tests.support.scripted import refuse, serve

TASK = "tasks/" + "a" * 32
QUICK = Patience(give_up_seconds=5.0, first_delay=0.005, last_delay=0.01)
DRAINING = errors.UnavailableError("resume elsewhere", reason="DRAINING", retry_after=0.0)

Step = WatchTaskResponse | errors.RadmeshError


def snapshot(sequence: int, state: task_pb2.TaskState = task_pb2.TASK_STATE_RUNNING) -> WatchTaskResponse:
    task = task_pb2.Task(name=TASK, state=state, sequence=sequence)
    return WatchTaskResponse(snapshot=task_pb2.TaskSnapshot(task=task, sequence=sequence))


def event(sequence: int, state: task_pb2.TaskState = task_pb2.TASK_STATE_RUNNING) -> WatchTaskResponse:
    change = task_pb2.TaskStateChange(state=state)
    return WatchTaskResponse(event=task_pb2.TaskEvent(sequence=sequence, state_change=change))


def end(sequence: int) -> WatchTaskResponse:
    return event(sequence, task_pb2.TASK_STATE_SUCCEEDED)


class ScriptedWatches(task_service_pb2_grpc.TaskServiceServicer):
    """Plays one script for each call of WatchTask, and keeps the cursors that it was asked for."""

    def __init__(self, scripts: Sequence[Sequence[Step]]) -> None:
        self._scripts = list(scripts)
        self.cursors: list[int | None] = []
        self.runs: list[task_service_pb2.CreateTaskRequest] = []

    async def WatchTask(
        self, request: task_service_pb2.WatchTaskRequest, context: Any
    ) -> AsyncGenerator[WatchTaskResponse, None]:
        has_cursor = request.HasField("after_sequence")
        self.cursors.append(request.after_sequence if has_cursor else None)
        for step in self._scripts.pop(0):
            if isinstance(step, errors.RadmeshError):
                await refuse(context, step)
            else:
                yield step

    async def RunTask(
        self, request: task_service_pb2.RunTaskRequest, context: Any
    ) -> AsyncGenerator[task_service_pb2.RunTaskResponse, None]:
        self.runs.append(request.task)
        async for message in self.WatchTask(task_service_pb2.WatchTaskRequest(), context):
            yield task_service_pb2.RunTaskResponse.FromString(message.SerializeToString())


@asynccontextmanager
async def watched(
    *scripts: Sequence[Step], patience: Patience = QUICK
) -> AsyncGenerator[tuple[Client, ScriptedWatches], None]:
    servicer = ScriptedWatches(scripts)  # type: ignore[abstract]
    async with (
        serve(
            lambda server: task_service_pb2_grpc.add_TaskServiceServicer_to_server(servicer, server)
        ) as address,
        Client(address, patience=patience) as client,
    ):
        yield client, servicer


def sequences(messages: Sequence[Any]) -> list[tuple[str, int]]:
    return [(str(one.WhichOneof("message")), one.event.sequence or one.snapshot.sequence) for one in messages]


async def test_a_break_is_resumed_after_the_last_event() -> None:
    async with watched([snapshot(1), event(2), DRAINING], [event(3), DRAINING], [end(4)]) as (
        client,
        servicer,
    ):
        seen = [message async for message in client.watch(TASK)]
    assert sequences(seen) == [("snapshot", 1), ("event", 2), ("event", 3), ("event", 4)]
    assert servicer.cursors == [None, 2, 3]


async def test_an_event_that_comes_twice_is_told_once() -> None:
    async with watched([snapshot(2), event(2), event(3), DRAINING], [event(3), end(4)]) as (client, _):
        seen = [message async for message in client.watch(TASK)]
    assert sequences(seen) == [("snapshot", 2), ("event", 3), ("event", 4)]


async def test_a_missing_event_is_asked_for_again() -> None:
    async with watched([snapshot(1), event(3)], [event(2), event(3), end(4)]) as (client, servicer):
        seen = [message async for message in client.watch(TASK)]
    assert sequences(seen) == [("snapshot", 1), ("event", 2), ("event", 3), ("event", 4)]
    assert servicer.cursors == [None, 1]


@pytest.mark.parametrize("refusal", [errors.CursorCompactedError, errors.CursorAheadError])
async def test_a_lost_cursor_starts_again_from_a_snapshot(refusal: type[errors.RadmeshError]) -> None:
    scripts: list[list[Step]] = [[snapshot(5), DRAINING], [refusal("no longer kept")], [snapshot(3), end(4)]]
    async with watched(*scripts) as (client, servicer):
        seen = [message async for message in client.watch(TASK)]
    assert sequences(seen) == [("snapshot", 5), ("snapshot", 3), ("event", 4)]
    assert servicer.cursors == [None, 5, None]


async def test_a_cursor_of_the_caller_is_used_from_the_start() -> None:
    async with watched([event(8), end(9)]) as (client, servicer):
        seen = [message async for message in client.watch(TASK, after_sequence=7)]
    assert sequences(seen) == [("event", 8), ("event", 9)]
    assert servicer.cursors == [7]


async def test_nothing_is_told_after_the_terminal_event() -> None:
    async with watched([snapshot(1), end(2), event(3)]) as (client, _):
        seen = [message async for message in client.watch(TASK)]
    assert sequences(seen) == [("snapshot", 1), ("event", 2)]


async def test_the_snapshot_of_an_ended_task_ends_the_watch() -> None:
    async with watched([snapshot(4, task_pb2.TASK_STATE_FAILED), DRAINING]) as (client, servicer):
        seen = [message async for message in client.watch(TASK)]
    assert sequences(seen) == [("snapshot", 4)]
    assert servicer.cursors == [None]


async def test_an_error_that_does_not_pass_is_raised_at_once() -> None:
    async with watched([errors.TaskNotFoundError("no such task")]) as (client, servicer):
        with pytest.raises(errors.TaskNotFoundError):
            await anext(client.watch(TASK))
    assert servicer.cursors == [None]


async def test_a_server_that_stays_away_is_given_up() -> None:
    patience = Patience(give_up_seconds=0.05, first_delay=0.01, last_delay=0.01)
    async with watched(*[[DRAINING]] * 1000, patience=patience) as (client, _):
        with pytest.raises(errors.UnavailableError):
            await anext(client.watch(TASK))


async def test_a_watch_that_ends_too_early_is_resumed() -> None:
    async with watched([snapshot(1), event(2)], [], [end(3)]) as (client, servicer):
        seen = [message async for message in client.watch(TASK)]
    assert sequences(seen) == [("snapshot", 1), ("event", 2), ("event", 3)]
    assert servicer.cursors == [None, 2, 2]


async def test_a_cursor_at_the_terminal_event_has_nothing_to_tell() -> None:
    async with watched([]) as (client, servicer):
        assert [message async for message in client.watch(TASK, after_sequence=4)] == []
    assert servicer.cursors == [4]


async def test_a_run_is_repeated_until_it_has_a_task_and_then_watched_on() -> None:
    scripts: list[list[Step]] = [
        [DRAINING],
        [snapshot(1), event(2), DRAINING],
        [event(3), DRAINING],
        [end(4)],
    ]
    async with watched(*scripts) as (client, servicer):
        told = [message async for message in client.run("steps", [])]
    assert sequences(told) == [("snapshot", 1), ("event", 2), ("event", 3), ("event", 4)]
    assert servicer.cursors == [None, None, 2, 3]
    first, second = servicer.runs
    assert (first.pipeline, first.request_id) == ("pipelines/steps", second.request_id)


async def test_a_run_whose_cursor_is_lost_starts_again_from_its_task() -> None:
    lost = errors.CursorAheadError("gone")
    async with watched([snapshot(3), DRAINING], [lost], [snapshot(2), end(3)]) as (client, servicer):
        told = [message async for message in client.run("steps", [])]
    assert sequences(told) == [("snapshot", 3), ("snapshot", 2), ("event", 3)]
    assert len(servicer.runs) == 2
