"""The synchronous face of the client: the asynchronous one, run on a loop in a thread of its own."""

import asyncio
import os
import threading
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar, Unpack

from google.protobuf.message import Message

from radmesh.blobs.v1 import image_pb2
from radmesh.client.batches import BatchMessage
from radmesh.client.client import Client, ImageLike, WatchMessage
from radmesh.client.outcome import Analysis
from radmesh.client.requests import TaskOptions
from radmesh.client.retry import Patience
from radmesh.models.v1 import model_pb2
from radmesh.tasks.v1 import pipeline_pb2, task_pb2
from radmesh.tasks.v1.batch_service_pb2 import Batch, BatchCreateTasksResponse
from radmesh.tasks.v1.task_service_pb2 import CreateTaskRequest

T = TypeVar("T")


class SyncClient:
    """`Client` for callers without an event loop; the same methods, which block. A context manager."""

    def __init__(self, server: str | None = None, *, patience: Patience | None = None) -> None:
        """server: `host:port`; RADMESH_SERVER, else `localhost:50051`, when None."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="radmesh-client", daemon=True)
        self._thread.start()
        self._client = self._run(_open(server, patience))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the connection and the thread. Tasks go on."""
        if self._loop.is_closed():
            return
        self._run(self._client.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def upload(self, image: ImageLike, *, extension: str = "", pipeline: str = "") -> image_pb2.Image:
        """See `Client.upload`."""
        return self._run(self._client.upload(image, extension=extension, pipeline=pipeline))

    def create(
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
        """See `Client.create`."""
        return self._run(
            self._client.create(
                pipeline,
                images,
                parameters=parameters,
                labels=labels,
                weights=weights,
                request_id=request_id,
                **options,
            )
        )

    def submit(
        self,
        pipeline: str,
        images: ImageLike | Sequence[ImageLike],
        *,
        parameters: Mapping[str, Any] | None = None,
        labels: Mapping[str, str] | None = None,
        weights: str = "",
        **options: Unpack[TaskOptions],
    ) -> task_pb2.Task:
        """See `Client.submit`."""
        return self._run(
            self._client.submit(
                pipeline, images, parameters=parameters, labels=labels, weights=weights, **options
            )
        )

    def get(self, task: str) -> task_pb2.Task:
        """See `Client.get`."""
        return self._run(self._client.get(task))

    def list(self, filter: str = "", *, page_size: int = 0) -> Iterator[task_pb2.Task]:
        """See `Client.list`."""
        return self._each(self._client.list(filter, page_size=page_size))

    def cancel(self, task: str) -> task_pb2.Task:
        """See `Client.cancel`."""
        return self._run(self._client.cancel(task))

    def review(
        self,
        task: str,
        *,
        accept: bool,
        reason: str = "",
        replacements: Mapping[str, ImageLike] | None = None,
        sequence: int | None = None,
    ) -> task_pb2.Task:
        """See `Client.review`."""
        return self._run(
            self._client.review(
                task, accept=accept, reason=reason, replacements=replacements, sequence=sequence
            )
        )

    def pipelines(self) -> Sequence[pipeline_pb2.Pipeline]:
        """See `Client.pipelines`."""
        return self._run(self._client.pipelines())

    def pipeline(self, pipeline: str) -> pipeline_pb2.Pipeline:
        """See `Client.pipeline`."""
        return self._run(self._client.pipeline(pipeline))

    def models(self) -> Sequence[model_pb2.Model]:
        """See `Client.models`."""
        return self._run(self._client.models())

    def watch(self, task: str, *, after_sequence: int | None = None) -> Iterator[WatchMessage]:
        """See `Client.watch`."""
        return self._each(self._client.watch(task, after_sequence=after_sequence))

    def batch_create(
        self, requests: Sequence[CreateTaskRequest], *, request_id: str | None = None
    ) -> BatchCreateTasksResponse:
        """See `Client.batch_create`."""
        return self._run(self._client.batch_create(requests, request_id=request_id))

    def get_batch(self, batch: str) -> Batch:
        """See `Client.get_batch`."""
        return self._run(self._client.get_batch(batch))

    def watch_batch(self, batch: str, *, after_sequence: int | None = None) -> Iterator[BatchMessage]:
        """See `Client.watch_batch`."""
        return self._each(self._client.watch_batch(batch, after_sequence=after_sequence))

    def wait_batch(self, batch: str, *, on_message: Callable[[BatchMessage], None] | None = None) -> Batch:
        """See `Client.wait_batch`. on_message runs on the client's own thread."""
        return self._run(self._client.wait_batch(batch, on_message=on_message))

    def wait(self, task: str, *, on_message: Callable[[WatchMessage], None] | None = None) -> task_pb2.Task:
        """See `Client.wait`. on_message runs on the client's own thread."""
        return self._run(self._client.wait(task, on_message=on_message))

    def result(self, task: str) -> Message | None:
        """See `Client.result`."""
        return self._run(self._client.result(task))

    def read(self, name: str) -> bytes:
        """See `Client.read`."""
        return self._run(self._client.read(name))

    def download(self, name: str, path: str | os.PathLike[str]) -> Path:
        """See `Client.download`."""
        return self._run(self._client.download(name, path))

    def save(self, task: task_pb2.Task, folder: str | os.PathLike[str]) -> dict[str, Path]:
        """See `Client.save`."""
        return self._run(self._client.save(task, folder))

    def analyze(
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
        """See `Client.analyze`. on_message runs on the client's own thread."""
        return self._run(
            self._client.analyze(
                pipeline,
                images,
                parameters=parameters,
                labels=labels,
                weights=weights,
                folder=folder,
                on_message=on_message,
                **options,
            )
        )

    def _run(self, call: Coroutine[Any, Any, T]) -> T:
        future = asyncio.run_coroutine_threadsafe(call, self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()  # Ctrl-C in the caller's thread must end the call in the loop too
            raise

    def _each(self, items: AsyncGenerator[T, None]) -> Iterator[T]:
        try:
            while True:
                try:
                    yield self._run(_next(items))
                except StopAsyncIteration:
                    return
        finally:
            if not self._loop.is_closed():
                self._run(items.aclose())


async def _open(server: str | None, patience: Patience | None) -> Client:
    return Client(server, patience=patience)


async def _next(items: AsyncGenerator[T, None]) -> T:
    return await anext(items)
