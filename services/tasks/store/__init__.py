"""Every task, lease, image and pipeline of the mesh, kept in Redis."""

from collections.abc import AsyncGenerator, Callable

from radmesh.errors import FailedPreconditionError
from services.tasks.records import FeedEntry
from services.tasks.store import keys
from services.tasks.store.audit import AuditPart
from services.tasks.store.batches import BatchPart
from services.tasks.store.catalogue import CataloguePart
from services.tasks.store.connection import command, connect
from services.tasks.store.dedupe import DedupePart
from services.tasks.store.feed import follow
from services.tasks.store.images import ImagePart
from services.tasks.store.leases import LeasePart
from services.tasks.store.operating import OperatingPart
from services.tasks.store.settings import StoreSettings
from services.tasks.store.tasks import TaskPart
from services.tasks.store.upkeep import UpkeepPart

__all__ = ["SCHEMA_VERSION", "StoreSettings", "TaskStore"]

# Raised with every change of keys or values that an older or newer process would misread.
SCHEMA_VERSION = 2


class TaskStore(
    TaskPart,
    BatchPart,
    DedupePart,
    LeasePart,
    UpkeepPart,
    ImagePart,
    CataloguePart,
    AuditPart,
    OperatingPart,
):
    """Every task, lease, image and pipeline of the mesh, kept in Redis.

    Any method raises UnavailableError (STORE_UNAVAILABLE) while Redis is away; it reconnects by itself.
    Each write is one script, so that it happens whole or not at all.
    """

    def __init__(self, url: str, settings: StoreSettings, clock: Callable[[], int] | None) -> None:
        redis = connect(url, timeout=settings.command_seconds)
        super().__init__(redis, settings, clock)
        self._url = url

    @classmethod
    async def open(
        cls, url: str, settings: StoreSettings | None = None, clock: Callable[[], int] | None = None
    ) -> "TaskStore":
        """Connects and checks the schema version.

        url: `redis://host:port/db` or `unix://path`. clock: milliseconds since the epoch; Redis' own if None.
        Raises FailedPreconditionError (SCHEMA_VERSION) when another version of the schema is in use.
        """
        store = cls(url, settings or StoreSettings(), clock)
        try:
            await store._check_schema()
        except BaseException:
            await store.close()
            raise
        return store

    async def _check_schema(self) -> None:
        await command(self._redis, "SETNX", keys.SCHEMA, SCHEMA_VERSION)
        found = await command(self._redis, "GET", keys.SCHEMA)
        if int(found) != SCHEMA_VERSION:
            raise FailedPreconditionError(
                f"The store is of schema version {int(found)}; this process needs {SCHEMA_VERSION}.",
                reason="SCHEMA_VERSION",
            )

    async def close(self) -> None:
        """Closes the connection, whether or not the server still answers."""
        await self._redis.aclose()

    def feed(self) -> AsyncGenerator[FeedEntry, None]:
        """Follows everything that happens, for ever, on a connection of its own.

        The first entry is a GAP: what is written after it arrives. Another GAP comes wherever entries may
        have been missed, after a reconnect or when the follower fell behind what is kept. A GAP with a task
        stands for an event of it that is too large for the feed: the task's log has it.
        """
        return follow(self._url)
