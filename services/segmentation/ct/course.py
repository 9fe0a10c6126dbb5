"""How far a run of ct-l3 is: reported in real units, and stopped between them when it is cancelled."""

import time
from collections.abc import Callable

from services.chassis.runner import CancelledRun, Progress


class Course:
    """One run. Its parts follow one another; each has a share of the whole."""

    def __init__(self, report: Callable[[Progress], None], cancelled: Callable[[], bool]) -> None:
        self._report = report
        self.cancelled = cancelled
        self._started = time.monotonic()

    def check(self) -> None:
        """Raises CancelledRun when it is cancelled."""
        if self.cancelled():
            raise CancelledRun

    def part(self, name: str, unit: str, begin: float, end: float) -> Callable[[int, int], None]:
        """What a part calls with units done and units in all; begin, end: of the whole, 0 to 1.

        The call raises CancelledRun when the run is cancelled.
        """

        def tell(done: int, total: int) -> None:
            self.check()
            fraction = begin + (end - begin) * (done / total if total else 0.0)
            self._report(Progress(name, fraction, done, total, unit, eta_seconds=self._eta(fraction)))

        return tell

    def _eta(self, fraction: float) -> float | None:
        """By the pace so far; None while there is too little of it."""
        if fraction < 0.1:
            return None
        return (time.monotonic() - self._started) * (1 - fraction) / fraction
