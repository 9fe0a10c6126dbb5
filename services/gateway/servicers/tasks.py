"""TaskService: handed on to `tasks`, but for the watches, which all share one stream to it."""

from collections.abc import AsyncGenerator, Collection

from radmesh.tasks.v1 import task_service_pb2 as pb
from radmesh.tasks.v1.task_service_pb2_grpc import TaskServiceServicer
from services.chassis import principals, roles
from services.gateway import edge
from services.gateway.edge import Context
from services.gateway.runs import Runs


class TaskServicer(TaskServiceServicer):
    """See task_service.proto. reviewers: see services.chassis.roles."""

    def __init__(self, runs: Runs, reviewers: Collection[str]) -> None:
        self._runs = runs
        self._peer = runs.peer
        self._hub = runs.hub
        self._reviewers = reviewers

    async def CreateTask(self, request: pb.CreateTaskRequest, context: Context) -> pb.CreateTaskResponse:
        """See task_service.proto."""
        answer: pb.CreateTaskResponse = await self._peer.ask(self._peer.tasks.CreateTask, request)
        return answer

    def RunTask(
        self, request: pb.RunTaskRequest, context: Context
    ) -> AsyncGenerator[pb.RunTaskResponse, None]:
        """See task_service.proto."""
        return self._runs.run(request.task)

    async def GetTask(self, request: pb.GetTaskRequest, context: Context) -> pb.GetTaskResponse:
        """See task_service.proto."""
        roles.tell_reviewer(self._reviewers)
        answer: pb.GetTaskResponse = await self._peer.ask(self._peer.tasks.GetTask, request)
        return answer

    async def ListTasks(self, request: pb.ListTasksRequest, context: Context) -> pb.ListTasksResponse:
        """See task_service.proto."""
        roles.tell_reviewer(self._reviewers)
        answer: pb.ListTasksResponse = await self._peer.ask(self._peer.tasks.ListTasks, request)
        return answer

    async def CancelTask(self, request: pb.CancelTaskRequest, context: Context) -> pb.CancelTaskResponse:
        """See task_service.proto."""
        answer: pb.CancelTaskResponse = await self._peer.ask(self._peer.tasks.CancelTask, request)
        return answer

    def WatchTask(
        self, request: pb.WatchTaskRequest, context: Context
    ) -> AsyncGenerator[pb.WatchTaskResponse, None]:
        """See task_service.proto. Not a generator itself: each layer counts with many watches."""
        after = request.after_sequence if request.HasField("after_sequence") else None
        edge.check_watch("tasks", request.name, after)
        roles.tell_reviewer(self._reviewers)
        return self._hub.watch(request.name, principals.current().name, after)
