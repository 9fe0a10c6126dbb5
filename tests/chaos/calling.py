"""Calls through a broken mesh: repeated while a fault may be the cause of the error, and only then.

With the generated stubs: the Python client would hide repeats and gaps, which are what is looked for.
"""

import asyncio
import itertools
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import grpc

from radmesh.status import from_rpc_error

_ANSWER_SECONDS = 4.0
_WATCH_SECONDS = 20.0
_PAUSE_SECONDS = 0.1
_TRANSIENT = {
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.CANCELLED,
    grpc.StatusCode.UNKNOWN,
}


class Unexpected(Exception):
    """A call was refused with an error that no fault of ours explains. reason: that of the error."""

    def __init__(self, message: str, reason: str) -> None:
        super().__init__(message)
        self.reason = reason


def open_channel(address: str) -> grpc.aio.Channel:
    """A connection that comes back soon after the other side did."""
    options = [("grpc.max_reconnect_backoff_ms", 500), ("grpc.initial_reconnect_backoff_ms", 50)]
    return grpc.aio.insecure_channel(address, options)


async def ask(method: Callable[..., Awaitable[Any]], request: Any, principal: str = "") -> Any:
    """The answer of a unary call, however often it has to be repeated. Raises Unexpected.

    principal: who calls; `local` when empty.
    """
    answer, _ = await ask_counting(method, request, principal)
    return answer


async def ask_counting(
    method: Callable[..., Awaitable[Any]], request: Any, principal: str = ""
) -> tuple[Any, int]:
    """The answer, and how many calls without one came before it: each may still be carried out, and late.

    Raises Unexpected.
    """
    metadata = (("radmesh-principal", principal),) if principal else ()
    for unanswered in itertools.count():
        try:
            return await method(request, timeout=_ANSWER_SECONDS, metadata=metadata), unanswered
        except grpc.aio.AioRpcError as error:
            await pause_after(error)
    raise AssertionError("unreachable")


async def pause_after(error: grpc.aio.AioRpcError) -> None:
    """Waits a moment after an error that a fault explains. Raises Unexpected after another."""
    if error.code() not in _TRANSIENT:
        found = from_rpc_error(error)
        message = f"{error.code().name} {found.reason}: {found.message}"
        raise Unexpected(message, found.reason) from error
    await asyncio.sleep(random.uniform(0, _PAUSE_SECONDS))


async def follow(method: Callable[..., Any], request: Any) -> AsyncIterator[Any]:
    """The messages of one watch call until it ends or breaks. Raises AioRpcError."""
    call = method(request, timeout=_WATCH_SECONDS)
    try:
        async for message in call:
            yield message
    finally:
        call.cancel()
