"""What is done to a mesh, and when: faults and what operators do, decided by a seed alone. Pure."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

WORKERS = ("steps-0", "steps-1")
PROCESSES = ("gateway", "redis", *WORKERS, "tasks-0", "tasks-1")
LINKS = ("gateway", "redis", *WORKERS, "tasks-0", "tasks-1")
"""Lines by whom they lead to; a worker's is the one on which it reaches `tasks`, its own."""

_MEAN_GAP_SECONDS = 0.45
# Faults from one operation to the next: drawn freely, a run of 15 s had none.
_FEWEST_FAULTS, _MOST_FAULTS = 2, 6
_LONGEST_SECONDS = 2.5
# Past the lease of 2 s: the result of a worker that was cut off arrives when another one has its task.
_LONGEST_OF_A_WORKER = 5.0


class Break(StrEnum):
    """Ways to break: a process killed or stopped, a line cut (reset and refused) or mute (nothing passes)."""

    KILL = "kill"
    STOP = "stop"
    CUT = "cut"
    MUTE = "mute"


class Deed(StrEnum):
    """What operators do. RECOVER: what is stuck or ran for too long; RECOVER_ALL: with force."""

    RECOVER = "recover"
    RECOVER_ALL = "recover all"
    PAUSE_PIPELINE = "pause pipeline"
    PAUSE_WORKER = "pause worker"


@dataclass(frozen=True)
class Fault:
    """One thing to break.

    seconds: until it is mended; 0 for a kill, which the supervisor mends. draw: chooses among several, such
    as the children of a worker.
    """

    kind: Break
    victim: str
    seconds: float
    draw: int

    def __str__(self) -> str:
        return f"{self.kind} {self.victim}"


@dataclass(frozen=True)
class Operation:
    """One thing that an operator does.

    seconds: how long a pause lasts; what counts as too long for RECOVER. at_once: operators who do it at the
    same time. draw: chooses the worker, or the tasks.
    """

    deed: Deed
    seconds: float
    at_once: int
    draw: int


@dataclass(frozen=True)
class Step:
    """An action, and the seconds to wait before it."""

    wait: float
    action: Fault | Operation


def steps(seed: int) -> Iterator[Step]:
    """The steps of a run, for ever; the same for the same seed."""
    generator = random.Random(f"steps {seed}")
    while True:
        for _ in range(generator.randint(_FEWEST_FAULTS, _MOST_FAULTS)):
            yield Step(_wait(generator), _fault(generator))
        yield Step(_wait(generator), _operation(generator))


def _wait(generator: random.Random) -> float:
    return generator.expovariate(1 / _MEAN_GAP_SECONDS)


def _fault(generator: random.Random) -> Fault:
    """Most are kills; a child is that of a worker's model."""
    kind = generator.choices(list(Break), (4, 3, 2, 2))[0]
    draw = generator.getrandbits(32)
    if kind in {Break.CUT, Break.MUTE}:
        victim = generator.choice(LINKS)
        longest = _LONGEST_OF_A_WORKER if victim in WORKERS else _LONGEST_SECONDS
        return Fault(kind, victim, generator.uniform(0.1, longest), draw)
    if kind is Break.STOP:
        # A worker that sleeps past its lease and wakes up with a result is the hardest test of fencing.
        victim = generator.choice([*PROCESSES, *WORKERS])
        return Fault(kind, victim, generator.uniform(0.1, _LONGEST_OF_A_WORKER), draw)
    return Fault(kind, generator.choice([*PROCESSES, *(f"child of {name}" for name in WORKERS)]), 0.0, draw)


def _operation(generator: random.Random) -> Operation:
    deed = generator.choices(list(Deed), (2, 3, 1, 2))[0]
    at_once = generator.choice((1, 1, 2)) if deed in {Deed.RECOVER, Deed.RECOVER_ALL} else 1
    return Operation(deed, generator.uniform(0.2, 2.0), at_once, generator.getrandbits(32))
