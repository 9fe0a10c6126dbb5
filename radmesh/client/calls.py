"""What the calls of a client have in common: a channel, patience, and pages."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any, TypeVar

import grpc

from radmesh.client.connection import CALL_TIMEOUT
from radmesh.client.retry import Patience, repeat

T = TypeVar("T")


class Calls:
    """Calls over one channel. A subclass for each subject adds the stubs that it needs."""

    def __init__(self, channel: grpc.aio.Channel, patience: Patience) -> None:
        self._channel = channel
        self._patience = patience

    async def _call(
        self,
        method: Callable[..., Awaitable[T]],
        request: Any,
        *,
        patience: Patience | None = None,
        seconds: float = CALL_TIMEOUT,
    ) -> T:
        """The answer of a unary method. seconds: for one try. patience: the client's when None."""
        return await repeat(patience or self._patience, lambda: method(request, timeout=seconds))

    async def _pages(
        self, method: Callable[..., Awaitable[T]], request: Any, *, seconds: float = CALL_TIMEOUT
    ) -> AsyncGenerator[T, None]:
        """Every page of a list, from the one that the request asks for."""
        while True:
            page: Any = await self._call(method, request, seconds=seconds)
            yield page
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token
