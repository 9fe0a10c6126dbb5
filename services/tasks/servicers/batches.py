"""BatchService: create many tasks at once, read and watch them together."""

from collections.abc import AsyncGenerator, Callable
from typing import Any

import grpc

from radmesh.tasks.v1 import batch_service_pb2 as api
from radmesh.tasks.v1.batch_service_pb2_grpc import BatchServiceServicer
from services.chassis import logs, principals
from services.tasks.batch_messages import batch_message, item_message
from services.tasks.batch_requests import check_batch, read_batch
from services.tasks.parts import Parts
from services.tasks.validation import resource_id

Context = grpc.aio.ServicerContext[Any, Any]
_LOG = logs.logger(__name__)


class BatchServicer(BatchServiceServicer):
    """See batch_service.proto."""

    def __init__(self, parts: Callable[[], Parts]) -> None:
        self._parts = parts

    async def BatchCreateTasks(
        self, request: api.BatchCreateTasksRequest, context: Context
    ) -> api.BatchCreateTasksResponse:
        """See batch_service.proto."""
        owner, parts = principals.current().name, self._parts()
        check_batch(request)
        new = await read_batch(request, owner, parts)
        batch, items = await parts.store.create_batch(new)
        told = [item_message(item, parts.paces.outlook) for item in items]
        answer = api.BatchCreateTasksResponse(items=told)
        if batch is not None:
            answer.batch.CopyFrom(batch_message(batch))
            _LOG.info("batch created", batch=answer.batch.name, tasks=len(batch.members), asked=len(items))
        return answer

    async def GetBatch(self, request: api.GetBatchRequest, context: Context) -> api.GetBatchResponse:
        """See batch_service.proto."""
        batch_id = resource_id("batches", request.name)
        batch, _ = await self._parts().store.read_batch(batch_id, principals.current().name, None)
        return api.GetBatchResponse(batch=batch_message(batch))

    def WatchBatch(
        self, request: api.WatchBatchRequest, context: Context
    ) -> AsyncGenerator[api.WatchBatchResponse, None]:
        """See batch_service.proto. Not a generator itself: each layer counts with many idle watches."""
        resource_id("batches", request.name)
        after = request.after_sequence if request.HasField("after_sequence") else None
        return self._parts().hub.watch_batch(
            request.name, principals.current().name, after, reads_more=request.reads_more
        )
