"""Takes the figures of StatisticsService, for whoever asks and again and again for the metrics."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from radmesh.errors import UnavailableError
from services.tasks.statistics import AttemptTimes, Figures, with_stuck
from services.tasks.store import TaskStore
from services.tasks.stuck import Finding

_NONE = AttemptTimes()


class Counting:
    """Takes figures and shows them.

    show: is told the figures each time. stuck: by pipeline and finding, as this replica last saw it; None
    where it has not looked.
    """

    def __init__(
        self,
        store: TaskStore,
        show: Callable[[Figures], None],
        stuck: Callable[[], Mapping[tuple[str, Finding], int] | None],
    ) -> None:
        self._store = store
        self._show = show
        self._stuck = stuck
        self._times: Mapping[str, AttemptTimes] = {}

    async def take(self, *, times: bool = True) -> Figures:
        """All figures as they are now. times: whether the attempts' are read again, which takes longest."""
        read = await self._store.read_statistics()
        if times:
            self._times = {
                one.pipeline: await self._store.read_attempt_times(one.pipeline) for one in read.pipelines
            }
        stuck = self._stuck()
        pipelines = [
            with_stuck(replace(one, times=self._times.get(one.pipeline, _NONE)), stuck)
            for one in read.pipelines
        ]
        figures = replace(read, pipelines=pipelines)
        self._show(figures)
        return figures

    async def run(self, interval_seconds: float, times_seconds: float) -> None:
        """Takes them for ever; the times of attempts each `times_seconds`."""
        timed = float("-inf")
        while True:
            due = time.monotonic() - timed >= times_seconds
            try:
                await self.take(times=due)
            except UnavailableError:
                # The last figures stand: zero would read as "nothing waits".
                pass
            else:
                timed = time.monotonic() if due else timed
            await asyncio.sleep(interval_seconds)
