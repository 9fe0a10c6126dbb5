"""What a caller is told about an exception that a method ended with."""

import asyncio
from typing import Any

import grpc

from radmesh.cancelling import is_cancelled
from radmesh.errors import Code, DeadlineExceededError, RadmeshError, UnavailableError
from radmesh.status import from_rpc_error, has_details
from services.chassis import deadlines


def public_error(error: BaseException, context: grpc.aio.ServicerContext[Any, Any]) -> RadmeshError | None:
    """The error to answer with; None when the RPC is over already and gRPC wants the exception itself.

    An exception that nobody foresaw is told without its text, which may hold what the code was working on.
    """
    if isinstance(error, RadmeshError):
        return error
    if isinstance(error, asyncio.CancelledError):
        return _cancelled()
    if isinstance(error, grpc.RpcError):
        return _next_hop(error)
    # AbortError: a library's servicer answered for itself. InternalError: a write to a caller that has gone.
    if not isinstance(error, Exception) or isinstance(error, grpc.aio.AbortError | grpc.aio.InternalError):
        return None
    return None if context.done() else _unforeseen(error, context)


def _unforeseen(error: Exception, context: grpc.aio.ServicerContext[Any, Any]) -> RadmeshError:
    if isinstance(error, TimeoutError) and deadlines.remaining_deadline() == 0:
        return DeadlineExceededError("The deadline passed.")
    # The generated base class of a servicer says it so of a method that is not written.
    if isinstance(error, NotImplementedError) and context.code() == grpc.StatusCode.UNIMPLEMENTED:
        missing = RadmeshError("This method is not served here.", reason="UNIMPLEMENTED")
        missing.code = Code.UNIMPLEMENTED
        return missing
    return RadmeshError("Something went wrong on our side; the log of the service tells what.")


def _cancelled() -> RadmeshError | None:
    # gRPC cancels the task when the caller has gone. When something else was cancelled that the method
    # waited for, gRPC would send no status at all and leave the caller waiting.
    if is_cancelled():
        return None
    return UnavailableError("The call was cut on our side. Repeat it.")


def _next_hop(error: grpc.RpcError) -> RadmeshError:
    """The next hop's own error as it is. What gRPC itself says of a hop names addresses: not passed on."""
    if has_details(error):
        return from_rpc_error(error)
    if error.code() == grpc.StatusCode.DEADLINE_EXCEEDED:
        return DeadlineExceededError("The deadline passed.")
    if error.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED):
        return UnavailableError("A part of the mesh cannot be reached. Repeat the call.")
    return RadmeshError("A part of the mesh answered in a way that nobody foresaw; the logs tell what.")
