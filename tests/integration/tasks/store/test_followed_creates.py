"""Creates on a follow stream: the task and all of its news come down it, or nothing is followed."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import pytest
from google.protobuf import struct_pb2

from radmesh.tasks.v1 import task_pb2
from radmesh.tasks.v1.follow_service_pb2 import FollowResponse, WantedTask
from radmesh.tasks.v1.task_service_pb2 import CreateTaskRequest
from services.chassis import principals
from services.tasks.catalogue import Catalogue
from services.tasks.followed_creates import create_followed
from services.tasks.follows import Follows, FollowStream
from services.tasks.paces import Paces
from services.tasks.parts import Parts
from services.tasks.records import NewTask, TaskRecord
from services.tasks.store import TaskStore
from services.tasks.timeouts import TimeoutPolicy
from services.tasks.webhooks.allowed import AllowList
from services.tasks.webhooks.policy import CallbackPolicy
from tests.integration.tasks.store.test_hellos import hello

PATIENCE = 20.0
REQUEST_ID = "11111111-1111-4111-8111-111111111111"
TRACE = "0af7651916cd43dd8448eb211c80319c"


class Asked(Catalogue):
    """Notes for whom pipelines are looked up."""

    def __init__(self, store: TaskStore) -> None:
        super().__init__(store)
        self.principals: list[str] = []

    async def find(self, pipeline_id: str) -> Any:
        self.principals.append(principals.current().name)
        return await super().find(pipeline_id)


class Tasks:
    """What a replica needs to create tasks, and one follow stream."""

    def __init__(self, store: TaskStore) -> None:
        self.store, self.catalogue, self.follows = store, Asked(store), Follows(pending_limit=8)
        self.stream: FollowStream = self.follows.open()
        self.parts = SimpleNamespace(
            store=store,
            catalogue=self.catalogue,
            timeouts=TimeoutPolicy(),
            callbacks=CallbackPolicy(AllowList(), configured=False),
            paces=Paces(store),
        )

    async def create(self, pipeline: str) -> None:
        """As the servicer does: in an asyncio task of its own."""
        wanted = WantedTask(
            number=7,
            owner="eve",
            traceparent=f"00-{TRACE}-b7ad6b7169203331-01",
            request=CreateTaskRequest(
                request_id=REQUEST_ID, pipeline=f"pipelines/{pipeline}", parameters=struct_pb2.Struct()
            ),
        )
        parts = cast("Parts", self.parts)
        await asyncio.create_task(create_followed(wanted, parts, self.follows, self.stream))

    async def told(self) -> list[FollowResponse]:
        """What waits on the stream."""
        async with asyncio.timeout(PATIENCE):
            first = await anext(aiter(self.stream.messages()))
        return [first, *first.more]


@pytest.fixture
async def tasks(store: TaskStore) -> Tasks:
    found = Tasks(store)
    introduced = hello("hand", "inner")
    introduced.pipelines[1].operators_only = True
    await found.catalogue.learn(introduced)
    return found


async def test_a_task_belongs_to_whom_it_was_created_for_and_to_the_callers_trace(tasks: Tasks) -> None:
    await tasks.create("hand")
    (answer,) = await tasks.told()
    assert (answer.created.number, answer.created.task.owner) == (7, "eve")
    assert tasks.catalogue.principals == ["eve"]
    assert tasks.follows.is_followed(answer.created.task.name)
    session, _ = await tasks.store.open_session("w", [], ["hand"])
    grant = await tasks.store.acquire("w", session, ["hand"], "1")
    assert grant is not None
    assert grant.traceparent.split("-")[1] == TRACE


async def test_what_happens_while_it_is_created_is_told_after_the_answer(
    tasks: Tasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = tasks.store.create

    async def create_and_start(new: NewTask) -> tuple[TaskRecord, bool]:
        found = await create(new)
        tasks.follows.publish_event(f"tasks/{new.task_id}", task_pb2.TaskEvent(sequence=2))
        return found

    monkeypatch.setattr(tasks.store, "create", create_and_start)
    await tasks.create("hand")
    answer, event = await tasks.told()
    assert answer.created.HasField("task")
    assert (event.task, event.event.sequence) == (answer.created.task.name, 2)


@pytest.mark.parametrize("pipeline", ["inner", "unknown"], ids=["for operators", "none of that name"])
async def test_what_is_not_for_a_stream_is_neither_created_nor_followed(tasks: Tasks, pipeline: str) -> None:
    await tasks.create(pipeline)
    (answer,) = await tasks.told()
    assert (answer.created.number, answer.created.HasField("task")) == (7, False)
    assert not tasks.stream.names
    assert not await tasks.store.knows_request("eve", REQUEST_ID)


async def test_what_was_created_before_is_left_to_a_call(tasks: Tasks) -> None:
    await tasks.create("hand")
    (first,) = await tasks.told()
    await tasks.create("hand")
    (again,) = await tasks.told()
    assert first.created.HasField("task")
    assert not again.created.HasField("task")
    assert tasks.stream.names == {first.created.task.name}


async def test_a_stream_that_ends_meanwhile_follows_nothing(
    tasks: Tasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, never = asyncio.Event(), asyncio.Event()

    async def wait(new: NewTask) -> tuple[TaskRecord, bool]:
        asked.set()
        await never.wait()
        raise AssertionError

    monkeypatch.setattr(tasks.store, "create", wait)
    creating = asyncio.create_task(tasks.create("hand"))
    await asyncio.wait_for(asked.wait(), PATIENCE)
    assert tasks.stream.names
    creating.cancel()
    await asyncio.wait([creating])
    assert not tasks.stream.names
