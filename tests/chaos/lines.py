"""The mesh of a run, with a relay on each of its lines."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from radmesh.mesh import Mesh, MeshOptions, WorkerModule
from tests.chaos.plan import WORKERS
from tests.chaos.relay import Relay
from tests.chaos.submissions import REVIEWERS

_PROCESSES = ("gateway", "redis", "tasks-0", "tasks-1")
_REPLICAS = ("tasks-0", "tasks-1")
_ENVIRONMENT = {
    "RADMESH_TASKS_LEASE_SECONDS": "2",
    "RADMESH_TASKS_HEARTBEAT_SECONDS": "0.4",
    "RADMESH_TASKS_BOOKMARK_SECONDS": "1",
    "RADMESH_TASKS_STUCK_CHECK_SECONDS": "3",
    "RADMESH_GATEWAY_BOOKMARK_SECONDS": "1",
    "RADMESH_GATEWAY_TRUST_PRINCIPAL": "true",
    "RADMESH_GATEWAY_REVIEWERS": ",".join(REVIEWERS),
}


class Lines:
    """The relays before the processes, and those of each worker, which go on to the relays of `tasks`.

    links: all of them, by whom they lead to; a worker's by its name. mesh: set by `mesh_behind`.
    """

    def __init__(self) -> None:
        self._mesh: Mesh | None = None
        self._before = {name: Relay(partial(self._address, name)) for name in _PROCESSES}
        self._of_workers = {
            worker: [Relay(partial(self._relay, name)) for name in _REPLICAS] for worker in WORKERS
        }
        self.links: dict[str, Sequence[Relay]] = {name: [relay] for name, relay in self._before.items()}
        self.links |= self._of_workers

    @property
    def gateway(self) -> str:
        """Where clients reach the gateway."""
        return self._before["gateway"].address

    async def start(self) -> None:
        """Takes ports."""
        for relay in self._all():
            await relay.start()

    async def stop(self) -> None:
        """Closes everything."""
        for relay in self._all():
            await relay.stop()

    def mesh_behind(self, folder: Path) -> Mesh:
        """The mesh whose processes reach each other by these lines. Call it once, after `start`."""
        workers = tuple(
            WorkerModule(
                name,
                "tests.support.steps_worker",
                "RADMESH_STEPS_",
                environment={
                    "RADMESH_STEPS_SLOTS": "2",
                    "RADMESH_STEPS_TASKS": "ipv4:" + ",".join(relay.address for relay in relays),
                },
            )
            for name, relays in self._of_workers.items()
        )
        reached_at = {name: relay.address for name, relay in self._before.items()}
        self._mesh = Mesh(
            MeshOptions(
                folder=folder,
                tasks_replicas=len(_REPLICAS),
                workers=workers,
                environment=_ENVIRONMENT,
                reached_at=reached_at,
            )
        )
        return self._mesh

    def _address(self, name: str) -> str:
        """Where a process listens; the mesh chooses that while it starts."""
        try:
            return self._mesh.process(name).address if self._mesh is not None else ""
        except KeyError:
            raise ConnectionRefusedError(name) from None

    def _relay(self, name: str) -> str:
        return self._before[name].address

    def _all(self) -> list[Relay]:
        return [relay for relays in self.links.values() for relay in relays]
