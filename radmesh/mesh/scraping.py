"""Where Prometheus finds the processes of a mesh on one machine. Pure."""

import json
from collections.abc import Iterable

from radmesh.mesh.layout import ProcessSpec

FILE_NAME = "prometheus.json"
_JOBS = {"gateway": "gateway", "tasks": "tasks"}


def scrape_targets(specs: Iterable[ProcessSpec]) -> str:
    """The processes that show metrics, as Prometheus' file_sd takes them.

    Their label `job` is gateway, tasks or worker, as deploy/prometheus/radmesh.rules.yml knows them.
    """
    groups = [
        {
            "targets": [spec.metrics],
            "labels": {"job": _JOBS.get(spec.name.partition("-")[0], "worker"), "process": spec.name},
        }
        for spec in specs
        if spec.metrics
    ]
    return json.dumps(groups, indent=2) + "\n"
