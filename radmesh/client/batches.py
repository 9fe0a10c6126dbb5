"""Many tasks at once: created by one call, followed on one watch."""

import uuid
from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Any

import grpc

from radmesh.client import watching
from radmesh.client.calls import Calls
from radmesh.client.requests import full_name
from radmesh.client.retry import Patience
from radmesh.tasks.v1 import batch_service_pb2 as api
from radmesh.tasks.v1.batch_service_pb2_grpc import BatchServiceStub
from radmesh.tasks.v1.task_service_pb2 import CreateTaskRequest

BatchMessage = api.WatchBatchResponse


class BatchCalls(Calls):
    """The part of `Client` that deals with batches. Names may be given whole or as bare ids."""

    def __init__(self, channel: grpc.aio.Channel, patience: Patience) -> None:
        super().__init__(channel, patience)
        self._batches: Any = BatchServiceStub(channel)

    async def batch_create(
        self, requests: Sequence[CreateTaskRequest], *, request_id: str | None = None
    ) -> api.BatchCreateTasksResponse:
        """Creates up to 500 tasks at once: see `task_request`.

        Those that cannot be created are told by `items`, one for each request in order; the others are
        created, and are the members of `batch`. request_id: UUID v4 of the whole; a new one when None.
        """
        request = api.BatchCreateTasksRequest(request_id=request_id or str(uuid.uuid4()), requests=requests)
        answer: api.BatchCreateTasksResponse = await self._call(self._batches.BatchCreateTasks, request)
        return answer

    async def get_batch(self, batch: str) -> api.Batch:
        """A batch with the state of each of its tasks."""
        request = api.GetBatchRequest(name=full_name("batches", batch))
        answer: api.GetBatchResponse = await self._call(self._batches.GetBatch, request)
        return answer.batch

    async def watch_batch(
        self, batch: str, *, after_sequence: int | None = None
    ) -> AsyncGenerator[BatchMessage, None]:
        """The messages of a batch until its last task has ended, resumed through every break.

        As `watch`, by the batch's own sequence.
        """
        name = full_name("batches", batch)

        def open_watch(after: int | None) -> Any:
            return self._batches.WatchBatch(
                api.WatchBatchRequest(name=name, after_sequence=after, reads_more=True)
            )

        messages = watching.resumed(open_watch, _is_last, after_sequence, self._patience)
        try:
            async for message in messages:
                yield message
        finally:
            await messages.aclose()

    async def wait_batch(
        self, batch: str, *, on_message: Callable[[BatchMessage], None] | None = None
    ) -> api.Batch:
        """Watches a batch to its end and returns it. on_message: is told every message."""
        async for message in self.watch_batch(batch):
            if on_message is not None:
                on_message(message)
        return await self.get_batch(batch)


def _is_last(message: BatchMessage) -> bool:
    if message.WhichOneof("message") == "snapshot":
        return message.snapshot.HasField("end_time")
    return message.event.open_tasks == 0
