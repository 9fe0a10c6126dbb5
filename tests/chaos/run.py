"""One chaos run: a mesh behind relays, clients, operators, faults, and the verdict."""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from services.tasks.lifecycle import State
from tests.chaos.breaker import Breaker
from tests.chaos.calling import open_channel
from tests.chaos.history import History, Violation
from tests.chaos.invariants import check
from tests.chaos.journals import read_journals
from tests.chaos.lines import Lines
from tests.chaos.operating import Operators
from tests.chaos.plan import Fault, steps
from tests.chaos.reviewing import Reviewers
from tests.chaos.workload import Clients

_START_SECONDS = 90.0


@dataclass(frozen=True)
class Plan:
    """What to do.

    faults: stop early after so many; None for the whole time. settle_seconds: until everything that was begun
    has to be over, once all is mended.
    """

    folder: Path
    seconds: float
    seed: int
    faults: int | None = None
    submitters: int = 12
    settle_seconds: float = 90.0


@dataclass(frozen=True)
class Verdict:
    """What came of it.

    faults: by kind and victim. operations: of operators, by kind. recovered: attempts that they put back.
    decisions: of reviewers, by whether they were taken. states: of the tasks in the end.
    """

    seed: int
    seconds: float
    faults: Counter[str]
    operations: Counter[str]
    recovered: int
    decisions: Counter[str]
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
    lines = Lines()
    await lines.start()
    mesh = lines.mesh_behind(plan.folder)
    try:
        # The relays need the loop of this thread while the mesh waits for itself.
        await asyncio.to_thread(mesh.start, _START_SECONDS)
        async with open_channel(lines.gateway) as channel:
            history = History()
            reviewers, operators = Reviewers(channel, history), Operators(channel, history)
            await reviewers.prepare()
            clients = Clients(channel, history, reviewers)
            return await _Run(plan, Breaker(mesh, lines.links), clients, operators, history).go()
    finally:
        await lines.stop()
        await asyncio.to_thread(mesh.stop)


@dataclass(frozen=True)
class _Run:
    """Everybody who takes part in a run."""

    plan: Plan
    breaker: Breaker
    clients: Clients
    operators: Operators
    history: History

    async def go(self) -> Verdict:
        """Breaks, mends, waits for all that was begun, and checks."""
        plan, clients, operators, began = self.plan, self.clients, self.operators, time.monotonic()
        submitters = [asyncio.create_task(clients.submit(plan.seed, one)) for one in range(plan.submitters)]
        try:
            await self._walk()
            clients.stop()
            async with asyncio.timeout(plan.settle_seconds):
                await asyncio.gather(operators.finish(), *submitters)
        except TimeoutError:
            clients.errors.append("clients still wait for their tasks long after everything was mended")
        finally:
            operators.cancel()
            for submitter in submitters:
                submitter.cancel()
            await asyncio.gather(*submitters, return_exceptions=True)
        await clients.settle(plan.settle_seconds)
        self.history.journal = read_journals(plan.folder / "logs")
        return self._verdict(time.monotonic() - began)

    async def _walk(self) -> None:
        """Takes the steps of the plan, until its time is over or it has done its faults."""
        plan, loop = self.plan, asyncio.get_running_loop()
        end = loop.time() + plan.seconds
        try:
            for step in steps(plan.seed):
                await asyncio.sleep(min(step.wait, end - loop.time()))
                done = self.breaker.counts.total()
                if loop.time() >= end or (plan.faults is not None and done >= plan.faults):
                    return
                if isinstance(step.action, Fault):
                    self.breaker.do(step.action)
                else:
                    self.operators.begin(step.action)
        finally:
            await self.breaker.mended()

    def _verdict(self, seconds: float) -> Verdict:
        history = self.history
        watches = [*history.watches, *history.batch_watches]
        streams = [stream for streams in watches for stream in streams]
        return Verdict(
            seed=self.plan.seed,
            seconds=seconds,
            faults=self.breaker.counts,
            operations=self.operators.counts,
            recovered=len(history.recoveries),
            decisions=Counter(one.refused or "taken" for one in history.decided),
            tasks=len(history.tasks),
            states=Counter(State(task.state).name for task in history.ended.values()),
            events_seen=sum(len(stream.messages) for stream in streams),
            streams=len(streams),
            violations=check(history),
            refusals=[*self.clients.errors, *self.operators.errors],
        )
