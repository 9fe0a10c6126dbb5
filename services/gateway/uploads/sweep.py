"""Gives up what nobody goes on with: uploads whose time is over, staged bytes that lost their record."""

import asyncio

from services.chassis import logs
from services.gateway.metrics import GatewayMetrics
from services.gateway.uploads.shelf import UploadShelf

_LOG = logs.logger(__name__)


class Sweep:
    """One look after another. Bytes without a record go when they were met `unrecorded_keep` seconds ago.

    Not at once: another gateway on the same store may be writing them, for a call that needs no record.
    """

    def __init__(self, uploads: UploadShelf, metrics: GatewayMetrics, *, unrecorded_keep: float) -> None:
        self._uploads = uploads
        self._metrics = metrics
        self._unrecorded_keep = unrecorded_keep
        self._first_met: dict[str, float] = {}

    async def look(self) -> None:
        """One look."""
        now = asyncio.get_running_loop().time()
        unrecorded = await self._uploads.unrecorded()
        self._first_met = {one: self._first_met.get(one, now) for one in unrecorded}
        lost = [one for one, met in self._first_met.items() if now - met >= self._unrecorded_keep]
        for upload_id in [*await self._uploads.expired(), *lost]:
            await self._uploads.discard(upload_id)
            self._metrics.swept.inc()
            _LOG.info("upload given up", upload=upload_id)
