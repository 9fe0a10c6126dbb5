"""Each process of a mesh is told where the others are."""

from pathlib import Path

import pytest

from radmesh.mesh.layout import SEGMENTATION, Addresses, MeshOptions, ProcessSpec, WorkerModule, plan

ADDRESSES = Addresses(
    redis="127.0.0.1:1",
    tasks=("127.0.0.1:2", "127.0.0.1:3"),
    gateway="127.0.0.1:4",
    workers={"segmentation": "127.0.0.1:5", "steps": "127.0.0.1:6"},
    metrics={
        name: f"127.0.0.1:1{name[-1]}" for name in ("tasks-0", "tasks-1", "gateway", "segmentation", "steps")
    },
)


def planned(**options: object) -> dict[str, ProcessSpec]:
    chosen = {"folder": Path("/tmp/mesh"), "tasks_replicas": 2, **options}
    return {spec.name: spec for spec in plan(MeshOptions(**chosen), ADDRESSES)}  # type: ignore[arg-type]


def test_processes_come_in_the_order_in_which_they_depend() -> None:
    assert list(planned()) == ["redis", "tasks-0", "tasks-1", "gateway", "segmentation"]


def test_everybody_may_talk_to_every_replica() -> None:
    specs = planned()
    both = "ipv4:127.0.0.1:2,127.0.0.1:3"
    assert specs["gateway"].environment["RADMESH_GATEWAY_TASKS"] == both
    assert specs["segmentation"].environment["RADMESH_SEGMENTATION_TASKS"] == both


def test_gateway_and_worker_can_be_put_on_different_replicas() -> None:
    steps = WorkerModule("steps", "tests.support.steps_worker", "RADMESH_STEPS_", tasks=(0,))
    specs = planned(workers=(steps,), gateway_tasks=(1,))
    assert specs["gateway"].environment["RADMESH_GATEWAY_TASKS"] == "ipv4:127.0.0.1:3"
    assert specs["steps"].environment["RADMESH_STEPS_TASKS"] == "ipv4:127.0.0.1:2"


def test_only_tasks_knows_redis() -> None:
    knowing = {
        name
        for name, spec in planned().items()
        if any("redis" in value for value in spec.environment.values())
    }
    assert knowing == {"tasks-0", "tasks-1"}


def test_gateway_and_workers_share_the_blobs() -> None:
    specs = planned()
    assert specs["gateway"].environment["RADMESH_GATEWAY_BLOBS"] == "file:///tmp/mesh/blobs"
    assert specs["segmentation"].environment["RADMESH_SEGMENTATION_BLOBS"] == "file:///tmp/mesh/blobs"
    assert specs["tasks-0"].environment["RADMESH_TASKS_BLOBS"] == "file:///tmp/mesh/blobs"


@pytest.mark.parametrize("name", ["tasks-0", "gateway", "segmentation"])
def test_settings_of_the_mesh_reach_every_service(name: str) -> None:
    assert (
        planned(environment={"RADMESH_TASKS_LEASE_SECONDS": "2"})[name].environment[
            "RADMESH_TASKS_LEASE_SECONDS"
        ]
        == "2"
    )


def test_the_default_worker_is_segmentation() -> None:
    assert MeshOptions(Path("x")).workers == (SEGMENTATION,)
