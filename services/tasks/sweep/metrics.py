"""What sweeps of the blob store count."""

from prometheus_client import CollectorRegistry, Counter, Gauge

from services.tasks.sweep.report import SweepReport


class SweepMetrics:
    """The collectors of one replica: what it swept itself."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._files = Counter(
            "radmesh_tasks_swept_files",
            "Files that this replica deleted from the blob store, by kind: image or artifact.",
            ("kind",),
            registry=registry,
        )
        self._bytes = Counter(
            "radmesh_tasks_swept_bytes", "Bytes of the files that this replica deleted.", registry=registry
        )
        self._failures = Counter(
            "radmesh_tasks_sweep_failures",
            "Files that this replica could not look at or delete, once for each sweep.",
            registry=registry,
        )
        self.last_time = Gauge(
            "radmesh_tasks_last_sweep_timestamp_seconds",
            "When this replica last ended a sweep, in seconds since 1970; 0: never.",
            registry=registry,
        )
        for kind in ("image", "artifact"):
            self._files.labels(kind)

    def show(self, report: SweepReport) -> None:
        """Counts what a sweep did."""
        for kind, files in report.deleted.items():
            self._files.labels(kind).inc(files)
        self._bytes.inc(report.freed_bytes)
        self._failures.inc(report.failures)
