"""What happens around every RPC: principal, trace and deadline in; error to status; metrics and log out."""

import asyncio
import inspect
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Any

import grpc
from google.protobuf.message import DecodeError

from radmesh.errors import Code, InvalidRequestError, RadmeshError, Violation
from radmesh.status import status_code, trailing_metadata
from services.chassis import deadlines, logs, principals, tracing
from services.chassis.metrics import Metrics

Context = grpc.aio.ServicerContext
_LOG = logs.logger(__name__)
_WORTH_A_LINE = frozenset({Code.INTERNAL, Code.UNKNOWN, Code.DATA_LOSS})


class ServerInterceptor(grpc.aio.ServerInterceptor):
    """Wraps each method once. Only the start and the end of an RPC pass through here, never its messages."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._wrapped: dict[str, tuple[Any, Any]] = {}

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[grpc.RpcMethodHandler]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler:
        """See grpc.aio.ServerInterceptor."""
        handler = await continuation(handler_call_details)
        if handler is None:
            return handler
        method = handler_call_details.method
        known = self._wrapped.get(method)
        if known is None or known[0] is not handler:
            known = self._wrapped[method] = (handler, _wrap(handler, _Calls(method, self._metrics)))
        return known[1]


def _wrap(handler: Any, calls: "_Calls") -> grpc.RpcMethodHandler:
    if handler.response_streaming:
        body = handler.stream_stream if handler.request_streaming else handler.unary_stream
        make = (
            grpc.stream_stream_rpc_method_handler
            if handler.request_streaming
            else grpc.unary_stream_rpc_method_handler
        )
    else:
        body = handler.stream_unary if handler.request_streaming else handler.unary_unary
        make = (
            grpc.stream_unary_rpc_method_handler
            if handler.request_streaming
            else grpc.unary_unary_rpc_method_handler
        )
    if inspect.isasyncgenfunction(body):
        body = _written(body)
    if handler.request_streaming:
        return make(calls.around(body), handler.request_deserializer, handler.response_serializer)
    # A single request is read by us, so that one which cannot be read is the caller's error, not ours.
    return make(calls.around(_decoded(body, handler.request_deserializer)), None, handler.response_serializer)


def _written(body: Callable[[Any, Context], AsyncIterator[Any]]) -> Callable[[Any, Context], Awaitable[None]]:
    """A generator method as one that writes: no generator around a generator, and it is closed at the end."""

    async def write_all(request: Any, context: Context) -> None:
        async with aclosing(body(request, context)) as messages:  # type: ignore[type-var]
            async for message in messages:
                await context.write(message)

    return write_all


def _decoded(body: Callable[[Any, Context], Awaitable[Any]], decode: Callable[[bytes], Any]) -> Any:
    async def decode_first(request: bytes, context: Context) -> Any:
        try:
            message = decode(request)
        except DecodeError:
            raise InvalidRequestError([Violation("request", "not a message of the method's type")]) from None
        return await body(message, context)

    return decode_first


class _Calls:
    """The calls of one method."""

    def __init__(self, method: str, metrics: Metrics) -> None:
        self._method = method
        _, self._service, self._name = method.split("/", 2)
        self._metrics = metrics
        self._running = metrics.rpcs_running.labels(self._service, self._name)
        self._ended: dict[str, tuple[Any, Any]] = {}

    def around(
        self, body: Callable[[Any, Context], Awaitable[Any]]
    ) -> Callable[[Any, Context], Awaitable[Any]]:
        """The method with everything that happens around it."""

        async def call(request: Any, context: Context) -> Any:
            begun = time.monotonic()
            self._running.inc()
            code = "OK"
            try:
                _enter(context)
                answer = await body(request, context)
                code = _set_code(context)
                return answer
            except asyncio.CancelledError:
                code = "DEADLINE_EXCEEDED" if deadlines.remaining_deadline() == 0 else "CANCELLED"
                raise
            except Exception as error:  # noqa: BLE001 - the last line of defence; see _public
                public = _public(error, self._method)
                code = public.code.name
                await context.abort(status_code(public), public.message, trailing_metadata(public))
            finally:
                self._running.dec()
                self._count(code, time.monotonic() - begun)

        return call

    def _count(self, code: str, seconds: float) -> None:
        ended = self._ended.get(code)
        if ended is None:
            labels = (self._service, self._name, code)
            ended = self._metrics.rpcs.labels(*labels), self._metrics.rpc_seconds.labels(*labels)
            self._ended[code] = ended
        ended[0].inc()
        ended[1].observe(seconds)
        _LOG.debug("rpc", method=self._method, code=code, seconds=round(seconds, 6))


def _enter(context: Context) -> None:
    name = roles = traceparent = None
    for key, value in context.invocation_metadata() or ():
        if key == principals.PRINCIPAL_KEY:
            name = value
        elif key == principals.ROLES_KEY:
            roles = value
        elif key == tracing.TRACEPARENT_KEY:
            traceparent = value
    tracing.enter(tracing.begin(traceparent))
    deadlines.enter(context.time_remaining())
    principals.enter(principals.from_metadata(name, roles))


def _set_code(context: Context) -> str:
    code = context.code()
    return "OK" if code is None else code.name


def _public(error: Exception, method: str) -> RadmeshError:
    """What the caller is told. An error that nobody foresaw says nothing: its text may hold what it met."""
    raise NotImplementedError
