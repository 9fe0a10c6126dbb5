"""How many assignments a worker may have beyond its free slots, so that none of them waits for the next."""

from collections import deque
from statistics import fmean

MOST_TOGETHER = 16
"""Tasks of one worker that a script moves, or a message tells of, at once."""

_RUNS = 16
_MOST_FOR_A_SLOT = 16
# With the slots far below the leases that a worker may name.
_MOST = 512
_LONGEST_WAIT_SECONDS = 0.05


class Ahead:
    """Judges by the mean of a worker's latest runs, of whatever pipeline.

    An assignment that waits in a worker cannot go to another one that is free, so only runs of a few
    milliseconds allow any: then the wait is shorter than the way of a task to another worker would be.
    """

    def __init__(self, slots: int) -> None:
        self._slots = slots
        self._runs: deque[float] = deque(maxlen=_RUNS)

    def ran(self, seconds: float | None) -> None:
        """An attempt ended. seconds: how long the model worked; None when it failed or was handed back."""
        if seconds is None:
            self._runs.clear()
        else:
            self._runs.append(seconds)

    @property
    def assignments(self) -> int:
        """So many may wait in the worker now: none before enough of its runs were seen."""
        if len(self._runs) < _RUNS:
            return 0
        # What waits in a slot waits for the sum of the runs before it. Not below a microsecond, for who says
        # that a run took no time.
        mean = max(1e-6, fmean(self._runs))
        return min(_MOST, min(_MOST_FOR_A_SLOT, int(_LONGEST_WAIT_SECONDS / mean)) * self._slots)
