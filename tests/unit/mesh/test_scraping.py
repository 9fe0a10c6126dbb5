"""What `radmesh up` tells Prometheus."""

import json

from radmesh.mesh.layout import ProcessSpec
from radmesh.mesh.scraping import scrape_targets


def test_every_page_is_listed_under_the_job_that_the_rules_know() -> None:
    specs = [
        ProcessSpec("redis", (), "127.0.0.1:1"),
        ProcessSpec("tasks-0", (), "127.0.0.1:2", "127.0.0.1:3"),
        ProcessSpec("gateway", (), "127.0.0.1:4", "127.0.0.1:5"),
        ProcessSpec("segmentation", (), "127.0.0.1:6", "127.0.0.1:7"),
    ]
    found = [(one["targets"], one["labels"]["job"]) for one in json.loads(scrape_targets(specs))]
    assert found == [
        (["127.0.0.1:3"], "tasks"),
        (["127.0.0.1:5"], "gateway"),
        (["127.0.0.1:7"], "worker"),
    ]
