"""Callers, watchers and a worker that go on whatever happens, and remember what they were told."""

import asyncio
import uuid
from collections.abc import Callable

import grpc

from radmesh.errors import RadmeshError
from radmesh.status import from_rpc_error
from radmesh.tasks.v1 import task_pb2, task_service_pb2
from tests.integration.tasks.conftest import Replica
from tests.integration.tasks.hand_worker import HandWorker

_PAUSE = 0.05
_TERMINAL = {task_pb2.TASK_STATE_SUCCEEDED, task_pb2.TASK_STATE_FAILED, task_pb2.TASK_STATE_CANCELLED}


class Caller:
    """Creates one task after the other, each until it is acknowledged, with one request id."""

    def __init__(self, replica: Replica, pipeline: str) -> None:
        self._replica = replica
        self._pipeline = pipeline
        self.acknowledged: dict[str, str] = {}
        self.asked: list[str] = []
        self.refusals: list[RadmeshError] = []

    async def run(self) -> None:
        while True:
            await self.create()
            await asyncio.sleep(_PAUSE)

    async def create(self) -> str:
        """The name of the new task, once it is acknowledged."""
        self.asked.append(str(uuid.uuid4()))
        return await self.repeat(self.asked[-1])

    async def repeat(self, request_id: str) -> str:
        while True:
            try:
                task = await self._replica.create(self._pipeline, request_id=request_id)
            except grpc.RpcError as error:
                self.refusals.append(refused := from_rpc_error(error))
                assert refused.reason == "STORE_UNAVAILABLE", refused
                await asyncio.sleep(_PAUSE)
            else:
                self.acknowledged[request_id] = task.name
                return task.name

    @property
    def causes(self) -> set[str]:
        """Why creates were refused."""
        return {one.metadata["cause"] for one in self.refusals}

    async def all_tasks(self) -> list[str]:
        """The names of all tasks that the store lists."""
        found: list[str] = []
        token = ""
        while True:
            page = await self._replica.tasks.ListTasks(
                task_service_pb2.ListTasksRequest(page_size=100, page_token=token)
            )
            found += [task.name for task in page.tasks]
            token = page.next_page_token
            if not token:
                return found


class Watcher:
    """Watches one task to its end, through every break, and starts again from a snapshot when it must."""

    def __init__(self, replica: Replica, task: str) -> None:
        self._replica = replica
        self._task = task
        self.restarts = 0
        self.breaks = 0
        self.sequence: int | None = None
        self.state = 0
        self.running = asyncio.ensure_future(self._run())

    async def until(self, state: int) -> None:
        await eventually(lambda: self.state == state or self.running.done())
        assert self.state == state, self.running.exception()

    async def _run(self) -> None:
        while self.state not in _TERMINAL:
            try:
                async for message in self._replica.watch(self._task, self.sequence):
                    self._take(message)
            except grpc.RpcError as error:
                refused = from_rpc_error(error)
                self.breaks += 1
                if refused.reason == "CURSOR_AHEAD":
                    self.restarts += 1
                    self.sequence = None
                else:
                    assert refused.reason == "STORE_UNAVAILABLE", refused.reason
                await asyncio.sleep(_PAUSE)

    def _take(self, message: task_service_pb2.WatchTaskResponse) -> None:
        if message.HasField("snapshot"):
            self.sequence, self.state = message.snapshot.sequence, message.snapshot.task.state
        elif message.HasField("event"):
            assert self.sequence is not None
            assert message.event.sequence == self.sequence + 1, "an event is missing or came twice"
            self.sequence = message.event.sequence
            if message.event.HasField("state_change"):
                self.state = message.event.state_change.state


async def serve(worker: HandWorker) -> None:
    """Ends whatever the worker is given, until the stream ends."""
    while True:
        await worker.finish((await worker.assignment()).lease)


async def eventually(found: Callable[[], bool], seconds: float = 30.0) -> None:
    """Returns once it is so."""
    async with asyncio.timeout(seconds):
        while not found():  # noqa: ASYNC110  what it waits for comes by other tasks
            await asyncio.sleep(0.01)
