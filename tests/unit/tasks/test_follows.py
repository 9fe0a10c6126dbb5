"""One stream for the news of many tasks: how much may wait on it, and who is cut off."""

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any, cast

import pytest

from radmesh.errors import ExhaustedError
from radmesh.tasks.v1 import follow_service_pb2 as api
from radmesh.tasks.v1 import task_pb2
from services.tasks.follows import Follows
from services.tasks.parts import Parts
from services.tasks.servicers.follow import FollowServicer

TASKS = [f"tasks/{number:032x}" for number in range(50)]
PATIENCE = 20.0


async def test_a_gateway_that_asks_for_more_tasks_than_may_wait_is_told_of_each() -> None:
    follows = Follows(pending_limit=8)
    servicer = FollowServicer(lambda: cast("Parts", SimpleNamespace(follows=follows)))
    done = asyncio.Event()

    async def orders() -> AsyncIterator[api.FollowRequest]:
        yield api.FollowRequest(follow=TASKS)
        await done.wait()

    told = []
    context: Any = None
    async with asyncio.timeout(PATIENCE):
        async for message in servicer.Follow(orders(), context):
            for one in (message, *message.more):
                assert one.HasField("followed")
                told.append(one.task)
            if len(told) == len(TASKS):
                done.set()
    assert told == TASKS
    assert not follows.is_followed(TASKS[0])


async def test_a_reader_that_takes_nothing_is_cut_off() -> None:
    follows = Follows(pending_limit=8)
    stream = follows.open()
    follows.follow(stream, TASKS[0])
    for sequence in range(8):
        follows.publish_event(TASKS[0], task_pb2.TaskEvent(sequence=sequence + 1))
    async with asyncio.timeout(PATIENCE):
        await stream.room()
        with pytest.raises(ExhaustedError) as raised:
            _ = [message async for message in stream.messages()]
    assert raised.value.reason == "FOLLOWER_TOO_SLOW"


async def test_what_waits_is_sent_together_and_in_order_to_each_stream() -> None:
    follows = Follows(pending_limit=1000)
    streams = [follows.open(), follows.open()]
    follows.follow(streams[0], TASKS[0])
    for stream in streams:
        follows.follow(stream, TASKS[1])
    for sequence in range(200):
        follows.publish_event(TASKS[1], task_pb2.TaskEvent(sequence=sequence + 1))
    for stream, names in zip(streams, (TASKS[:2], TASKS[1:2]), strict=True):
        together = stream.messages()
        messages = [await anext(together) for _ in range(3)]
        news = [one for message in messages for one in (message, *message.more)]
        assert not any(one.more for message in messages for one in message.more), "what one took, all saw"
        assert [one.task for one in news[: len(names)]] == names
        assert [one.event.sequence for one in news[len(names) :]] == list(range(1, 201))


async def test_news_of_a_task_that_is_being_created_come_after_the_answer() -> None:
    follows = Follows(pending_limit=8)
    stream = follows.open()
    follows.follow(stream, TASKS[1])
    name = follows.begin(stream, TASKS[0])
    follows.publish_event(name, task_pb2.TaskEvent(sequence=2))
    follows.gap(name)
    follows.publish_event(TASKS[1], task_pb2.TaskEvent(sequence=7))
    answer = api.FollowResponse(created=api.TaskCreated(number=1))
    stream.answer(name, answer)
    follows.publish_event(name, task_pb2.TaskEvent(sequence=3))
    first = await anext(aiter(stream.messages()))
    told = [(one.WhichOneof("message"), one.event.sequence) for one in (first, *first.more)]
    assert told == [("followed", 0), ("event", 7), ("created", 0), ("event", 2), ("gap", 0), ("event", 3)]
