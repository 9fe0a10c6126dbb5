"""The figures of StatisticsService as metrics. They are the whole mesh's: every replica shows the same."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from services.tasks.lifecycle import State
from services.tasks.statistics import Figures, PipelineFigures, TimeFigures

# Values of the label beside `pipeline`, each with its figure.
_Rows = Iterable[tuple[str, float]]


class StatisticsCollector(Collector):
    """Shows the figures that were taken last; while the store is away they stand.

    Made anew for each page, so that the series of a deleted pipeline end.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._figures = Figures(datetime.fromtimestamp(0, UTC))
        registry.register(self)

    def show(self, figures: Figures) -> None:
        """Shows these from now on."""
        self._figures = figures

    def collect(self) -> Iterator[Metric]:
        """See Collector. Runs in the thread of the page: reads one reference, which nobody changes."""
        figures = self._figures
        yield GaugeMetricFamily(
            "radmesh_tasks_statistics_time_seconds",
            "When these figures were taken, in seconds since the epoch; 0 before the first time.",
            figures.take_time.timestamp(),
        )
        for metric in _METRICS:
            labels = ("pipeline", metric.label) if metric.label else ("pipeline",)
            family = metric.kind(f"radmesh_tasks_{metric.name}", metric.documentation, labels=labels)
            for one in figures.pipelines:
                for value, figure in metric.figures(one):
                    family.add_metric((one.pipeline, value) if metric.label else (one.pipeline,), figure)
            yield family


def _counts(one: PipelineFigures) -> _Rows:
    return ((state.name, count) for state, count in one.counts.items())


def _stuck(one: PipelineFigures) -> _Rows:
    return ((finding.name, count) for finding, count in one.stuck.items())


def _times(times: TimeFigures) -> _Rows:
    return (("mean", times.mean), ("p50", times.p50), ("p95", times.p95))


def _only(figure: Callable[[PipelineFigures], float]) -> Callable[[PipelineFigures], _Rows]:
    return lambda one: (("", figure(one)),)


@dataclass(frozen=True)
class _Shown:
    """A metric of each pipeline. label: beside `pipeline`, empty for none; its values come with `figures`."""

    name: str
    documentation: str
    figures: Callable[[PipelineFigures], _Rows]
    label: str = ""
    kind: type[GaugeMetricFamily] | type[CounterMetricFamily] = GaugeMetricFamily


_METRICS = (
    _Shown("kept", "Tasks that are kept, by pipeline and state.", _counts, "state"),
    _Shown(
        "queue_depth",
        "Tasks that wait for a worker, by pipeline.",
        _only(lambda one: one.counts.get(State.QUEUED, 0)),
    ),
    _Shown(
        "oldest_wait_seconds",
        "Longest wait of the first 20 in turn, by pipeline; 0 when nothing waits.",
        _only(lambda one: one.oldest_wait or 0.0),
    ),
    _Shown(
        "connected_workers",
        "Workers that are connected to any replica, by pipeline.",
        _only(lambda one: one.connected_workers),
    ),
    _Shown(
        "pipeline_paused", "1 for a pipeline that an operator paused, else 0.", _only(lambda one: one.paused)
    ),
    _Shown(
        "latest_attempts",
        "Attempts that the times of the latest ones are taken from, by pipeline; at most 1,000.",
        _only(lambda one: one.times.run.count),
    ),
    _Shown(
        "latest_queue_seconds",
        "Time that the latest attempts waited for a worker, by pipeline: mean, p50, p95.",
        lambda one: _times(one.times.queue),
        "figure",
    ),
    _Shown(
        "latest_run_seconds",
        "Time that the latest attempts ran, by pipeline: mean, p50, p95.",
        lambda one: _times(one.times.run),
        "figure",
    ),
    _Shown(
        "stuck",
        "Tasks that were stuck at this replica's last look, by pipeline and finding.",
        _stuck,
        "finding",
    ),
    _Shown(
        "retries",
        "Attempts that were put back to the queue, by pipeline and cause.",
        lambda one: one.retries.items(),
        "cause",
        CounterMetricFamily,
    ),
    _Shown(
        "recoveries",
        "Stuck tasks that were recovered, by pipeline and finding; FORCED: nothing was wrong.",
        lambda one: one.recoveries.items(),
        "finding",
        CounterMetricFamily,
    ),
    _Shown(
        "failures",
        "Tasks that failed, by pipeline and the reason of their error; OTHER beyond 100 reasons.",
        lambda one: one.failures.items(),
        "reason",
        CounterMetricFamily,
    ),
)
