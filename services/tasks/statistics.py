"""Figures about the tasks of a pipeline, and what a list of measured times amounts to. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from services.tasks.lifecycle import State
from services.tasks.stuck import STUCK, Finding


@dataclass(frozen=True)
class TimeFigures:
    """What measured times amount to. Seconds; all 0 when nothing was measured."""

    count: int = 0
    mean: float = 0.0
    p50: float = 0.0
    p95: float = 0.0


@dataclass(frozen=True)
class AttemptTimes:
    """Times that the latest attempts of a pipeline waited and ran."""

    queue: TimeFigures = TimeFigures()
    run: TimeFigures = TimeFigures()


@dataclass(frozen=True)
class PipelineFigures:
    """A pipeline in figures. Retries, recoveries and failures count from when the store was new.

    retries: by cause. recoveries: by finding, `FORCED` where nothing was wrong. stuck: by finding, empty when
    not known. failures: by reason. oldest_wait: seconds; None when nothing waits.
    """

    pipeline: str
    counts: Mapping[State, int] = field(default_factory=dict)
    times: AttemptTimes = AttemptTimes()
    retries: Mapping[str, int] = field(default_factory=dict)
    recoveries: Mapping[str, int] = field(default_factory=dict)
    stuck: Mapping[Finding, int] = field(default_factory=dict)
    failures: Mapping[str, int] = field(default_factory=dict)
    oldest_wait: float | None = None
    connected_workers: int = 0
    paused: bool = False


@dataclass(frozen=True)
class Figures:
    """All pipelines in figures, in the order of their names, and when they were taken."""

    take_time: datetime
    pipelines: Sequence[PipelineFigures] = ()


def with_stuck(found: PipelineFigures, stuck: Mapping[tuple[str, Finding], int] | None) -> PipelineFigures:
    """The same with the number of tasks that are stuck. stuck: by pipeline and finding; None: not known."""
    if stuck is None:
        return found
    return replace(found, stuck={finding: stuck.get((found.pipeline, finding), 0) for finding in STUCK})


def attempt_times(entries: Sequence[bytes]) -> AttemptTimes:
    """What the latest attempts took. entries: as `runtimes_key` of lua/keys.lua says."""
    pairs = [entry.split()[:2] for entry in entries]
    return AttemptTimes(
        time_figures([int(queue_ms) for queue_ms, _ in pairs]),
        time_figures([int(run_ms) for _, run_ms in pairs]),
    )


def time_figures(milliseconds: Sequence[int]) -> TimeFigures:
    """Count, mean and percentiles of times, in seconds."""
    if not milliseconds:
        return TimeFigures()
    ordered = sorted(milliseconds)
    return TimeFigures(
        len(ordered),
        sum(ordered) / len(ordered) / 1000,
        percentile(ordered, 50) / 1000,
        percentile(ordered, 95) / 1000,
    )


def percentile(ordered: Sequence[float], percent: float) -> float:
    """The value that so many percent of the ordered ones stay below, linear between neighbours.

    Hyndman and Fan 1996, definition 7; the default of numpy.
    """
    place = (len(ordered) - 1) * percent / 100
    lower = int(place)
    upper = min(lower + 1, len(ordered) - 1)
    return ordered[lower] + (ordered[upper] - ordered[lower]) * (place - lower)
