"""The bare gRPC server that the fan-out is compared with: one event to all who watch, nothing around it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc

from bench import bare_server
from radmesh.tasks.v1 import task_pb2
from radmesh.tasks.v1.task_service_pb2 import WatchTaskRequest, WatchTaskResponse

_PENDING = [
    ("grpc.server.max_pending_requests", 100_000),
    ("grpc.server.max_pending_requests_hard_limit", 100_000),
]
_Context = grpc.aio.ServicerContext[Any, Any]


class _FanOut:
    """Keeps a future of the next event for all watches."""

    def __init__(self) -> None:
        self._next: asyncio.Future[WatchTaskResponse] | None = None

    def _coming(self) -> "asyncio.Future[WatchTaskResponse]":
        if self._next is None or self._next.done():
            self._next = asyncio.get_running_loop().create_future()
        return self._next

    async def watch(self, request: WatchTaskRequest, context: _Context) -> AsyncIterator[WatchTaskResponse]:
        """A snapshot, then the next event."""
        coming = self._coming()
        snapshot = WatchTaskResponse()
        snapshot.snapshot.sequence = 1
        yield snapshot
        yield await asyncio.shield(coming)

    async def publish(self, request: bytes, context: _Context) -> bytes:
        """Sends the event."""
        message = WatchTaskResponse()
        message.event.sequence = 2
        message.event.event_time.GetCurrentTime()
        message.event.state_change.state = task_pb2.TASK_STATE_CANCELLED
        self._coming().set_result(message)
        return b""


def _main() -> None:
    fan_out = _FanOut()
    watch = grpc.unary_stream_rpc_method_handler(
        fan_out.watch,
        request_deserializer=WatchTaskRequest.FromString,
        response_serializer=WatchTaskResponse.SerializeToString,
    )
    publish = grpc.unary_unary_rpc_method_handler(fan_out.publish)
    services = {"radmesh.tasks.v1.TaskService": {"WatchTask": watch}, "bench": {"Publish": publish}}
    bare_server.run(services, _PENDING)


if __name__ == "__main__":
    _main()
