"""What a process counts and times, and the /metrics page that shows it to Prometheus."""

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    start_http_server,
)

from services.chassis.listening import Address

# From a call on loopback to a long analysis; watches and work streams end up in the last bucket.
RPC_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 120.0)


class Metrics:
    """The metrics of one process on a registry of their own. A service adds its collectors to `registry`."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        labels = ("service", "method")
        self.rpcs = Counter(
            "radmesh_rpcs",
            "RPCs that ended, by service, method and canonical code.",
            (*labels, "code"),
            registry=self.registry,
        )
        self.rpc_seconds = Histogram(
            "radmesh_rpc_seconds",
            "Time from an RPC's start to its end, by service, method and canonical code.",
            (*labels, "code"),
            buckets=RPC_BUCKETS,
            registry=self.registry,
        )
        self.rpcs_running = Gauge(
            "radmesh_rpcs_running",
            "RPCs that run now, by service and method.",
            labels,
            registry=self.registry,
        )


class MetricsPage:
    """/metrics over HTTP, from a thread of its own so that a slow scrape holds nothing up."""

    def __init__(self, metrics: Metrics, address: Address) -> None:
        self._server, self._thread = start_http_server(address.port, address.host, metrics.registry)
        self.address = Address(address.host, self._server.server_port)

    def close(self) -> None:
        """Stops answering."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
