"""TaskService: create, get, list, cancel, watch."""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any

import grpc

from radmesh.errors import RadmeshError
from radmesh.tasks.v1 import task_service_pb2 as api
from radmesh.tasks.v1.task_service_pb2_grpc import TaskServiceServicer
from services.chassis import logs, principals, roles
from services.chassis.task_watcher import run_message
from services.tasks.creating import log_created, make_task
from services.tasks.filters import read_list
from services.tasks.internal_tasks import audited_create
from services.tasks.lifecycle import State
from services.tasks.parts import Parts
from services.tasks.repeats import find_repeated
from services.tasks.translate import task_message
from services.tasks.validation import resource_id

Context = grpc.aio.ServicerContext[Any, Any]
_LOG = logs.logger(__name__)


class TaskServicer(TaskServiceServicer):
    """See task_service.proto."""

    def __init__(self, parts: Callable[[], Parts]) -> None:
        self._parts = parts

    async def CreateTask(self, request: api.CreateTaskRequest, context: Context) -> api.CreateTaskResponse:
        """See task_service.proto."""
        owner, parts = principals.current().name, self._parts()
        try:
            new, checked = await make_task(request, owner, parts)
        except RadmeshError as refused:
            record, created = await find_repeated(request, owner, parts, refused), False
        else:
            if checked.pipeline.operators_only:
                async with audited_create(parts.store, checked) as note:
                    record, created = await parts.store.create(new)
                    note.tasks.append(record.task_id)
            else:
                record, created = await parts.store.create(new)
        if created:
            log_created(record)
        return api.CreateTaskResponse(
            task=task_message(record, outlook=parts.paces.outlook(record)), deduplicated=record.deduplicated
        )

    async def RunTask(
        self, request: api.RunTaskRequest, context: Context
    ) -> AsyncGenerator[api.RunTaskResponse, None]:
        """See task_service.proto."""
        hub = self._parts().hub
        # Before the create: a task that its caller was refused would run all the same.
        hub.refuse_if_full()
        created = await self.CreateTask(request.task, context)
        watch = hub.watch(created.task.name, principals.current().name, None)
        async with aclosing(watch) as messages:
            async for message in messages:
                yield run_message(message, deduplicated=created.deduplicated)

    async def GetTask(self, request: api.GetTaskRequest, context: Context) -> api.GetTaskResponse:
        """See task_service.proto."""
        task_id = resource_id("tasks", request.name)
        parts = self._parts()
        caller = principals.current()
        record = await parts.store.get(task_id, caller.name, reviewer=roles.is_reviewer(caller))
        return api.GetTaskResponse(task=task_message(record, outlook=parts.paces.outlook(record)))

    async def ListTasks(self, request: api.ListTasksRequest, context: Context) -> api.ListTasksResponse:
        """See task_service.proto."""
        size, task_filter = read_list(request)
        caller, parts = principals.current(), self._parts()
        owner = task_filter.owner
        # Nobody is shown another owner's tasks but who reviews them, and then what awaits a review.
        if not (roles.is_reviewer(caller) and task_filter.state is State.AWAITING_REVIEW):
            if owner not in (None, caller.name):
                return api.ListTasksResponse()
            owner = caller.name
        records, token = await parts.store.list_tasks(owner, task_filter, size, request.page_token)
        tasks = [task_message(record, listed=True, outlook=parts.paces.outlook(record)) for record in records]
        return api.ListTasksResponse(tasks=tasks, next_page_token=token)

    async def CancelTask(self, request: api.CancelTaskRequest, context: Context) -> api.CancelTaskResponse:
        """See task_service.proto."""
        task_id = resource_id("tasks", request.name)
        record = await self._parts().store.cancel(task_id, principals.current().name)
        _LOG.info("cancel asked for", task=request.name, state=record.state.name)
        return api.CancelTaskResponse(task=task_message(record))

    def WatchTask(
        self, request: api.WatchTaskRequest, context: Context
    ) -> AsyncGenerator[api.WatchTaskResponse, None]:
        """See task_service.proto. Not a generator itself: each layer counts with many idle watches."""
        resource_id("tasks", request.name)
        after = request.after_sequence if request.HasField("after_sequence") else None
        return self._parts().hub.watch(request.name, principals.current().name, after)
