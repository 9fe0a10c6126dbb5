"""One Work stream of a worker, from hello to its end."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any, Protocol

import grpc

from radmesh.errors import UnavailableError
from radmesh.tasks.v1.worker_service_pb2 import (
    WorkerHello,
    WorkerWelcome,
    WorkRequest,
    WorkResponse,
)
from radmesh.tasks.v1.worker_service_pb2_grpc import WorkerServiceStub
from services.chassis import logs
from services.chassis.holding import LONGEST_HOLD_SECONDS
from services.chassis.outcome_limits import MAX_TOGETHER_BYTES

log = logs.logger(__name__)

_MOST_TOGETHER = 16
_END: Any = grpc.aio.EOF  # type: ignore[attr-defined]  # the stubs lack it


class SessionOwner(Protocol):
    """The worker as its session sees it."""

    def on_welcome(self, session: "WorkSession", welcome: WorkerWelcome) -> None:
        """The session is in force; what is unacknowledged is to be said again."""

    def on_response(self, response: WorkResponse) -> None:
        """A message came."""

    def beat(self) -> None:
        """It is time for a heartbeat."""

    def may_hold(self, messages: int) -> bool:
        """Whether so many messages may wait for more to go with them."""


class WorkSession:
    """One stream. `send` queues; nothing that is lost with the stream matters: the owner repeats it."""

    def __init__(self, owner: SessionOwner, *, welcome_seconds: float) -> None:
        self._owner = owner
        self._welcome_seconds = welcome_seconds
        self._outbox: asyncio.Queue[WorkRequest] = asyncio.Queue()
        self._wake = asyncio.Event()
        self._enough = asyncio.Event()

    def send(self, request: WorkRequest) -> None:
        """Queues a message."""
        self._outbox.put_nowait(request)
        self._look_again()

    def _look_again(self) -> None:
        """Ends the wait of what may not wait any more."""
        if not self._enough.is_set() and not self._may_hold():
            self._enough.set()

    def beat_soon(self) -> None:
        """Asks for a heartbeat before the next one is due."""
        self._wake.set()

    async def run(self, stub: WorkerServiceStub, make_hello: Callable[[], WorkerHello]) -> None:
        """Holds the stream until it ends, or the server asks to connect elsewhere.

        Raises grpc.aio.AioRpcError with the stream's status, UnavailableError when no welcome comes.
        """
        open_stream: Any = stub.Work
        call = open_stream()
        loops: list[asyncio.Task[None]] = []
        try:
            await call.write(WorkRequest(hello=make_hello()))
            first = await self._read_first(call)
            self._owner.on_welcome(self, first.welcome)
            interval = first.welcome.heartbeat_interval.ToTimedelta().total_seconds()
            most = _MOST_TOGETHER if first.welcome.reads_more else 1
            loops.append(asyncio.create_task(self._write(call, most), name="work-write"))
            loops.append(asyncio.create_task(self._beat(interval), name="work-beat"))
            waiting = list(first.more)
            while True:
                for response in waiting:
                    if response.WhichOneof("message") == "drain":
                        log.info("session drained")
                        return
                    self._owner.on_response(response)
                self._look_again()
                if (response := await call.read()) is _END:
                    return
                waiting = [response, *response.more]
        finally:
            for loop in loops:
                loop.cancel()
            call.cancel()
            await asyncio.gather(*loops, return_exceptions=True)

    async def _read_first(self, call: Any) -> WorkResponse:
        try:
            async with asyncio.timeout(self._welcome_seconds):
                response = await call.read()
        except TimeoutError:
            raise UnavailableError("no welcome came in time") from None
        if response is _END or response.WhichOneof("message") != "welcome":
            raise UnavailableError("the stream did not begin with a welcome")
        first: WorkResponse = response
        return first

    async def _write(self, call: Any, most_together: int) -> None:
        later: WorkRequest | None = None
        while True:
            # What waits goes in one message: sending one costs more than making it.
            request, later = later or await self._outbox.get(), None
            await self._hold()
            if not self._outbox.empty():
                # A copy, as an outcome that is not acknowledged is sent again.
                first, request = request, WorkRequest()
                request.CopyFrom(first)
                size = request.ByteSize()
                while len(request.more) < most_together - 1 and not self._outbox.empty():
                    later = self._outbox.get_nowait()
                    size += later.ByteSize()
                    if size > MAX_TOGETHER_BYTES:
                        break
                    request.more.append(later)
                    later = None
            try:
                await call.write(request)
            except (grpc.aio.AioRpcError, asyncio.InvalidStateError):
                return  # the reader learns the status

    def _may_hold(self) -> bool:
        held = self._outbox.qsize() + 1
        return held < _MOST_TOGETHER and self._owner.may_hold(held)

    async def _hold(self) -> None:
        """Lets a message wait for others, but not for long."""
        if self._may_hold():
            self._enough.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LONGEST_HOLD_SECONDS):
                    await self._enough.wait()

    async def _beat(self, interval: float) -> None:
        while True:
            self._owner.beat()
            try:
                async with asyncio.timeout(interval):
                    await self._wake.wait()
            except TimeoutError:
                continue
            self._wake.clear()
