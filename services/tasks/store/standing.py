"""How the store stands: whether it can be written, is of our schema, was emptied, is set as it must be."""

import time
from collections.abc import Sequence

from redis import exceptions

from radmesh.errors import FailedPreconditionError
from services.tasks.store import keys
from services.tasks.store.connection import command, look_again
from services.tasks.store.part import StorePart
from services.tasks.store.requirements import read_facts, shortcomings

# Raised with every change of keys or values that an older or newer process would misread.
SCHEMA_VERSION = 2
_PROBE_MS = 60_000


class StandingPart(StorePart):
    """What a replica looks at at its start, and every second after."""

    async def take_possession(self) -> bool:
        """Marks an empty store as ours; whether it was empty.

        Raises FailedPreconditionError (SCHEMA_VERSION) when another version of the schema is in use.
        """
        # Read first: a full or read-only server answers that, and a replica can start.
        found = await command(self._redis, "GET", keys.SCHEMA)
        if found is None:
            # Numbers that begin with the time never come again, even in a store that was emptied: who has
            # seen a larger one knows. Before the schema's mark, so that it stands for all three.
            beginning = time.time_ns() // 1_000_000
            await command(self._redis, "SET", keys.FEED_NUMBER, beginning, "NX")
            await command(self._redis, "SET", keys.SESSIONS, beginning, "NX")
            await command(self._redis, "SET", keys.SCHEMA, SCHEMA_VERSION, "NX")
        elif int(found) != SCHEMA_VERSION:
            raise FailedPreconditionError(
                f"The store is of schema version {int(found)}; this process needs {SCHEMA_VERSION}.",
                reason="SCHEMA_VERSION",
            )
        return found is None

    async def probe(self) -> bool:
        """Whether the store was emptied since the last look; it is ours again then.

        Writes as a create does. Raises UnavailableError with the cause when a create would be refused,
        FailedPreconditionError (SCHEMA_VERSION).
        """
        emptied = await self.take_possession()
        await command(self._acknowledged or self._redis, "SET", keys.PROBE, "", "PX", _PROBE_MS)
        return emptied

    async def look_again(self) -> None:
        """Leaves a server that takes the writes no more, though it answers. Raises UnavailableError."""
        for line in (self._redis, self._acknowledged):
            if line is not None:
                await look_again(line)

    async def shortcomings(self) -> Sequence[str]:
        """What the server's settings lack for our promises. Raises UnavailableError."""
        told = (await command(self._redis, "INFO")).decode(errors="replace")
        settings = {}
        for name in ("appendfsync", "min-replicas-to-write"):
            try:
                settings[name] = (await command(self._redis, "CONFIG", "GET", name))[1].decode()
            except (exceptions.ResponseError, IndexError):
                continue  # renamed away, or unknown to an old server
        return shortcomings(read_facts(told, settings), self._redis.place.kind, self._settings.replicas)
