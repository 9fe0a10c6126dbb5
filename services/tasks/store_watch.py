"""Looks after the store: says once when it goes and comes back and why, and mends what an emptying broke."""

import asyncio
import random
from collections.abc import Callable

from radmesh.errors import UnavailableError
from services.chassis import logs
from services.tasks.metrics import TasksMetrics
from services.tasks.store import TaskStore

_LOG = logs.logger(__name__)
_SECONDS = 1.0
UP = "up"


class StoreWatch:
    """Probes the store every second.

    on_emptied: called when all that was in it is gone, as after a FLUSHALL.
    """

    def __init__(self, store: TaskStore, metrics: TasksMetrics, on_emptied: Callable[[], None]) -> None:
        self._store = store
        self._metrics = metrics
        self._on_emptied = on_emptied
        self._state = ""
        self._told: frozenset[str] = frozenset()

    async def run(self) -> None:
        """Looks for ever. Raises FailedPreconditionError when a process of another schema took the store."""
        while True:
            await self.look()
            await asyncio.sleep(_SECONDS * random.uniform(0.8, 1.0))

    async def look(self) -> None:
        """Looks once."""
        try:
            emptied = await self._store.probe()
        except UnavailableError as error:
            self._now(error.metadata["cause"], error.message)
            await self._look_elsewhere()
            return
        if emptied:
            _LOG.error("store was emptied: tasks, images and request ids are gone; workers say hello again")
            self._metrics.store_emptied.inc()
            self._on_emptied()
        if self._state != UP:
            await self._check_settings()
        self._now(UP, "")

    async def _look_elsewhere(self) -> None:
        """A primary that was cut off and replaced may go on answering."""
        try:
            await self._store.look_again()
        except UnavailableError:
            return

    async def _check_settings(self) -> None:
        """At the start and after every trouble: it may be another server now."""
        try:
            found = frozenset(await self._store.shortcomings())
        except UnavailableError:
            return
        for shortcoming in sorted(found - self._told):
            _LOG.warning("store not set as it must be", problem=shortcoming)
        self._told = found

    def _now(self, state: str, problem: str) -> None:
        self._metrics.show_store(state)
        if state == self._state:
            return
        before, self._state = self._state, state
        if state != UP:
            _LOG.error("store in trouble", cause=state, problem=problem)
        elif before:
            _LOG.warning("store well again", was=before)
