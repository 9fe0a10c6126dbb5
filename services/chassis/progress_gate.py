"""Lets an attempt's progress through at most five times a second, the latest value only."""

import asyncio
from collections.abc import Callable

from radmesh.tasks.v1.task_pb2 import TaskProgress

INTERVAL_SECONDS = 0.2


class ProgressGate:
    """The first value passes at once; of those that come too soon after, only the last one, when it may."""

    def __init__(self, send: Callable[[TaskProgress], None], interval: float = INTERVAL_SECONDS) -> None:
        self._send = send
        self._interval = interval
        self._next = 0.0
        self._pending: TaskProgress | None = None
        self._timer: asyncio.TimerHandle | None = None

    def offer(self, progress: TaskProgress) -> None:
        """Sends a value now or later, unless a newer one comes first."""
        self._pending = progress
        if self._timer is None:
            loop = asyncio.get_running_loop()
            wait = self._next - loop.time()
            if wait <= 0:
                self._pass()
            else:
                self._timer = loop.call_later(wait, self._pass)

    def close(self) -> None:
        """Forgets what was not sent: the attempt's end says more."""
        self._pending = None
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def _pass(self) -> None:
        self._timer = None
        pending, self._pending = self._pending, None
        if pending is not None:
            self._next = asyncio.get_running_loop().time() + self._interval
            self._send(pending)
