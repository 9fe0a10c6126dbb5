"""One prediction under way: counts its tiles, tells of them, and stops it when it is cancelled."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from services.chassis.runner import CancelledRun
from services.segmentation.nnunet.tiles import Tiles

Report = Callable[[Tiles], None]


@dataclass
class Course:
    """total: tiles of all folds and stages. configuration: the one at work. message: see Tiles."""

    report: Report
    cancelled: Callable[[], bool]
    total: int = 0
    done: int = 0
    configuration: str = ""
    message: str = ""
    started: float = field(default_factory=time.monotonic)

    def begin(self, message: str) -> None:
        """From the start, for the first time or again."""
        self.done, self.message, self.started = 0, message, time.monotonic()
        self.check()

    def check(self) -> None:
        """Raises CancelledRun when it is cancelled."""
        if self.cancelled():
            raise CancelledRun

    def expect(self, configuration: str, total: int) -> None:
        """Tells which configuration comes and how many tiles there are in all, before its first one."""
        self.configuration, self.total = configuration, total
        if not self.done:
            self.started = time.monotonic()  # reading and resampling say nothing about the time of a tile
        self._tell(None)
        self.check()

    def tile_done(self) -> None:
        """Counts one tile. Raises CancelledRun when it is cancelled."""
        self.done += 1
        each = (time.monotonic() - self.started) / self.done
        self._tell(each * (self.total - self.done))
        self.check()

    def _tell(self, eta: float | None) -> None:
        self.report(Tiles(self.done, self.total, self.configuration, eta, self.message))
