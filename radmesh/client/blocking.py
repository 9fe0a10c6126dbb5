"""How callers without an event loop get at asynchronous methods: on a loop in a thread of its own."""

import asyncio
import functools
import threading
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
C_co = TypeVar("C_co", covariant=True)


class LoopThread:
    """An event loop in a thread, until it is closed."""

    def __init__(self, name: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=name, daemon=True)
        self._thread.start()

    @property
    def closed(self) -> bool:
        """Whether nothing can run any more."""
        return self._loop.is_closed()

    def run(self, call: Coroutine[Any, Any, T]) -> T:
        """What the coroutine returns or raises."""
        future = asyncio.run_coroutine_threadsafe(call, self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()  # Ctrl-C in the caller's thread must end the call in the loop too
            raise

    def each(self, items: AsyncGenerator[T, None]) -> Iterator[T]:
        """What the generator yields; it is closed when the iterator is."""
        try:
            while True:
                try:
                    yield self.run(_next(items))
                except StopAsyncIteration:
                    return
        finally:
            if not self.closed:
                self.run(items.aclose())

    def close(self) -> None:
        """Ends loop and thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


class BlockingFace(Generic[C_co]):
    """An asynchronous object whose methods a subclass offers as `blocking` or `iterating`."""

    def __init__(self, behind: C_co, thread: LoopThread) -> None:
        self._behind = behind
        self._thread = thread


def blocking(
    method: Callable[Concatenate[C_co, P], Coroutine[Any, Any, T]],
) -> Callable[Concatenate[BlockingFace[C_co], P], T]:
    """The same method, which blocks until it has the answer."""

    @functools.wraps(method)
    def call(self: BlockingFace[C_co], /, *arguments: P.args, **options: P.kwargs) -> T:
        return self._thread.run(method(self._behind, *arguments, **options))

    return call


def iterating(
    method: Callable[Concatenate[C_co, P], AsyncGenerator[T, None]],
) -> Callable[Concatenate[BlockingFace[C_co], P], Iterator[T]]:
    """The same method, which returns an iterator that blocks until it has the next one."""

    @functools.wraps(method)
    def call(self: BlockingFace[C_co], /, *arguments: P.args, **options: P.kwargs) -> Iterator[T]:
        return self._thread.each(method(self._behind, *arguments, **options))

    return call


async def _next(items: AsyncGenerator[T, None]) -> T:
    return await anext(items)
