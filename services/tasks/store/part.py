"""What each part of the store stands on."""

from collections.abc import Callable

from services.tasks.store.line import Line
from services.tasks.store.scripts import Scripts
from services.tasks.store.settings import StoreSettings


class StorePart:
    """The scripts, the client and the clock."""

    def __init__(self, redis: Line, settings: StoreSettings, clock: Callable[[], int] | None) -> None:
        self._redis = redis
        self._settings = settings
        self._clock = clock
        self._scripts = Scripts(redis, settings)

    def _now(self) -> str | int:
        """What scripts take as now: the clock's milliseconds, or nothing for the server's own."""
        return self._clock() if self._clock else ""
