"""What `tasks` counts: tasks by pipeline and state, the queues, connected workers, the lag of events."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from radmesh.errors import UnavailableError
from services.tasks.catalogue import Catalogue
from services.tasks.lifecycle import State
from services.tasks.store import TaskStore
from services.tasks.store.troubles import Trouble
from services.tasks.stuck_metrics import StuckMetrics
from services.tasks.webhooks.metrics import WebhookMetrics

_LAG_BUCKETS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0)


class TasksMetrics:
    """The collectors of one replica. The counts are the whole mesh's, so each replica shows the same."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.tasks = Gauge(
            "radmesh_tasks_kept",
            "Tasks that are kept, by pipeline and state.",
            ("pipeline", "state"),
            registry=registry,
        )
        self.queue_depth = Gauge(
            "radmesh_tasks_queue_depth",
            "Tasks that wait for a worker, by pipeline.",
            ("pipeline",),
            registry=registry,
        )
        self.workers = Gauge(
            "radmesh_tasks_connected_workers",
            "Workers that are connected to any replica, by pipeline.",
            ("pipeline",),
            registry=registry,
        )
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
        self.stuck = StuckMetrics(registry)
        self.webhooks = WebhookMetrics(registry)
        self._counted: set[tuple[str, State]] = set()
        self._sessions = Gauge(
            "radmesh_tasks_worker_sessions", "Workers that are connected to this replica.", registry=registry
        )
        self._watches = Gauge(
            "radmesh_tasks_watches", "Watches that are open on this replica.", registry=registry
        )

    def set_counts(self, counts: Mapping[tuple[str, State], int]) -> None:
        """Shows how many tasks there are by pipeline and state; what is not counted any more shows zero."""
        self._counted |= counts.keys()
        for pipeline, state in self._counted:
            tasks = counts.get((pipeline, state), 0)
            self.tasks.labels(pipeline, state.name).set(tasks)
            if state is State.QUEUED:
                self.queue_depth.labels(pipeline).set(tasks)

    def show_store(self, state: str) -> None:
        """Shows how the store stands."""
        for one in ("up", *(trouble.value for trouble in Trouble)):
            self.store_state.labels(one).set(one == state)

    def show(self, *, sessions: Callable[[], int], watches: Callable[[], int]) -> None:
        """Reads these two whenever the page is asked for."""
        self._sessions.set_function(sessions)
        self._watches.set_function(watches)


async def count(
    metrics: TasksMetrics, store: TaskStore, catalogue: Catalogue, interval_seconds: float
) -> None:
    """Counts what is in the store, again and again, for ever."""
    while True:
        # While the store is away the last counts stand: zero would read as "nothing waits".
        with contextlib.suppress(UnavailableError):
            await _count_once(metrics, store, catalogue)
        await asyncio.sleep(interval_seconds)


async def _count_once(metrics: TasksMetrics, store: TaskStore, catalogue: Catalogue) -> None:
    metrics.set_counts(await store.queue_counts())
    for known in await catalogue.list_pipelines():
        # A pipeline without a task yet has an empty queue, not an unknown one: scalers need the zero.
        metrics.queue_depth.labels(known.pipeline_id)
        metrics.workers.labels(known.pipeline_id).set(known.message.connected_workers)
