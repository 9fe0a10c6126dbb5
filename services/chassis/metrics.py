"""What a process counts and times, and the /metrics page that shows it to Prometheus."""

import socket
import threading
from http.server import ThreadingHTTPServer
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, MetricsHandler, ProcessCollector

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


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, metrics: Metrics, address: Address) -> None:
        self.address_family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
        handler: Any = MetricsHandler.factory(metrics.registry)
        handler.timeout = 10
        super().__init__((address.host, address.port), handler)


class MetricsPage:
    """/metrics over HTTP, from a thread of its own so that a slow scrape holds nothing up."""

    def __init__(self, metrics: Metrics, address: Address) -> None:
        self._server = _Server(metrics, address)
        self.address = Address(address.host, self._server.server_port)
        # Between two polls it hears no `close`; the library's 0.5 s would be added to every stop.
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="metrics", daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """Stops answering."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
