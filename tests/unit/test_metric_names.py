"""Metrics are named after who shows them, and docs/metrics.md has all of them."""

import pytest

from services.chassis.metrics import Metrics
from tools.describe_metrics import SERVICES, families

PREFIXES = {
    "gateway": "radmesh_gateway_",
    "tasks": "radmesh_tasks_",
    "segmentation, and every other model service": "radmesh_worker_",
}


@pytest.mark.parametrize("service", SERVICES)
def test_every_name_says_which_service_shows_it(service: str) -> None:
    metrics = Metrics()
    SERVICES[service](metrics)
    own = families(metrics.registry).keys() - families(Metrics().registry).keys()
    assert own
    assert [name for name in sorted(own) if not name.startswith(PREFIXES[service])] == []
