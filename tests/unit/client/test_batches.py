"""A watch over a batch through breaks: every event once and in order, by the batch's own sequence."""

from collections.abc import AsyncGenerator, Sequence
from typing import Any

import pytest

from radmesh import errors
from radmesh.client import Client, Patience, task_request
from radmesh.tasks.v1 import batch_service_pb2 as api
from radmesh.tasks.v1.batch_service_pb2_grpc import (
    BatchServiceServicer,
    add_BatchServiceServicer_to_server,
)
from tests.support.scripted import refuse, serve

BATCH = "batches/" + "a" * 32
QUICK = Patience(give_up_seconds=5.0, first_delay=0.005, last_delay=0.01)
AWAY = errors.UnavailableError("come again", reason="DRAINING", retry_after=0.0)

Step = api.WatchBatchResponse | errors.RadmeshError


def event(sequence: int, open_tasks: int = 2) -> api.WatchBatchResponse:
    return api.WatchBatchResponse(event=api.BatchEvent(sequence=sequence, open_tasks=open_tasks))


def snapshot(sequence: int, *, ended: bool = False) -> api.WatchBatchResponse:
    batch = api.Batch(name=BATCH, sequence=sequence)
    if ended:
        batch.end_time.FromSeconds(1)
    return api.WatchBatchResponse(snapshot=batch)


class ScriptedBatches(BatchServiceServicer):
    """Plays one script for each watch, refuses the first create, and keeps what it was asked for."""

    def __init__(self, scripts: Sequence[Sequence[Step]]) -> None:
        self._scripts = list(scripts)
        self.cursors: list[int | None] = []
        self.reads_more: list[bool] = []
        self.creates: list[api.BatchCreateTasksRequest] = []

    async def BatchCreateTasks(
        self, request: api.BatchCreateTasksRequest, context: Any
    ) -> api.BatchCreateTasksResponse:
        self.creates.append(request)
        if len(self.creates) == 1:
            await refuse(context, AWAY)
        return api.BatchCreateTasksResponse(batch=api.Batch(name=BATCH))

    async def WatchBatch(
        self, request: api.WatchBatchRequest, context: Any
    ) -> AsyncGenerator[api.WatchBatchResponse, None]:
        self.reads_more.append(request.reads_more)
        self.cursors.append(request.after_sequence if request.HasField("after_sequence") else None)
        for step in self._scripts.pop(0):
            if isinstance(step, errors.RadmeshError):
                await refuse(context, step)
            else:
                yield step


async def watched(*scripts: Sequence[Step]) -> tuple[list[int], ScriptedBatches]:
    servicer = ScriptedBatches(scripts)  # type: ignore[abstract]
    async with (
        serve(lambda server: add_BatchServiceServicer_to_server(servicer, server)) as address,
        Client(address, patience=QUICK) as client,
    ):
        seen = [message async for message in client.watch_batch(BATCH)]
    assert not any(message.more for message in seen)
    return [message.event.sequence or message.snapshot.sequence for message in seen], servicer


async def test_a_break_is_resumed_after_the_last_event() -> None:
    seen, servicer = await watched([snapshot(5), event(6), AWAY], [event(7), event(8)], [event(9, 0)])
    assert seen == [5, 6, 7, 8, 9]
    assert servicer.cursors == [None, 6, 8]


def together(*messages: api.WatchBatchResponse) -> api.WatchBatchResponse:
    first, *later = messages
    return api.WatchBatchResponse(event=first.event, more=later)


async def test_what_comes_in_one_message_is_told_one_by_one() -> None:
    seen, servicer = await watched(
        [snapshot(1), together(event(2), event(2), event(3)), AWAY],
        [together(event(4), event(6), event(7))],
        [together(event(4), event(5), event(6, 0), event(7))],
    )
    assert seen == [1, 2, 3, 4, 5, 6]
    assert servicer.cursors == [None, 3, 4]
    assert servicer.reads_more == [True] * 3


async def test_what_comes_twice_is_told_once_and_what_is_missing_is_asked_for() -> None:
    seen, servicer = await watched([snapshot(5), event(5), event(7)], [event(6), event(6), event(7, 0)])
    assert seen == [5, 6, 7]
    assert servicer.cursors == [None, 5]


@pytest.mark.parametrize("error", [errors.CursorCompactedError("gone"), errors.CursorAheadError("lost")])
async def test_a_cursor_that_is_no_longer_good_leads_to_a_snapshot(error: errors.RadmeshError) -> None:
    seen, servicer = await watched([snapshot(5), AWAY], [error], [snapshot(9, ended=True)])
    assert seen == [5, 9]
    assert servicer.cursors == [None, 5, None]


async def test_a_create_is_repeated_with_the_same_request_ids() -> None:
    servicer = ScriptedBatches([])  # type: ignore[abstract]
    async with (
        serve(lambda server: add_BatchServiceServicer_to_server(servicer, server)) as address,
        Client(address, patience=QUICK) as client,
    ):
        answer = await client.batch_create([task_request("steps", []), task_request("steps", [])])
    assert answer.batch.name == BATCH
    first, second = servicer.creates
    assert first == second
    assert len({first.request_id, *(one.request_id for one in first.requests)}) == 3
