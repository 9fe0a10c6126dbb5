"""What the gateway counts beyond the RPCs: bytes in and out, refused uploads, watches, the lag of events."""

import math
import time
from collections.abc import Callable

from google.protobuf.timestamp_pb2 import Timestamp
from prometheus_client import Counter, Gauge, Histogram

from services.chassis.metrics import Metrics

_LAG_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 2.5)


class GatewayMetrics:
    """The gateway's own collectors, on the process's registry."""

    def __init__(self, metrics: Metrics) -> None:
        registry = metrics.registry
        self.received_bytes = Counter(
            "radmesh_gateway_received_bytes", "Bytes of the uploads that became images.", registry=registry
        )
        self.sent_bytes = Counter(
            "radmesh_gateway_sent_bytes", "Bytes of images and artifacts that were sent.", registry=registry
        )
        self.accepted = Counter(
            "radmesh_gateway_uploads_accepted", "Uploads that became an image.", registry=registry
        )
        self.refused = Counter(
            "radmesh_gateway_uploads_refused",
            "Uploads that were refused, by reason.",
            ("reason",),
            registry=registry,
        )
        self.swept = Counter(
            "radmesh_gateway_uploads_swept",
            "Uploads that were given up because nothing came any more.",
            registry=registry,
        )
        self.follow_breaks = Counter(
            "radmesh_gateway_follow_breaks", "Breaks of the stream that tells of tasks.", registry=registry
        )
        self.event_lag = Histogram(
            "radmesh_gateway_event_lag_seconds",
            "Time from an event's writing, by the store's clock, to its arrival here.",
            buckets=_LAG_BUCKETS,
            registry=registry,
        )
        self._watches = Gauge("radmesh_gateway_watches", "Watches that are open.", registry=registry)
        self._free_bytes = Gauge(
            "radmesh_gateway_blob_free_bytes", "Space that is left in the blob store.", registry=registry
        )

    def show(self, *, watches: Callable[[], float], free_bytes: Callable[[], float]) -> None:
        """Says where the levels are read from when somebody asks."""

        def free() -> float:
            try:
                return free_bytes()
            except OSError:
                # The page has to stay readable above all when a disk is gone.
                return math.nan

        self._watches.set_function(watches)
        self._free_bytes.set_function(free)

    def saw_event(self, written: Timestamp) -> None:
        """Notes how long an event took to get here."""
        self.event_lag.observe(max(0.0, time.time() - written.seconds - written.nanos / 1e9))
