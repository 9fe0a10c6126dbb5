"""Does what a plan says to a running mesh: kills, stops, cuts, and mends it all."""

import asyncio
import os
import signal
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import psutil

from radmesh.mesh import Mesh
from tests.chaos.plan import Break, Fault
from tests.chaos.relay import Line, Relay

_MOST_AT_ONCE = 3


class Breaker:
    """Breaks a mesh. counts: the faults that were done, by kind and victim. links: by whom they lead to."""

    def __init__(self, mesh: Mesh, links: Mapping[str, Sequence[Relay]]) -> None:
        self.counts: Counter[str] = Counter()
        self._mesh = mesh
        self._links = links
        self._open: set[asyncio.Task[None]] = set()
        self._busy: set[str] = set()

    def do(self, fault: Fault) -> None:
        """Breaks something, unless it, or too much else, is broken already."""
        if fault.victim in self._busy or len(self._open) >= _MOST_AT_ONCE:
            return
        if self._break(fault):
            self.counts[str(fault)] += 1

    async def mended(self) -> None:
        """Waits until everything is mended."""
        await asyncio.gather(*self._open)

    def _break(self, fault: Fault) -> bool:
        if fault.kind in {Break.CUT, Break.MUTE}:
            line = Line.CUT if fault.kind is Break.CUT else Line.MUTE
            self._set_lines(fault.victim, line)
            self._mend_later(fault, lambda: self._set_lines(fault.victim, Line.OPEN))
            return True
        pid = self._pid(fault)
        if pid is None or not _signal(pid, signal.SIGKILL if fault.kind is Break.KILL else signal.SIGSTOP):
            return False
        if fault.kind is Break.STOP:
            self._mend_later(fault, lambda: _signal(pid, signal.SIGCONT))
        return True

    def _set_lines(self, victim: str, line: Line) -> None:
        for relay in self._links[victim]:
            relay.set_line(line)

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

    def _pid(self, fault: Fault) -> int | None:
        """The process to hit now; None while it is down."""
        pid = self._mesh.process(fault.victim.removeprefix("child of ")).pid
        if pid is None or not fault.victim.startswith("child of "):
            return pid
        try:
            children = psutil.Process(pid).children()
            found = [child.pid for child in children if "chassis.child" in " ".join(child.cmdline())]
        except psutil.Error:
            return None
        return sorted(found)[fault.draw % len(found)] if found else None


def _signal(pid: int, number: int) -> bool:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True
