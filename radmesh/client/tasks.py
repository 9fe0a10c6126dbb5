"""Tasks: created, looked at, followed to their end."""

import asyncio
import os
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import TypeVar, Unpack

import grpc
from google.protobuf.message import Message

from radmesh.blobs.v1 import image_pb2
from radmesh.client import watching
from radmesh.client.files import FileCalls, ImageLike
from radmesh.client.outcome import Analysis, raise_for_outcome, unpack_result
from radmesh.client.requests import TaskOptions, full_name, task_request
from radmesh.client.retry import Patience
from radmesh.tasks.v1 import task_pb2, task_service_pb2, task_service_pb2_grpc

WatchMessage = task_service_pb2.WatchTaskResponse
RunMessage = watching.RunMessage
M = TypeVar("M", bound=RunMessage)


class TaskCalls(FileCalls):
    """The part of `Client` that deals with single tasks, from their images to their artifacts."""

    def __init__(self, channel: grpc.aio.Channel, patience: Patience) -> None:
        super().__init__(channel, patience)
        self._tasks = task_service_pb2_grpc.TaskServiceStub(channel)

    async def create(
        self,
        pipeline: str,
        images: Sequence[str],
        *,
        request_id: str | None = None,
        **options: Unpack[TaskOptions],
    ) -> task_pb2.Task:
        """Creates a task on images that were uploaded before. request_id: UUID v4; a new one when None."""
        request = task_request(pipeline, images, request_id=request_id, **options)
        return (await self.ask_for(request)).task

    async def ask_for(
        self, request: task_service_pb2.CreateTaskRequest
    ) -> task_service_pb2.CreateTaskResponse:
        """Creates a task as `task_request` says; tells whether one with its dedupe key was active already."""
        return await self._call(self._tasks.CreateTask, request)

    async def submit(
        self,
        pipeline: str,
        images: ImageLike | Sequence[ImageLike],
        **options: Unpack[TaskOptions],
    ) -> task_pb2.Task:
        """Uploads images and creates a task on them. A folder is one image: the series in it."""
        return await self.create(pipeline, await self._bring_all(images, pipeline), **options)

    async def _bring_all(self, images: ImageLike | Sequence[ImageLike], pipeline: str) -> Sequence[str]:
        every = [images] if isinstance(images, bytes | str | os.PathLike) else images
        return [(await self._bring(image, pipeline)).name for image in every]

    async def _bring(self, image: ImageLike, pipeline: str) -> image_pb2.Image:
        if isinstance(image, bytes) or not await asyncio.to_thread(os.path.isdir, image):
            return await self.upload(image, pipeline=pipeline)
        return await self.upload_series(image, pipeline=pipeline)

    async def get(self, task: str) -> task_pb2.Task:
        """A task as it is now, with its outcome and artifacts."""
        request = task_service_pb2.GetTaskRequest(name=full_name("tasks", task))
        return (await self._call(self._tasks.GetTask, request)).task

    async def list(self, filter: str = "", *, page_size: int = 0) -> AsyncGenerator[task_pb2.Task, None]:
        """The caller's tasks, oldest first, page by page.

        filter: such as `state=RUNNING AND labels.ward=west`; see ListTasksRequest. Reviewers are shown every
        owner's with `state=AWAITING_REVIEW`.
        """
        request = task_service_pb2.ListTasksRequest(filter=filter, page_size=page_size)
        async for page in self._pages(self._tasks.ListTasks, request):
            for task in page.tasks:
                yield task

    async def cancel(self, task: str) -> task_pb2.Task:
        """Asks for a task to be cancelled; returns it as it is then."""
        request = task_service_pb2.CancelTaskRequest(name=full_name("tasks", task))
        return (await self._call(self._tasks.CancelTask, request)).task

    async def watch(
        self, task: str, *, after_sequence: int | None = None
    ) -> AsyncGenerator[WatchMessage, None]:
        """The messages of a task until its terminal event, resumed through every break.

        Each event comes once and in order. Without a cursor a snapshot comes first; it also comes again,
        in place of events that the server keeps no more, when the watch cannot be resumed.
        """
        messages = watching.watch(self._tasks, full_name("tasks", task), after_sequence, self._patience)
        try:
            async for message in messages:
                yield message
        finally:
            await messages.aclose()

    async def run(
        self,
        pipeline: str,
        images: Sequence[str],
        *,
        request_id: str | None = None,
        **options: Unpack[TaskOptions],
    ) -> AsyncGenerator[RunMessage, None]:
        """Creates a task and follows it to its end, from a snapshot on: `create` and `watch` as one."""
        request = task_request(pipeline, images, request_id=request_id, **options)
        messages = watching.run(self._tasks, request, self._patience)
        try:
            async for message in messages:
                yield message
        finally:
            await messages.aclose()

    async def wait(
        self, task: str, *, on_message: Callable[[WatchMessage], None] | None = None
    ) -> task_pb2.Task:
        """Watches a task to its end and returns it. on_message: is told every message."""
        return await self._ended(self.watch(task), on_message)

    async def _ended(
        self, messages: AsyncGenerator[M, None], on_message: Callable[[M], None] | None
    ) -> task_pb2.Task:
        """The task whose messages, from a snapshot on, have come to their end."""
        name = ""
        async with aclosing(messages):
            async for message in messages:
                name = name or message.snapshot.task.name
                if on_message is not None:
                    on_message(message)
        return await self.get(name)

    async def result(self, task: str) -> Message | None:
        """Waits for a task and returns its typed result; None when the type is not known here.

        Raises TaskFailedError when it ends without one.
        """
        ended = await self.wait(task)
        raise_for_outcome(ended)
        return unpack_result(ended.result)

    async def analyze(
        self,
        pipeline: str,
        images: ImageLike | Sequence[ImageLike],
        *,
        folder: str | os.PathLike[str] | None = None,
        on_message: Callable[[RunMessage], None] | None = None,
        **options: Unpack[TaskOptions],
    ) -> Analysis:
        """Uploads, creates, watches to the end, and saves the artifacts in `folder` if there is one.

        A task that failed is returned like any other: see `raise_for_outcome`.
        """
        names = await self._bring_all(images, pipeline)
        ended = await self._ended(self.run(pipeline, names, **options), on_message)
        return Analysis(ended, await self.save(ended, folder) if folder is not None else {})
