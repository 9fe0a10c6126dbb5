"""Work that outlives the call which began it."""

import asyncio
from collections.abc import Coroutine
from contextvars import Context
from typing import Any, TypeVar

T = TypeVar("T")


def detached(work: Coroutine[Any, Any, T], *, name: str | None = None) -> asyncio.Task[T]:
    """Starts a task that knows nothing of the current call: not its principal, its trace, its deadline.

    A plain asyncio task would inherit them, and a stream shared by many callers would end with the first
    one's deadline.
    """
    return asyncio.get_running_loop().create_task(work, name=name, context=Context())
