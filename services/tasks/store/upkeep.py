"""What has to be done as time passes."""

from services.tasks.records import TickReport
from services.tasks.store import keys
from services.tasks.store.part import StorePart


class UpkeepPart(StorePart):
    """Timers and retention."""

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
