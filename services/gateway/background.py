"""Work that a service repeats for as long as it runs, and that no outage may end."""

import asyncio
from collections.abc import Awaitable, Callable

from radmesh.errors import RadmeshError
from services.chassis import contexts, logs

_LOG = logs.logger(__name__)


class Repeated:
    """Does something every `pause` seconds. A failure is logged, once until it succeeds again."""

    def __init__(self, name: str, work: Callable[[], Awaitable[object]], pause: float) -> None:
        self._name = name
        self._work = work
        self._pause = pause
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begins at once."""
        self._task = contexts.detached(self._run(), name=self._name)

    async def stop(self) -> None:
        """Ends it, in the middle of the work if need be."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _run(self) -> None:
        failed = False
        while True:
            try:
                await self._work()
                failed = False
            except (RadmeshError, OSError) as error:
                if not failed:
                    _LOG.warning("repeated work failed", work=self._name, error=type(error).__name__)
                failed = True
            await asyncio.sleep(self._pause)
