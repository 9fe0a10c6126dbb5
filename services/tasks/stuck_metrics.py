"""What `tasks` counts of stuck tasks: how many there are, and how many were put back."""

from collections import Counter as Tally
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge

from services.tasks.stuck import STUCK, Finding


class StuckMetrics:
    """The collectors of one replica: what is stuck in the whole mesh, and what this replica put back."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._recoveries = Counter(
            "radmesh_tasks_recoveries",
            "Stuck tasks that this replica put back, by finding; FORCED: nothing was wrong.",
            ("finding",),
            registry=registry,
        )
        self._stuck = Gauge(
            "radmesh_tasks_stuck",
            "Tasks that were stuck at the last look over the whole mesh, by finding.",
            ("finding",),
            registry=registry,
        )
        # An alert on a rise needs the zero before it.
        for finding in STUCK:
            self._recoveries.labels(finding.name)
            self._stuck.labels(finding.name)

    def count_recovery(self, finding: Finding) -> None:
        """A task was put back."""
        self._recoveries.labels("FORCED" if finding is Finding.NONE else finding.name).inc()

    def set_stuck(self, findings: Iterable[Finding]) -> None:
        """Shows how many tasks are stuck, by finding."""
        counts = Tally(findings)
        for finding in STUCK:
            self._stuck.labels(finding.name).set(counts[finding])
