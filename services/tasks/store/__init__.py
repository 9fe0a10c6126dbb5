"""Every task, lease, image and pipeline of the mesh, kept in Redis."""

from collections.abc import AsyncGenerator, Callable

from services.tasks.records import FeedEntry
from services.tasks.store.audit import AuditPart
from services.tasks.store.batches import BatchPart
from services.tasks.store.catalogue import CataloguePart
from services.tasks.store.dedupe import DedupePart
from services.tasks.store.feed import follow
from services.tasks.store.images import ImagePart
from services.tasks.store.leases import LeasePart
from services.tasks.store.line import Line
from services.tasks.store.operating import OperatingPart
from services.tasks.store.place import read_place
from services.tasks.store.reviews import ReviewPart
from services.tasks.store.settings import StoreSettings
from services.tasks.store.standing import SCHEMA_VERSION, StandingPart
from services.tasks.store.statistics import StatisticsPart
from services.tasks.store.stuck import StuckPart
from services.tasks.store.sweeping import SweepPart
from services.tasks.store.tasks import TaskPart
from services.tasks.store.upkeep import UpkeepPart
from services.tasks.store.webhooks import WebhookPart

__all__ = ["SCHEMA_VERSION", "StoreSettings", "TaskStore"]


class TaskStore(
    TaskPart,
    BatchPart,
    DedupePart,
    LeasePart,
    ReviewPart,
    UpkeepPart,
    ImagePart,
    CataloguePart,
    AuditPart,
    OperatingPart,
    StandingPart,
    StuckPart,
    SweepPart,
    WebhookPart,
    StatisticsPart,
):
    """Every task, lease, image and pipeline of the mesh, kept in Redis.

    Any method raises UnavailableError (STORE_UNAVAILABLE, with the `cause`) while Redis cannot answer; it
    reconnects by itself.
    Each write is one script, so that it happens whole or not at all.
    """

    def __init__(self, url: str, settings: StoreSettings, clock: Callable[[], int] | None) -> None:
        self._place = read_place(url)
        super().__init__(Line(self._place, settings.command_seconds), settings, clock)

    @classmethod
    async def open(
        cls, url: str, settings: StoreSettings | None = None, clock: Callable[[], int] | None = None
    ) -> "TaskStore":
        """Connects and checks the schema version.

        url: see services.tasks.store.place. clock: milliseconds since the epoch; Redis' own if None.
        Raises ValueError for a URL that cannot be read, FailedPreconditionError (SCHEMA_VERSION) when another
        version of the schema is in use.
        """
        store = cls(url, settings or StoreSettings(), clock)
        try:
            await store.take_possession()
        except BaseException:
            await store.close()
            raise
        return store

    async def close(self) -> None:
        """Closes the connections, whether or not the server still answers."""
        for line in (self._redis, self._acknowledged):
            if line is not None:
                await line.aclose()

    def feed(self) -> AsyncGenerator[FeedEntry, None]:
        """Follows everything that happens, for ever, on a connection of its own.

        The first entry is a GAP: what is written after it arrives. Another GAP comes wherever entries may
        have been missed, after a reconnect or when the follower fell behind what is kept. A GAP with a task
        stands for an event of it that is too large for the feed: the task's log has it.
        """
        return follow(self._place)
