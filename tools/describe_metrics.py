"""Writes docs/metrics.md: every metric of every service, from its collectors; `--check` only compares."""

from collections.abc import Callable, Iterator, Mapping

from prometheus_client import CollectorRegistry

from services.chassis.metrics import Metrics
from services.chassis.worker_metrics import WorkerMetrics
from services.gateway.metrics import GatewayMetrics
from services.tasks.metrics import TasksMetrics
from tools.written_page import write_or_check

SERVICES: Mapping[str, Callable[[Metrics], object]] = {
    "gateway": GatewayMetrics,
    "tasks": lambda metrics: TasksMetrics(metrics.registry),
    "segmentation, and every other model service": WorkerMetrics,
}
_HEAD = """# Metrics

Prometheus reads them at `/metrics` of each service, where `RADMESH_<SERVICE>_METRICS_LISTEN` says;
`radmesh up` prints the addresses. [monitoring.md](monitoring.md) says how to scrape them and what each alert
means. Written by `make generate` from the collectors of each service.

The name says who shows a metric: `radmesh_gateway_…`, `radmesh_tasks_…`, `radmesh_worker_…` (every model
service), `radmesh_rpc…` (all of them). A histogram has `_bucket`, `_sum` and `_count` behind its name.

Those of `tasks` with the label `pipeline` are figures of the whole mesh, the same on each replica and as
`radmesh tasks stats` prints: take `max by (pipeline, …)` of them, never `sum` over replicas.
"""
_TABLE = "| metric | kind | what it tells |\n|---|---|---|"


def families(registry: CollectorRegistry) -> dict[str, str]:
    """A row for each metric, by its name as a query spells it."""
    found = {}
    for family in registry.collect():
        name = f"{family.name}_total" if family.type == "counter" else family.name
        found[name] = f"| `{name}` | {family.type} | {family.documentation} |"
    return found


def _sections() -> Iterator[str]:
    shared = families(Metrics().registry)
    yield _HEAD
    yield f"\n## every service\n\n{_TABLE}"
    yield from shared.values()
    for title, collect in SERVICES.items():
        metrics = Metrics()
        collect(metrics)
        yield f"\n## {title}\n\n{_TABLE}"
        yield from (row for name, row in families(metrics.registry).items() if name not in shared)


def page() -> str:
    """The page as it must be."""
    return "\n".join(_sections()) + "\n"


if __name__ == "__main__":
    write_or_check("metrics.md", page())
