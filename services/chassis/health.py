"""grpc.health.v1: whether this process takes calls, by service name and for the whole (the empty name)."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from radmesh.errors import NotFoundError, UnavailableError

SERVICE_NAME: str = health_pb2.DESCRIPTOR.services_by_name["Health"].full_name
Context = grpc.aio.ServicerContext[Any, Any]
_Response = health_pb2.HealthCheckResponse


class Health(health_pb2_grpc.HealthServicer):  # type: ignore[misc]  # the library has no types
    """Answers Check and Watch.

    The library's own servicer leaves its watches open for ever, so that every stop would last the whole
    grace; here `close` ends them.
    """

    def __init__(self) -> None:
        self._states: dict[str, int] = {"": _Response.NOT_SERVING}
        self._changed = asyncio.Event()
        self._closed = False

    def set_all(self, services: Iterable[str], serving: bool) -> None:
        """Says of these services, and of the whole, whether they take calls."""
        state = _Response.SERVING if serving else _Response.NOT_SERVING
        self._states.update(dict.fromkeys(["", *services], state))
        self._wake()

    def close(self) -> None:
        """Ends the watches once each has been told the last state."""
        self._closed = True
        self._wake()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    async def Check(
        self, request: health_pb2.HealthCheckRequest, context: Context
    ) -> health_pb2.HealthCheckResponse:
        """See grpc/health/v1/health.proto."""
        state = self._states.get(request.service)
        if state is None:
            raise NotFoundError("No service of this name is served here.", reason="SERVICE_NOT_FOUND")
        return _Response(status=state)

    async def Watch(
        self, request: health_pb2.HealthCheckRequest, context: Context
    ) -> AsyncIterator[health_pb2.HealthCheckResponse]:
        """See grpc/health/v1/health.proto."""
        told = None
        while True:
            changed = self._changed
            state = self._states.get(request.service, _Response.SERVICE_UNKNOWN)
            if state != told:
                yield _Response(status=state)
                told = state
            elif self._closed:
                raise UnavailableError("This process stops.", reason="DRAINING")
            else:
                await changed.wait()
