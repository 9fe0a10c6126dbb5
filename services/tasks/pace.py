"""How long a task still takes: estimated from what its pipeline's attempts took, or not at all. Pure."""

import statistics
from collections.abc import Iterable
from dataclasses import dataclass

from services.tasks.lifecycle import Cause


@dataclass(frozen=True)
class Pace:
    """How fast a pipeline goes.

    typical_seconds: what an attempt takes; None when none has succeeded yet.
    slots: attempts that its connected workers run at once; 0 when nobody takes its tasks, as when paused.
    busy: attempts that run now.
    pause: why it is paused, empty where nobody said; None when it is not.
    """

    typical_seconds: float | None = None
    slots: int = 0
    busy: int = 0
    pause: str | None = None


@dataclass(frozen=True, slots=True)
class Outlook:
    """What lies ahead of a task. eta: seconds to its end; None when not known.

    pause: why its pipeline is paused, if that is what it waits for, empty where nobody said; else None.
    """

    eta: float | None = None
    pause: str | None = None


NOTHING_KNOWN = Outlook()


def typical_seconds(runtimes: Iterable[bytes]) -> float | None:
    """The median time of the attempts that succeeded; None when none did.

    runtimes: as `runtimes_key` of lua/keys.lua says. A median, as one slow disk or one large study says
    nothing of the next task; failed attempts say nothing at all.
    """
    runs = [
        int(run_ms)
        for _, run_ms, cause in (entry.split() for entry in runtimes)
        if cause == Cause.COMPLETED.value.encode()
    ]
    return statistics.median(runs) / 1000 if runs else None


def until_end_of_queued(position: int, pace: Pace) -> float | None:
    """Seconds to the end of a task at a place in the queue, from 1; None when not known.

    The attempts that run are taken for half done. Workers that serve other pipelines as well are taken for
    free for this one.
    """
    if position < 1 or not pace.slots or pace.typical_seconds is None:
        return None
    free = max(0, pace.slots - pace.busy)
    waits = max(0.0, position - free - 0.5) * pace.typical_seconds / pace.slots
    return waits + pace.typical_seconds


def until_end_of_running(
    elapsed: float, pace: Pace, told: float | None = None, told_ago: float = 0.0
) -> float | None:
    """Seconds to the end of an attempt that has run for so long; None when not known.

    told: what its worker estimated, told_ago seconds ago. What took longer than estimated is unknown.
    """
    if told is not None:
        left = told - max(0.0, told_ago)
    elif pace.typical_seconds is not None:
        left = pace.typical_seconds - max(0.0, elapsed)
    else:
        return None
    return left if left > 0 else None
