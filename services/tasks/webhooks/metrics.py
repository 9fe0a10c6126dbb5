"""What webhooks count."""

from prometheus_client import CollectorRegistry, Counter, Gauge

from services.tasks.webhooks.records import OutboxReport


class WebhookMetrics:
    """The collectors of one replica. Pending calls are the whole mesh's."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.calls = Counter(
            "radmesh_tasks_webhook_calls",
            "Calls that this replica made for webhooks, by outcome: DELIVERED or the reason of a failure.",
            ("outcome",),
            registry=registry,
        )
        self.given_up = Counter(
            "radmesh_tasks_webhooks_given_up",
            "Webhooks that will not be called again, undelivered.",
            registry=registry,
        )
        self._pending = Gauge(
            "radmesh_tasks_webhooks_pending", "Webhooks that are still to be delivered.", registry=registry
        )
        self._oldest = Gauge(
            "radmesh_tasks_webhook_oldest_pending_seconds",
            "Time since the end of the task whose webhook waits longest; 0 when none waits.",
            registry=registry,
        )

    def show(self, report: OutboxReport) -> None:
        """Shows what a look at the outbox found."""
        self._pending.set(report.pending)
        self._oldest.set(max(0.0, report.oldest_seconds))
        self.given_up.inc(report.overdue)
