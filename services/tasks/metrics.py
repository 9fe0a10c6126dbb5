"""What a replica of `tasks` counts: the figures of the whole mesh, and what it does itself."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from services.tasks.statistics_metrics import StatisticsCollector
from services.tasks.store.troubles import Trouble
from services.tasks.sweep.metrics import SweepMetrics
from services.tasks.webhooks.metrics import WebhookMetrics

_LAG_BUCKETS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0)


class TasksMetrics:
    """The collectors of one replica."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.statistics = StatisticsCollector(registry)
        self.event_lag = Histogram(
            "radmesh_tasks_event_lag_seconds",
            "Time from an event's writing, by the store's clock, to its arrival at this replica.",
            buckets=_LAG_BUCKETS,
            registry=registry,
        )
        self.store_state = Gauge(
            "radmesh_tasks_store_state",
            "1 for the state that the store is in, 0 for all others: up, or what is wrong (docs/redis.md).",
            ("state",),
            registry=registry,
        )
        self.store_emptied = Counter(
            "radmesh_tasks_store_emptied", "Times that all tasks were gone from the store.", registry=registry
        )
        self.webhooks = WebhookMetrics(registry)
        self.sweep = SweepMetrics(registry)
        self._sessions = Gauge(
            "radmesh_tasks_worker_sessions", "Workers that are connected to this replica.", registry=registry
        )
        self._watches = Gauge(
            "radmesh_tasks_watches", "Watches that are open on this replica.", registry=registry
        )

    def show_store(self, state: str) -> None:
        """Shows how the store stands."""
        for one in ("up", *(trouble.value for trouble in Trouble)):
            self.store_state.labels(one).set(one == state)

    def show(self, *, sessions: Callable[[], int], watches: Callable[[], int]) -> None:
        """Reads these two whenever the page is asked for."""
        self._sessions.set_function(sessions)
        self._watches.set_function(watches)
