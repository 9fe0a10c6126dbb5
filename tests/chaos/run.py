"""One chaos run: a mesh behind relays, clients, faults, and the verdict."""

import asyncio
import json
import time
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from radmesh.mesh import Mesh, MeshOptions, WorkerModule
from services.tasks.lifecycle import State
from tests.chaos.faults import Breaker
from tests.chaos.history import History, Violation
from tests.chaos.invariants import check
from tests.chaos.relay import Relay
from tests.chaos.workload import Clients

_LINKS = ("gateway", "redis", "tasks-0", "tasks-1")
_START_SECONDS = 90.0
_SETTLE_SECONDS = 90.0
_ENVIRONMENT = {
    "RADMESH_TASKS_LEASE_SECONDS": "2",
    "RADMESH_TASKS_HEARTBEAT_SECONDS": "0.4",
    "RADMESH_TASKS_BOOKMARK_SECONDS": "1",
    "RADMESH_GATEWAY_BOOKMARK_SECONDS": "1",
}


@dataclass(frozen=True)
class Plan:
    """What to do. faults: stop early after so many; None for the whole time."""

    folder: Path
    seconds: float
    seed: int
    faults: int | None = None
    submitters: int = 12


@dataclass(frozen=True)
class Verdict:
    """What came of it. faults: by kind and victim."""

    seed: int
    seconds: float
    faults: Counter[str]
    tasks: int
    states: Counter[str]
    events_seen: int
    streams: int
    violations: list[Violation] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """Whether every promise held."""
        return not self.violations and not self.refusals


async def run(plan: Plan) -> Verdict:
    """Breaks a mesh for a time and checks what was seen."""
    meshes: list[Mesh] = []
    relays = {name: Relay(partial(_address, meshes, name)) for name in _LINKS}
    for relay in relays.values():
        await relay.start()
    mesh = Mesh(_options(plan.folder, relays))
    meshes.append(mesh)
    began = time.monotonic()
    try:
        # The relays need the loop of this thread while the mesh waits for itself.
        await asyncio.to_thread(mesh.start, _START_SECONDS)
        return await _break_and_check(plan, mesh, relays, began)
    finally:
        for relay in relays.values():
            await relay.stop()
        await asyncio.to_thread(mesh.stop)


async def _break_and_check(plan: Plan, mesh: Mesh, relays: dict[str, Relay], began: float) -> Verdict:
    history = History()
    clients = Clients(relays["gateway"].address, history, plan.seed)
    breaker = Breaker(mesh, relays, plan.seed)
    submitters = [asyncio.create_task(clients.submit()) for _ in range(plan.submitters)]
    try:
        await breaker.run(plan.seconds, plan.faults)
        clients.stop()
        async with asyncio.timeout(_SETTLE_SECONDS):
            await asyncio.gather(*submitters)
    except TimeoutError:
        clients.errors.append("clients still wait for their tasks long after everything was mended")
    finally:
        for submitter in submitters:
            submitter.cancel()
        await asyncio.gather(*submitters, return_exceptions=True)
    await clients.settle(_SETTLE_SECONDS)
    await clients.close()
    _read_journals(plan.folder / "logs", history)
    return _verdict(plan, breaker.counts, history, clients.errors, time.monotonic() - began)


def _verdict(
    plan: Plan, faults: Counter[str], history: History, refusals: list[str], seconds: float
) -> Verdict:
    watches = [*history.watches, *history.batch_watches]
    streams = [stream for streams in watches for stream in streams]
    return Verdict(
        seed=plan.seed,
        seconds=seconds,
        faults=faults,
        tasks=len(history.tasks),
        states=Counter(State(task.state).name for task in history.ended.values()),
        events_seen=sum(len(stream.messages) for stream in streams),
        streams=len(streams),
        violations=check(history),
        refusals=refusals,
    )


def _address(meshes: list[Mesh], name: str) -> str:
    """Where a process listens; the mesh chooses that while it starts."""
    try:
        return meshes[0].process(name).address
    except (IndexError, KeyError):
        raise ConnectionRefusedError(name) from None


def _options(folder: Path, relays: dict[str, Relay]) -> MeshOptions:
    workers = tuple(
        WorkerModule(
            f"steps-{index}",
            "tests.support.steps_worker",
            "RADMESH_STEPS_",
            environment={"RADMESH_STEPS_SLOTS": "2"},
        )
        for index in range(2)
    )
    reached_at = {name: relay.address for name, relay in relays.items()}
    return MeshOptions(
        folder=folder, tasks_replicas=2, workers=workers, environment=_ENVIRONMENT, reached_at=reached_at
    )


def _read_journals(logs: Path, history: History) -> None:
    """Which attempts the workers say they finished, from their logs."""
    for path in logs.glob("steps-*.log"):
        for line in path.read_text(errors="replace").splitlines():
            if '"attempt ended"' in line:
                entry = json.loads(line)
                if entry["outcome"] == "result":
                    history.journal[entry["task"]].add(entry["attempt"])
