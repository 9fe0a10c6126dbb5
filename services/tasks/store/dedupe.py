"""The secret with which callers' dedupe keys are hashed: they may name a patient, and are kept nowhere."""

import secrets

from radmesh.errors import UnavailableError
from services.tasks.store import keys
from services.tasks.store.connection import command
from services.tasks.store.part import StorePart


class DedupePart(StorePart):
    """The secret of dedupe keys."""

    async def dedupe_secret(self) -> bytes:
        """The operator's secret, or one that the store made for itself.

        The latter is read each time: after a flush of the store, all replicas must agree on the next one.
        """
        if self._settings.dedupe_secret:
            return self._settings.dedupe_secret.encode()
        secret: bytes | None = await command(self._redis, "GET", keys.DEDUPE_SECRET)
        if secret is None:
            await command(self._redis, "SET", keys.DEDUPE_SECRET, secrets.token_hex(32), "NX")
            secret = await command(self._redis, "GET", keys.DEDUPE_SECRET)
        if secret is None:
            # Flushed between the two: the caller's repeat finds the next one.
            raise UnavailableError(
                "The store of tasks was emptied. Repeat the call.",
                reason="STORE_UNAVAILABLE",
                retry_after=1.0,
            )
        return secret
