"""BatchService: handed on to `tasks`, but for the watches, which share the one stream to it."""

from collections.abc import AsyncGenerator

from radmesh.tasks.v1 import batch_service_pb2 as pb
from radmesh.tasks.v1.batch_service_pb2_grpc import BatchServiceServicer
from services.chassis import principals
from services.chassis.watch import WatchHub
from services.gateway import edge
from services.gateway.edge import Context
from services.gateway.tasks_peer import TasksPeer


class BatchServicer(BatchServiceServicer):
    """See batch_service.proto."""

    def __init__(self, peer: TasksPeer, hub: WatchHub) -> None:
        self._peer = peer
        self._hub = hub

    async def BatchCreateTasks(
        self, request: pb.BatchCreateTasksRequest, context: Context
    ) -> pb.BatchCreateTasksResponse:
        """See batch_service.proto."""
        answer: pb.BatchCreateTasksResponse = await self._peer.ask(
            self._peer.batches.BatchCreateTasks, request
        )
        return answer

    async def GetBatch(self, request: pb.GetBatchRequest, context: Context) -> pb.GetBatchResponse:
        """See batch_service.proto."""
        answer: pb.GetBatchResponse = await self._peer.ask(self._peer.batches.GetBatch, request)
        return answer

    def WatchBatch(
        self, request: pb.WatchBatchRequest, context: Context
    ) -> AsyncGenerator[pb.WatchBatchResponse, None]:
        """See batch_service.proto. Not a generator itself: each layer counts with many watches."""
        after = request.after_sequence if request.HasField("after_sequence") else None
        edge.check_watch("batches", request.name, after)
        return self._hub.watch_batch(
            request.name, principals.current().name, after, reads_more=request.reads_more
        )
