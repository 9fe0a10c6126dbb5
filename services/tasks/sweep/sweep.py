"""One sweep: every file is looked at, the store is asked page by page, and what nobody needs goes.

What goes: files of images that the store let go; files that no record knows and files of attempts that did
not win, once they are old enough. The store decides, not the age of a file, wherever it has a record.
Nothing but `images/` and `artifacts/` is looked at: uploads have a sweep of their own in the gateway, and
weights lie in no blob store.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from services.chassis.blob_inventory import BlobInventory, KeptBlob, Page, Unreadable
from services.tasks.store import TaskStore
from services.tasks.sweep.report import SweepReport
from services.tasks.sweep.rules import (
    ARTIFACTS,
    IMAGES,
    ImageStanding,
    artifact_is_needed,
    image_of,
    task_of,
)

_LISTED = 100


@dataclass(frozen=True)
class SweepLimits:
    """Where a sweep stops.

    keep_seconds: age of a file from which it goes, where no record needs it. most_files: that one sweep
    deletes. most_failures: after which it deletes no more; a disk that is read-only fails for all alike.
    """

    keep_seconds: float
    most_files: int = 10_000
    most_failures: int = 1_000


class Sweep:
    """One sweep. go_on: asked before every deletion and every page; raises when the sweep is to stop."""

    def __init__(
        self,
        store: TaskStore,
        blobs: BlobInventory,
        limits: SweepLimits,
        go_on: Callable[[], Awaitable[None]],
    ) -> None:
        self._store = store
        self._blobs = blobs
        self._limits = limits
        self._go_on = go_on
        self._failed: set[str] = set()

    async def run(self, *, store_age_seconds: float, dry_run: bool, report: SweepReport) -> None:
        """Sweeps, and notes in `report` what happens as it happens.

        store_age_seconds: how long the store has known this folder. One that was emptied by mistake, and may
        come back from a backup, must not cost the files as well.
        """
        self._report = report
        self._dry_run = report.dry_run = dry_run
        report.young_store = store_age_seconds < self._limits.keep_seconds
        await self._each_page(IMAGES, self._sweep_images)
        await self._each_page(ARTIFACTS, self._sweep_artifacts)
        if not dry_run:
            await self._forget_images_without_files()

    async def _each_page(self, top: str, work: Callable[[Sequence[KeptBlob]], Awaitable[None]]) -> None:
        pages = self._blobs.pages(top)
        try:
            async for page in pages:
                await self._go_on()
                await work(self._readable(page))
                if self._report.more:
                    return
        finally:
            await pages.aclose()

    def _readable(self, page: Page) -> list[KeptBlob]:
        found = []
        for one in page:
            if isinstance(one, Unreadable):
                self._fail(one.key, one.error)
            else:
                found.append(one)
        return found

    async def _sweep_images(self, page: Sequence[KeptBlob]) -> None:
        named = {blob.key: image_of(blob.key) for blob in page}
        standings = await self._store.sight_images([sha for sha in named.values() if sha])
        for blob in page:
            sha256 = named[blob.key]
            standing = standings[sha256] if sha256 else ImageStanding.UNKNOWN
            if standing is ImageStanding.RECORDED or not self._may_go(blob, standing):
                self._keep(blob)
            elif self._dry_run or sha256 is None:
                await self._delete(blob, "image")
            else:
                await self._delete_image(blob, sha256)

    async def _delete_image(self, blob: KeptBlob, sha256: str) -> None:
        """Asks again under the claim: from here on nobody can record the image and rely on this file."""
        try:
            async with self._blobs.claim(blob.key) as free:
                standing = (await self._store.sight_images([sha256]))[sha256] if free else None
                if standing is None or standing is ImageStanding.RECORDED:
                    self._keep(blob)
                elif await self._delete(blob, "image") and standing is ImageStanding.LET_GO:
                    await self._store.forget_image(sha256)
        except OSError as error:
            self._fail(blob.key, error)

    async def _sweep_artifacts(self, page: Sequence[KeptBlob]) -> None:
        owners = dict.fromkeys(task for blob in page if (task := task_of(blob.key)))
        known = await self._store.sight_files(list(owners))
        for blob in page:
            if artifact_is_needed(blob.key, known) or not self._may_go(blob, ImageStanding.UNKNOWN):
                self._keep(blob)
            else:
                await self._delete(blob, "artifact")

    async def _forget_images_without_files(self) -> None:
        """Of uploads that were broken off between record and file, and of files deleted by hand."""
        stay = 0
        while not self._report.more and (listed := await self._store.images_let_go(_LISTED, after=stay)):
            for blob in (KeptBlob(f"{IMAGES}/{sha256}", 0, 0.0) for sha256 in listed):
                if blob.key not in self._failed:
                    await self._delete_image(blob, blob.key.removeprefix(f"{IMAGES}/"))
            standings = await self._store.sight_images(listed)
            stay += sum(one is ImageStanding.LET_GO for one in standings.values())

    def _may_go(self, blob: KeptBlob, standing: ImageStanding) -> bool:
        if standing is ImageStanding.LET_GO:
            return True
        return blob.age_seconds >= self._limits.keep_seconds and not self._report.young_store

    def _keep(self, blob: KeptBlob) -> None:
        self._report.kept_files += not blob.is_folder

    def _fail(self, key: str, error: OSError) -> None:
        self._failed.add(key)
        self._report.note_failure(key, error)

    async def _delete(self, blob: KeptBlob, kind: str) -> bool:
        """Deletes a file; False when it could not be."""
        report, limits = self._report, self._limits
        if report.deleted_files >= limits.most_files or report.failures >= limits.most_failures:
            report.more = True
            return False
        if not self._dry_run:
            await self._go_on()
            try:
                if not await self._blobs.remove(blob):
                    return True
            except OSError as error:
                self._fail(blob.key, error)
                return False
        if not blob.is_folder:
            self._report.note_deleted(kind, blob.size_bytes)
        return True
