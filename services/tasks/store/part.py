"""What each part of the store stands on."""

from collections.abc import Callable

from services.tasks.store.acknowledged import AcknowledgedLine
from services.tasks.store.line import Line
from services.tasks.store.scripts import Scripts
from services.tasks.store.settings import StoreSettings


class StorePart:
    """The scripts, the client and the clock."""

    def __init__(self, redis: Line, settings: StoreSettings, clock: Callable[[], int] | None) -> None:
        self._acknowledged: Line | None = None
        if settings.replicas:
            self._acknowledged = AcknowledgedLine(
                redis.place,
                settings.command_seconds,
                replicas=settings.replicas,
                seconds=settings.replica_seconds,
            )
        self._redis = redis
        self._settings = settings
        self._clock = clock
        self._scripts = Scripts(redis, settings, self._acknowledged)

    def _now(self) -> str | int:
        """What scripts take as now: the clock's milliseconds, or nothing for the server's own."""
        return self._clock() if self._clock else ""
