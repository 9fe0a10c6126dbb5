"""Sweeps again and again, one replica at a time, and when an operator asks."""

import asyncio
import random
import time
import uuid

from radmesh.errors import AbortedError, FailedPreconditionError, RadmeshError, UnavailableError
from services.chassis import logs
from services.chassis.blob_inventory import BlobInventory, open_blob_inventory
from services.tasks.store import TaskStore
from services.tasks.sweep.metrics import SweepMetrics
from services.tasks.sweep.report import SweepReport
from services.tasks.sweep.settings import SweepSettings
from services.tasks.sweep.sweep import Sweep, SweepLimits

_LOG = logs.logger(__name__)
_CLAIM_SECONDS = 60.0
_RENEW_SECONDS = 15.0
_MORE_SECONDS = 1.0
# How often a replica looks whether a sweep is due: another one may have died in the middle of its own.
_LOOK_SECONDS = 60.0


class Sweeper:
    """The sweeps of one replica."""

    def __init__(self, store: TaskStore, settings: SweepSettings, metrics: SweepMetrics) -> None:
        self._store = store
        self._blobs: BlobInventory | None = None
        if settings.blobs:
            self._blobs = open_blob_inventory(settings.blobs)
        self._interval_seconds = settings.sweep_seconds
        self._limits = SweepLimits(settings.sweep_keep_seconds)
        self._metrics = metrics
        self._draining = False

    async def run(self) -> None:
        """Sweeps whenever one is due, for ever; returns at once where sweeping is switched off."""
        if self._blobs is None or not self._interval_seconds:
            return
        while True:
            more = False
            try:
                report = await self._sweep(self._blobs, self._interval_seconds)
                more = report.more and not report.failures
            except RadmeshError as error:
                if not isinstance(error, AbortedError):
                    _LOG.info("sweep put off", problem=error.message)
            pause = min(self._interval_seconds, _LOOK_SECONDS)
            await asyncio.sleep((_MORE_SECONDS if more else pause) * random.uniform(0.8, 1.0))

    async def sweep_now(self, *, dry_run: bool) -> SweepReport:
        """Sweeps at once, or only says what would go.

        Raises FailedPreconditionError (NO_BLOB_STORE), AbortedError (SWEEP_RUNNING), UnavailableError.
        """
        if self._blobs is None:
            raise FailedPreconditionError(
                "`tasks` was not told where the files are: set RADMESH_TASKS_BLOBS.", reason="NO_BLOB_STORE"
            )
        if not dry_run:
            return await self._sweep(self._blobs, 0.0)
        report = SweepReport()
        sweep = Sweep(self._store, self._blobs, self._limits, self._check_draining)
        age = await self._store.store_age_seconds()
        await sweep.run(store_age_seconds=age, dry_run=True, report=report)
        return report

    def drain(self) -> None:
        """Stops a sweep that runs before its next file; another replica goes on."""
        self._draining = True

    async def _sweep(self, blobs: BlobInventory, interval_seconds: float) -> SweepReport:
        await self._check_draining()
        token = uuid.uuid4().hex
        claim = await self._store.claim_sweep(token, _CLAIM_SECONDS, interval_seconds)
        if not claim.held:
            raise AbortedError("Another sweep runs. Ask again in a minute.", reason="SWEEP_RUNNING")
        report, begun, done = SweepReport(), time.monotonic(), False
        sweep = Sweep(self._store, blobs, self._limits, _Claim(self, token).go_on)
        try:
            await sweep.run(store_age_seconds=claim.store_age_seconds, dry_run=False, report=report)
            done = not report.more
        finally:
            self._tell(report, time.monotonic() - begun)
            await self._store.end_sweep(token, done=done or report.failures > 0)
        self._metrics.last_time.set_to_current_time()
        return report

    def _tell(self, report: SweepReport, seconds: float) -> None:
        self._metrics.show(report)
        _LOG.info(
            "blobs swept",
            files=report.deleted_files,
            bytes=report.freed_bytes,
            kept=report.kept_files,
            seconds=round(seconds, 3),
        )
        if report.failures:
            _LOG.warning("files not swept", files=report.failures, first=report.first_failure)

    async def _check_draining(self) -> None:
        if self._draining:
            raise UnavailableError("this replica goes down: ask another one", reason="DRAINING")


class _Claim:
    """The claim of one sweep, renewed as it goes on."""

    def __init__(self, sweeper: Sweeper, token: str) -> None:
        self._sweeper = sweeper
        self._token = token
        self._renewed = time.monotonic()

    async def go_on(self) -> None:
        """Raises AbortedError once the claim is another's, UnavailableError at drain."""
        await self._sweeper._check_draining()
        if time.monotonic() - self._renewed < _RENEW_SECONDS:
            return
        if not await self._sweeper._store.renew_sweep(self._token, _CLAIM_SECONDS):
            raise AbortedError("Another replica sweeps by now.", reason="SWEEP_RUNNING")
        self._renewed = time.monotonic()
