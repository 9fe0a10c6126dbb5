"""What is broken, when and for how long: chosen by a seeded generator, done to a running mesh."""

import asyncio
import os
import random
import signal
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import psutil

from radmesh.mesh import Mesh
from tests.chaos.relay import Line, Relay

_KILL, _STOP, _CUT, _MUTE = "kill", "stop", "cut", "mute"
_MEAN_GAP_SECONDS = 0.5
_MOST_AT_ONCE = 3


@dataclass(frozen=True)
class Fault:
    """One thing to break. seconds: until it is mended; 0 for a kill, which the supervisor mends."""

    kind: str
    victim: str
    seconds: float = 0.0

    def __str__(self) -> str:
        return f"{self.kind} {self.victim}" + (f" for {self.seconds:.1f} s" if self.seconds else "")


def choose(generator: random.Random, processes: list[str], links: list[str]) -> Fault:
    """The next fault. Most are kills; a child is that of a worker's model."""
    kind = generator.choices((_KILL, _STOP, _CUT, _MUTE), (4, 3, 2, 2))[0]
    if kind in (_CUT, _MUTE):
        return Fault(kind, generator.choice(links), generator.uniform(0.1, 2.5))
    workers = [name for name in processes if name.startswith("steps")]
    if kind == _STOP:
        # A worker that sleeps past its lease and wakes up with a result is the hardest test of fencing.
        return Fault(kind, generator.choice([*processes, *workers]), generator.uniform(0.1, 5.0))
    return Fault(kind, generator.choice([*processes, *(f"child of {name}" for name in workers)]))


class Breaker:
    """Breaks a mesh until told to stop, then mends everything. counts: faults by kind and victim."""

    def __init__(self, mesh: Mesh, relays: Mapping[str, Relay], seed: int) -> None:
        self.counts: Counter[str] = Counter()
        self._mesh = mesh
        self._relays = relays
        self._generator = random.Random(seed)
        self._open: set[asyncio.Task[None]] = set()
        self._busy: set[str] = set()

    async def run(self, seconds: float, most: int | None = None) -> None:
        """Breaks for a time, or until `most` faults were done; returns when all is mended."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        try:
            while loop.time() < end and (most is None or self.total < most):
                await asyncio.sleep(self._generator.expovariate(1 / _MEAN_GAP_SECONDS))
                fault = choose(self._generator, sorted(self._mesh.processes), sorted(self._relays))
                if fault.victim not in self._busy and len(self._open) < _MOST_AT_ONCE:
                    self._do(fault)
        finally:
            await asyncio.gather(*self._open)

    @property
    def total(self) -> int:
        """Faults that were done."""
        return self.counts.total()

    def _do(self, fault: Fault) -> None:
        if fault.kind in (_CUT, _MUTE):
            self._relays[fault.victim].set_line(Line.CUT if fault.kind == _CUT else Line.MUTE)
            self._mend_later(fault, lambda: self._relays[fault.victim].set_line(Line.OPEN))
        else:
            pid = self._pid(fault.victim)
            if pid is None or not _signal(pid, signal.SIGKILL if fault.kind == _KILL else signal.SIGSTOP):
                return
            if fault.kind == _STOP:
                self._mend_later(fault, lambda: _signal(pid, signal.SIGCONT))
        self.counts[f"{fault.kind} {fault.victim}"] += 1

    def _mend_later(self, fault: Fault, mend: Callable[[], object]) -> None:
        async def later() -> None:
            try:
                await asyncio.sleep(fault.seconds)
            finally:
                mend()
                self._busy.discard(fault.victim)

        self._busy.add(fault.victim)
        task = asyncio.create_task(later())
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    def _pid(self, victim: str) -> int | None:
        """The process to hit now; None while it is down."""
        pid = self._mesh.process(victim.removeprefix("child of ")).pid
        if pid is None or not victim.startswith("child of "):
            return pid
        try:
            children = psutil.Process(pid).children()
            found = [child.pid for child in children if "chassis.child" in " ".join(child.cmdline())]
        except psutil.Error:
            return None
        return self._generator.choice(found) if found else None


def _signal(pid: int, number: int) -> bool:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True
