"""The status of a call whose server answered before the client had sent everything.

grpc.aio replaces that status by INTERNAL, "Internal error from Core", when a write fails as the call ends
(https://github.com/grpc/grpc/issues/36066): an upload refused on its way would lose its reason.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any

import grpc

_REPLACED = "Internal error from Core"
_WAIT_SECONDS = 0.5


class EarlyStatus:
    """Keeps the status that the server of a call sent, from the moment that it arrives.

    call: a grpc.aio call with a stream of requests, just started.
    """

    def __init__(self, call: Any) -> None:
        self._told: asyncio.Future[grpc.RpcError] = asyncio.get_running_loop().create_future()
        call.add_done_callback(self._keep)

    async def behind(self, raised: grpc.RpcError) -> grpc.RpcError:
        """The server's own status, where `raised` is the one that replaced it; else `raised`."""
        if raised.details() != _REPLACED:
            return raised
        try:
            return await asyncio.wait_for(asyncio.shield(self._told), _WAIT_SECONDS)
        except TimeoutError:
            return raised

    def _keep(self, call: Any) -> None:
        # Called at each status that is set: the server's, and the one that replaces it, in either order.
        code, details = _known(call.code()), _known(call.details())
        if details != _REPLACED and code != grpc.StatusCode.OK and not self._told.done():
            initial, trailing = _known(call.initial_metadata()), _known(call.trailing_metadata())
            self._told.set_result(grpc.aio.AioRpcError(code, initial, trailing, details, None))


def _known(asked: Coroutine[Any, Any, Any]) -> Any:
    """The result of a coroutine that need not wait: what a call that is done says of itself."""
    try:
        asked.send(None)
    except StopIteration as answer:
        return answer.value
    asked.close()
    return None
