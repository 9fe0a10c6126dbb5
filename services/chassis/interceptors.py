"""What happens around every RPC: principal, trace and deadline in; error to status; metrics and log out."""

import inspect
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import aclosing
from typing import Any

import grpc
from google.protobuf.message import DecodeError

from radmesh.errors import Code, InvalidRequestError, RadmeshError, Violation
from radmesh.status import status_code, to_status, trailing_metadata
from services.chassis import deadlines, logs, principals, tracing
from services.chassis.faults import public_error
from services.chassis.metrics import Metrics

Context = grpc.aio.ServicerContext[Any, Any]
Body = Callable[[Any, Context], Awaitable[Any]]
_LOG = logs.logger(__name__)
# Asked before a line is built: building one that is then dropped would cost more than all the rest.
_DEBUG = logging.getLogger(__name__)
_OURS = frozenset({Code.INTERNAL, Code.UNKNOWN, Code.DATA_LOSS})


class ServerInterceptor(grpc.aio.ServerInterceptor):  # type: ignore[type-arg]
    """Wraps each method once. Only the start and the end of an RPC pass through here, never its messages."""

    def __init__(self, metrics: Metrics, *, trust_principal: bool) -> None:
        """trust_principal: whether a caller is who its metadata says, or else `local`."""
        self._metrics = metrics
        self._trust_principal = trust_principal
        self._wrapped: dict[str, tuple[Any, Any]] = {}

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Any]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Any:
        """See grpc.aio.ServerInterceptor."""
        handler = await continuation(handler_call_details)
        if handler is None:
            return handler
        method = handler_call_details.method
        known = self._wrapped.get(method)
        if known is None or known[0] is not handler:
            known = self._wrapped[method] = (handler, _wrap(handler, self._calls(method)))
        return known[1]

    def _calls(self, method: str) -> "_Calls":
        return _Calls(method, self._metrics, trust_principal=self._trust_principal)


def _wrap(handler: Any, calls: "_Calls") -> Any:
    requests, responses = handler.request_streaming, handler.response_streaming
    body, make = {
        (False, False): (handler.unary_unary, grpc.unary_unary_rpc_method_handler),
        (False, True): (handler.unary_stream, grpc.unary_stream_rpc_method_handler),
        (True, False): (handler.stream_unary, grpc.stream_unary_rpc_method_handler),
        (True, True): (handler.stream_stream, grpc.stream_stream_rpc_method_handler),
    }[requests, responses]
    if not inspect.iscoroutinefunction(body):
        body = _written(body) if responses else _called(body)
    if requests:
        decode = handler.request_deserializer and _strict(handler.request_deserializer)
        return make(calls.around(body), decode, handler.response_serializer)
    # A single request is read by us, so that one which cannot be read is the caller's error, not ours.
    return make(calls.around(_decoded(body, handler.request_deserializer)), None, handler.response_serializer)


def _written(body: Callable[[Any, Context], AsyncGenerator[Any, None]]) -> Body:
    """A generator method as one that writes: no generator around a generator, and it is closed at the end.

    Also for a plain method that returns a generator.
    """

    async def write_all(request: Any, context: Context) -> None:
        async with aclosing(body(request, context)) as messages:
            async for message in messages:
                await context.write(message)
                # An idle stream holds no message: there are many of them.
                del message

    return write_all


def _called(body: Callable[[Any, Context], Any]) -> Body:
    """A plain method, such as the one that the generated base class has for what nobody wrote."""

    async def call_plainly(request: Any, context: Context) -> Any:
        return body(request, context)

    return call_plainly


def _decoded(body: Body, decode: Callable[[bytes], Any]) -> Body:
    strict = _strict(decode)

    async def decode_first(request: bytes, context: Context) -> Any:
        return await body(strict(request), context)

    return decode_first


def _strict(decode: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
    """Reads a message; one that cannot be read is the caller's error, in a stream too."""

    def read(content: bytes) -> Any:
        try:
            return decode(content)
        except DecodeError:
            raise InvalidRequestError([Violation("request", "not a message of the method's type")]) from None

    return read


class _Calls:
    """The calls of one method."""

    def __init__(self, method: str, metrics: Metrics, *, trust_principal: bool) -> None:
        self._method = method
        self._trust_principal = trust_principal
        _, self._service, self._name = method.split("/", 2)
        self._metrics = metrics
        self._running = metrics.rpcs_running.labels(self._service, self._name)
        self._ended: dict[str, tuple[Any, Any]] = {}

    def around(self, body: Body) -> Body:
        """The method with everything that happens around it."""

        async def call(request: Any, context: Context) -> Any:
            begun = time.monotonic()
            self._running.inc()
            code = "OK"
            try:
                _enter(context, trust_principal=self._trust_principal)
                answer = await body(request, context)
                code = _code_of(context)
                return answer
            except BaseException as error:
                public = public_error(error, context)
                if public is None:
                    code = _code_of(context) if isinstance(error, grpc.aio.AbortError) else _gone()
                    raise
                code = public.code.name
                self._log(public, error)
                told = to_status(public)
                await context.abort(status_code(public), told.message, trailing_metadata(told))
            finally:
                self._running.dec()
                self._count(code, time.monotonic() - begun)

        return call

    def _log(self, public: RadmeshError, error: BaseException) -> None:
        ours = public.code in _OURS
        fields = _loggable(public.violations) if isinstance(public, InvalidRequestError) else []
        (_LOG.error if ours else _LOG.info)(
            "rpc failed" if ours else "rpc refused",
            method=self._method,
            code=public.code.name,
            reason=public.reason,
            **({"fields": fields} if fields else {}),
            **({"exc_info": error} if ours else {}),
        )

    def _count(self, code: str, seconds: float) -> None:
        ended = self._ended.get(code)
        if ended is None:
            labels = (self._service, self._name, code)
            ended = self._metrics.rpcs.labels(*labels), self._metrics.rpc_seconds.labels(*labels)
            self._ended[code] = ended
        ended[0].inc()
        ended[1].observe(seconds)
        if _DEBUG.isEnabledFor(logging.DEBUG):
            _LOG.debug("rpc ended", method=self._method, code=code, seconds=round(seconds, 6))


def _loggable(violations: Iterable[Violation]) -> list[str]:
    """Which fields were wrong, without the keys that a caller chose: one may be a patient's name."""
    return sorted({one.field.partition(".")[0] for one in violations})


def _enter(context: Context, *, trust_principal: bool) -> None:
    name: Any = None
    roles: Any = None
    traceparent: Any = None
    for key, value in context.invocation_metadata() or ():
        if key == principals.PRINCIPAL_KEY:
            name = value
        elif key == principals.ROLES_KEY:
            roles = value
        elif key == tracing.TRACEPARENT_KEY:
            traceparent = value
    tracing.enter(tracing.begin(traceparent))
    deadlines.enter(context.time_remaining())
    principals.enter(principals.from_metadata(name, roles) if trust_principal else principals.LOCAL)


def _code_of(context: Context) -> str:
    code = context.code()
    return "OK" if code is None else code.name


def _gone() -> str:
    return "DEADLINE_EXCEEDED" if deadlines.remaining_deadline() == 0 else "CANCELLED"
