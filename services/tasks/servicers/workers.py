"""WorkerService: the way of work to workers, one stream for each."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import grpc

from radmesh.errors import InvalidRequestError, Violation
from radmesh.tasks.v1 import worker_service_pb2 as api
from radmesh.tasks.v1.worker_service_pb2_grpc import WorkerServiceServicer
from services.tasks.parts import Parts

Context = grpc.aio.ServicerContext[Any, Any]


class WorkerServicer(WorkerServiceServicer):
    """See worker_service.proto."""

    def __init__(self, parts: Callable[[], Parts]) -> None:
        self._parts = parts

    async def Work(  # type: ignore[override]  # the stubs only know generators; grpc.aio takes either
        self, requests: AsyncIterator[api.WorkRequest], context: Context
    ) -> None:
        """See worker_service.proto. Writes its answers, since reading goes on beside it."""
        first = await anext(aiter(requests), api.WorkRequest())
        if not first.HasField("hello"):
            raise InvalidRequestError([Violation("message", "the first one must be `hello`")])
        sessions = self._parts().sessions
        session = await sessions.open(first.hello)
        try:
            await session.run(requests, context.write)
        finally:
            await sessions.close(session)
