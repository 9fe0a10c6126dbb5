"""RunTask: a create and the watch of what it made, on the stream that carries all watches."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

from radmesh.tasks.v1.task_service_pb2 import (
    CreateTaskRequest,
    CreateTaskResponse,
    RunTaskResponse,
)
from services.chassis import principals
from services.chassis.task_watcher import run_message
from services.chassis.watch import WatchHub
from services.gateway.follow import FollowedLogs
from services.gateway.tasks_peer import TasksPeer


@dataclass(frozen=True)
class Runs:
    """Creates tasks and watches them from their beginning."""

    peer: TasksPeer
    hub: WatchHub
    logs: FollowedLogs

    def refuse_if_full(self) -> None:
        """Raises ExhaustedError when no further task can be watched now."""
        self.hub.refuse_if_full()

    async def run(self, request: CreateTaskRequest) -> AsyncGenerator[RunTaskResponse, None]:
        """The messages of a task's watch, ending after the terminal event."""
        self.refuse_if_full()
        owner, deduplicated = principals.current().name, False
        begun = await self.logs.create(request, self.hub)
        if begun is not None:
            watch = self.hub.go_on(begun, owner)
        else:
            # This creates it, finds what was created before, or says why it cannot be.
            answer: CreateTaskResponse = await self.peer.ask(self.peer.tasks.CreateTask, request)
            deduplicated = answer.deduplicated
            watch = self.hub.watch(answer.task.name, owner, None)
        async with aclosing(watch) as messages:
            async for message in messages:
                yield run_message(message, deduplicated=deduplicated)
