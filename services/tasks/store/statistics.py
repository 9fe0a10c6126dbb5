"""What there is to measure about tasks, as the scripts have counted it."""

from collections.abc import Mapping, Sequence
from typing import Any

from services.tasks.lifecycle import RETRIES, Cause, State
from services.tasks.statistics import AttemptTimes, Figures, PipelineFigures, attempt_times
from services.tasks.store import keys
from services.tasks.store.connection import command
from services.tasks.store.part import StorePart
from services.tasks.store.reading import to_time
from services.tasks.stuck import STUCK

# Ready tasks of each pipeline among which the longest wait is looked for: more than are ever urgent at once.
_FIRST_IN_TURN = 20
# An alert on a rise needs the zero before it: these are shown, counted or not, and OTHER of the failures.
_RETRIED = tuple(cause.value for cause in RETRIES if cause is not Cause.RECOVERED)
_RECOVERED = (*(finding.name for finding in STUCK), "FORCED")


class StatisticsPart(StorePart):
    """Counts of all tasks, and the times of the latest attempts."""

    async def read_statistics(self) -> Figures:
        """Returns all figures but times and stuck tasks, at one instant."""
        call = ("read_statistics", keys.PIPELINES, self._now(), _FIRST_IN_TURN)
        now_ms, counts, *rows = await self._scripts.call(*call)
        counted = {field: int(count) for field, count in _pairs(counts).items()}
        found = [_figures(row, counted) for row in zip(*[iter(rows)] * 6, strict=True)]
        return Figures(to_time(now_ms), sorted(found, key=lambda one: one.pipeline))

    async def read_attempt_times(self, pipeline: str) -> AttemptTimes:
        """Returns what the latest attempts of a pipeline took."""
        return attempt_times(await command(self._redis, "LRANGE", keys.runtimes(pipeline), 0, -1))


def _figures(row: Sequence[Any], counts: Mapping[str, int]) -> PipelineFigures:
    name, workers, paused, wait_ms, tallies, failures = row
    pipeline, tallied = name.decode(), _pairs(tallies)
    return PipelineFigures(
        pipeline,
        counts={state: counts.get(f"{pipeline} {int(state)}", 0) for state in State if state},
        retries={cause: int(tallied.get(f"retries {cause}", 0)) for cause in _RETRIED},
        recoveries={finding: int(tallied.get(f"recoveries {finding}", 0)) for finding in _RECOVERED},
        failures={"OTHER": 0, **{reason: int(count) for reason, count in _pairs(failures).items()}},
        oldest_wait=wait_ms / 1000 if wait_ms >= 0 else None,
        connected_workers=workers,
        paused=bool(paused),
    )


def _pairs(flat: Sequence[bytes]) -> dict[str, bytes]:
    return {field.decode(): value for field, value in zip(flat[::2], flat[1::2], strict=True)}
