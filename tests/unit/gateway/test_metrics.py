"""The gateway's page of metrics can be read whatever happens to what it tells of."""

import errno

from prometheus_client import generate_latest

from services.chassis.metrics import Metrics
from services.gateway.metrics import GatewayMetrics


def test_a_blob_store_that_is_gone_does_not_take_the_page_with_it() -> None:
    metrics = Metrics()

    def gone() -> float:
        raise FileNotFoundError(errno.ENOENT, "gone")

    GatewayMetrics(metrics).show(watches=lambda: 3, free_bytes=gone)
    page = generate_latest(metrics.registry).decode()
    assert "radmesh_gateway_blob_free_bytes NaN" in page
    assert "radmesh_gateway_watches 3.0" in page
