"""What has to be done as time passes, and what there is to measure."""

from collections.abc import Mapping

from services.tasks.lifecycle import State
from services.tasks.records import TickReport
from services.tasks.store import keys
from services.tasks.store.connection import command
from services.tasks.store.part import StorePart


class UpkeepPart(StorePart):
    """Timers, retention and counts."""

    async def tick(self) -> TickReport:
        """Does what is due: delayed tasks, lost leases, time-outs, retention.

        Any replica may call it at any time; what one has done the next finds done.
        """
        ready, expired, timed_out, renewed, retention_due, next_ms = await self._scripts.call(
            "tick", keys.LAST_TICK, self._now()
        )
        deleted = 0
        if retention_due:
            deleted, _ = await self._scripts.call("delete", keys.RETENTION, self._now())
        return TickReport(
            ready=ready,
            expired=expired,
            timed_out=timed_out,
            deleted=deleted,
            renewed=renewed,
            next_due=next_ms / 1000 if next_ms >= 0 else None,
        )

    async def queue_counts(self) -> Mapping[tuple[str, State], int]:
        """Returns how many tasks there are by pipeline and state."""
        flat = await command(self._redis, "HGETALL", keys.COUNTS)
        found = {}
        for field, count in zip(flat[::2], flat[1::2], strict=True):
            pipeline, state = field.decode().split()
            found[pipeline, State(int(state))] = int(count)
        return found
