"""The asynchronous client: everything that Radmesh does for a caller, in one class."""

import asyncio
import os
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar, Unpack

from google.protobuf.message import Message

from radmesh.blobs.v1 import blob_service_pb2_grpc, image_pb2, upload_service_pb2_grpc
from radmesh.client import connection, downloads, reviewing, uploads, watching
from radmesh.client.admin import AdminClient
from radmesh.client.batches import BatchCalls
from radmesh.client.outcome import Analysis, raise_for_outcome, unpack_result
from radmesh.client.requests import TaskOptions, full_name, task_request
from radmesh.client.retry import Patience, repeat
from radmesh.errors import UnavailableError
from radmesh.models.v1 import model_pb2, model_service_pb2, model_service_pb2_grpc
from radmesh.tasks.v1 import (
    pipeline_pb2,
    pipeline_service_pb2,
    pipeline_service_pb2_grpc,
    review_service_pb2_grpc,
    task_pb2,
    task_service_pb2,
    task_service_pb2_grpc,
)

T = TypeVar("T")
ImageLike = bytes | str | os.PathLike[str]
WatchMessage = task_service_pb2.WatchTaskResponse


class Client(BatchCalls):
    """A caller's connection to a gateway; an async context manager.

    Every call repeats itself while the mesh is away, for as long as `patience` says, and raises an error of
    `radmesh.errors` otherwise. Names may be given whole or as bare ids: `pipelines/octa-vessels` or
    `octa-vessels`, `tasks/4f…` or `4f…`.
    """

    def __init__(self, server: str | None = None, *, patience: Patience | None = None) -> None:
        """server: `host:port`; RADMESH_SERVER, else `localhost:50051`, when None."""
        self.server = server or connection.default_server()
        self._patience = patience or Patience()
        self._channel = connection.open_channel(self.server)
        super().__init__(self._channel, self._patience)
        self._tasks = task_service_pb2_grpc.TaskServiceStub(self._channel)
        self._reviews = review_service_pb2_grpc.ReviewServiceStub(self._channel)
        self._pipelines = pipeline_service_pb2_grpc.PipelineServiceStub(self._channel)
        self._models = model_service_pb2_grpc.ModelServiceStub(self._channel)
        self._uploads = upload_service_pb2_grpc.UploadServiceStub(self._channel)
        self._blobs = blob_service_pb2_grpc.BlobServiceStub(self._channel)
        self.admin = AdminClient(self._channel, self._patience)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def connect(self, timeout: float) -> None:
        """Waits until the server can be reached. Raises UnavailableError after `timeout` seconds."""
        try:
            async with asyncio.timeout(timeout):
                await self._channel.channel_ready()
        except TimeoutError:
            raise UnavailableError(
                f"No Radmesh answers at {self.server}. Start one with `radmesh up`, or name another server."
            ) from None

    async def close(self) -> None:
        """Ends the connection and every call on it. Tasks go on."""
        await self._channel.close(None)

    async def upload(self, image: ImageLike, *, extension: str = "", pipeline: str = "") -> image_pb2.Image:
        """Brings an image in: bytes or the path of a file.

        extension: with its dot, such as `.png`, checked against the content; the path's when empty.
        pipeline: whose size limit applies; the gateway's own when empty. Raises OSError as `open` does.
        """
        source = await uploads.open_source(image, extension)
        name = full_name("pipelines", pipeline) if pipeline else ""
        return await uploads.upload(self._uploads, source, name, self._patience)

    async def create(
        self,
        pipeline: str,
        images: Sequence[str],
        *,
        parameters: Mapping[str, Any] | None = None,
        labels: Mapping[str, str] | None = None,
        weights: str = "",
        request_id: str | None = None,
        **options: Unpack[TaskOptions],
    ) -> task_pb2.Task:
        """Creates a task on images that were uploaded before. request_id: UUID v4; a new one when None."""
        request = task_request(
            pipeline,
            images,
            parameters=parameters,
            labels=labels,
            weights=weights,
            request_id=request_id,
            **options,
        )
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
        *,
        parameters: Mapping[str, Any] | None = None,
        labels: Mapping[str, str] | None = None,
        weights: str = "",
        **options: Unpack[TaskOptions],
    ) -> task_pb2.Task:
        """Uploads images and creates a task on them."""
        every = [images] if isinstance(images, bytes | str | os.PathLike) else images
        names = [(await self.upload(image, pipeline=pipeline)).name for image in every]
        return await self.create(
            pipeline, names, parameters=parameters, labels=labels, weights=weights, **options
        )

    async def get(self, task: str) -> task_pb2.Task:
        """A task as it is now, with its outcome and artifacts."""
        request = task_service_pb2.GetTaskRequest(name=full_name("tasks", task))
        return (await self._call(self._tasks.GetTask, request)).task

    async def list(self, filter: str = "", *, page_size: int = 0) -> AsyncGenerator[task_pb2.Task, None]:
        """The caller's tasks, oldest first, page by page.

        filter: such as `state=RUNNING AND labels.ward=west`; see ListTasksRequest.
        """
        request = task_service_pb2.ListTasksRequest(filter=filter, page_size=page_size)
        while True:
            page = await self._call(self._tasks.ListTasks, request)
            for task in page.tasks:
                yield task
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token

    async def cancel(self, task: str) -> task_pb2.Task:
        """Asks for a task to be cancelled; returns it as it is then."""
        request = task_service_pb2.CancelTaskRequest(name=full_name("tasks", task))
        return (await self._call(self._tasks.CancelTask, request)).task

    async def review(
        self,
        task: str,
        *,
        accept: bool,
        reason: str = "",
        replacements: Mapping[str, ImageLike] | None = None,
        sequence: int | None = None,
    ) -> task_pb2.Task:
        """Decides on the stage that a task shows; returns the task as it is then.

        reason: needed to reject. replacements: images that take the place of artifacts, by the artifact's
        file name. sequence: of the review that was seen (`task.reviews[-1]`); whichever is open when None.
        Raises NotAwaitingReviewError, ReviewChangedError, and those of `upload`.
        """
        if sequence is None:
            sequence = reviewing.open_review(await self.get(task)).sequence
        images = {name: (await self.upload(image)).name for name, image in (replacements or {}).items()}
        request = reviewing.decision_request(
            full_name("tasks", task), sequence, accept=accept, reason=reason, replacements=images
        )
        return (await self._call(self._reviews.ReviewTask, request)).task

    async def pipelines(self) -> Sequence[pipeline_pb2.Pipeline]:
        """Every known pipeline, by name."""
        request = pipeline_service_pb2.ListPipelinesRequest()
        found: list[pipeline_pb2.Pipeline] = []
        while True:
            page = await self._call(self._pipelines.ListPipelines, request)
            found += page.pipelines
            if not page.next_page_token:
                return found
            request.page_token = page.next_page_token

    async def pipeline(self, pipeline: str) -> pipeline_pb2.Pipeline:
        """One pipeline. Raises PipelineNotFoundError."""
        request = pipeline_service_pb2.GetPipelineRequest(name=full_name("pipelines", pipeline))
        return (await self._call(self._pipelines.GetPipeline, request)).pipeline

    async def models(self) -> Sequence[model_pb2.Model]:
        """Every model that a known pipeline can run, by name."""
        request = model_service_pb2.ListModelsRequest()
        found: list[model_pb2.Model] = []
        while True:
            page = await self._call(self._models.ListModels, request)
            found += page.models
            if not page.next_page_token:
                return found
            request.page_token = page.next_page_token

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

    async def wait(
        self, task: str, *, on_message: Callable[[WatchMessage], None] | None = None
    ) -> task_pb2.Task:
        """Watches a task to its end and returns it. on_message: is told every message."""
        async for message in self.watch(task):
            if on_message is not None:
                on_message(message)
        return await self.get(task)

    async def result(self, task: str) -> Message | None:
        """Waits for a task and returns its typed result; None when the type is not known here.

        Raises TaskFailedError when it ends without one.
        """
        ended = await self.wait(task)
        raise_for_outcome(ended)
        return unpack_result(ended.result)

    async def read(self, name: str) -> bytes:
        """The whole of an image or an artifact, checked."""
        sink = downloads.MemorySink()
        await downloads.fetch(self._blobs, name, sink, self._patience)
        return bytes(sink.content)

    async def download(self, name: str, path: str | os.PathLike[str]) -> Path:
        """Writes an image or an artifact to a file, which appears only whole and checked."""
        await downloads.download_to(self._blobs, name, Path(path), self._patience)
        return Path(path)

    async def save(self, task: task_pb2.Task, folder: str | os.PathLike[str]) -> dict[str, Path]:
        """Downloads every artifact of a task into a folder, which is made; file name → path."""
        await asyncio.to_thread(Path(folder).mkdir, parents=True, exist_ok=True)
        return {
            artifact.file_name: await self.download(
                artifact.name, Path(folder) / Path(artifact.file_name).name
            )
            for artifact in task.artifacts
        }

    async def analyze(
        self,
        pipeline: str,
        images: ImageLike | Sequence[ImageLike],
        *,
        parameters: Mapping[str, Any] | None = None,
        labels: Mapping[str, str] | None = None,
        weights: str = "",
        folder: str | os.PathLike[str] | None = None,
        on_message: Callable[[WatchMessage], None] | None = None,
        **options: Unpack[TaskOptions],
    ) -> Analysis:
        """Uploads, creates, watches to the end, and saves the artifacts in `folder` if there is one.

        A task that failed is returned like any other: see `raise_for_outcome`.
        """
        task = await self.submit(
            pipeline, images, parameters=parameters, labels=labels, weights=weights, **options
        )
        ended = await self.wait(task.name, on_message=on_message)
        return Analysis(ended, await self.save(ended, folder) if folder is not None else {})

    async def _call(self, method: Callable[..., Awaitable[T]], request: Message) -> T:
        return await repeat(self._patience, lambda: method(request, timeout=connection.CALL_TIMEOUT))
