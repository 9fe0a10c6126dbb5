"""Does what is due in the store, again and again. Every replica ticks; none leads."""

import asyncio
import random

from radmesh.errors import UnavailableError
from services.chassis import logs
from services.tasks.sessions import Sessions
from services.tasks.store import TaskStore

_LOG = logs.logger(__name__)
# Never a busy loop, whatever the store says is due.
_SHORTEST_SECONDS = 0.01


class Ticker:
    """Ticks at the earlier of the next due time and `longest_seconds`, jittered so that replicas spread."""

    def __init__(self, store: TaskStore, sessions: Sessions, longest_seconds: float) -> None:
        self._store = store
        self._sessions = sessions
        self._longest_seconds = longest_seconds

    async def run(self) -> None:
        """Ticks for ever."""
        while True:
            pause = await self._tick()
            self._sessions.wake_all()
            await asyncio.sleep(pause * random.uniform(0.8, 1.0) + _SHORTEST_SECONDS)

    async def _tick(self) -> float:
        try:
            report = await self._store.tick()
        except UnavailableError:
            return self._longest_seconds
        if report.expired or report.timed_out or report.renewed:
            _LOG.info("tick", expired=report.expired, timed_out=report.timed_out, renewed=report.renewed)
        due = report.next_due
        return self._longest_seconds if due is None else min(self._longest_seconds, due)
