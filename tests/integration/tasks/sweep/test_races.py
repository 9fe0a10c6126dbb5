"""An upload, a create and a sweep of the same image at once, in every order of their steps."""

import asyncio
import hashlib
import itertools
import shutil
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from radmesh.blobs.v1.image_pb2 import Image
from radmesh.errors import ImageNotFoundError, UnavailableError
from services.chassis.blob_inventory import BlobInventory, KeptBlob
from services.chassis.metrics import Metrics
from services.gateway.metrics import GatewayMetrics
from services.gateway.uploads.acceptance import Acceptance
from services.gateway.uploads.rules import Limits, NewUpload
from services.tasks.records import ImageRecord
from services.tasks.store import StoreSettings, TaskStore
from services.tasks.sweep.report import SweepReport
from services.tasks.sweep.sweep import Sweep, SweepLimits
from tests.support.blob_folders import AgedBlobs
from tests.support.task_records import SetClock, new_task

DAY = 86_400
PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 100
SHA = hashlib.sha256(PNG).hexdigest()
UPLOAD, SWEEP = "upload", "sweep"
STEPS = {UPLOAD: 4, SWEEP: 5}
# The longest that one step may take before its actor counts as one that waits for the other.
WAITS_SECONDS = 0.01


class Turns:
    """Lets each actor make one step whenever its name comes in a schedule, and all of them at its end."""

    def __init__(self, schedule: Sequence[str]) -> None:
        self._schedule = schedule
        self._may = {name: asyncio.Semaphore(0) for name in STEPS}
        self._arrived = {name: asyncio.Event() for name in STEPS}

    async def step(self, name: str) -> None:
        """Waits for its turn."""
        self._arrived[name].set()
        await self._may[name].acquire()

    async def conduct(self, actors: dict[str, "asyncio.Task[Any]"]) -> None:
        """Runs the schedule."""
        for name in self._schedule:
            if actors[name].done():
                continue
            self._arrived[name].clear()
            self._may[name].release()
            arrived = asyncio.ensure_future(self._arrived[name].wait())
            await asyncio.wait(
                {arrived, actors[name]}, timeout=WAITS_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
            arrived.cancel()
        for may in self._may.values():
            for _ in range(100):
                may.release()
        await asyncio.wait_for(asyncio.gather(*actors.values()), 20)


class SteppedStore:
    """The store as a sweep sees it."""

    def __init__(self, store: TaskStore, turns: Turns) -> None:
        self._store = store
        self._turns = turns

    def __getattr__(self, name: str) -> Any:
        async def call(*arguments: Any, **more: Any) -> Any:
            await self._turns.step(SWEEP)
            return await getattr(self._store, name)(*arguments, **more)

        return call


class SteppedInventory(BlobInventory):
    """The folder as a sweep sees it."""

    turns: Turns

    async def remove(self, blob: KeptBlob) -> bool:
        await self.turns.step(SWEEP)
        return await super().remove(blob)

    @asynccontextmanager
    async def claim(self, key: str) -> AsyncGenerator[bool, None]:
        await self.turns.step(SWEEP)
        async with super().claim(key) as free:
            yield free


class SteppedBlobs:
    """The folder as an upload sees it."""

    def __init__(self, blobs: AgedBlobs, turns: Turns) -> None:
        self._store = blobs.store
        self._turns = turns

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def promote(self, staged: str, key: str) -> None:
        await self._turns.step(UPLOAD)
        await self._store.promote(staged, key)

    @asynccontextmanager
    async def claim(self, key: str) -> AsyncGenerator[None, None]:
        await self._turns.step(UPLOAD)
        async with self._store.claim(key):
            yield
            await self._turns.step(UPLOAD)


async def together(store: TaskStore, blobs: AgedBlobs, schedule: Sequence[str]) -> SweepReport:
    """A sweep and an upload of an image that was let go, step by step in the order of a schedule."""
    turns = Turns(schedule)

    async def record(image: Image) -> Image:
        await turns.step(UPLOAD)
        await store.record_image("alice", ImageRecord(SHA, len(PNG), "image/png"))
        return image

    stepped: Any = SteppedBlobs(blobs, turns)
    acceptance = Acceptance(stepped, record, _never, GatewayMetrics(Metrics()))
    declared = NewUpload(size_bytes=len(PNG), request_id="r", file_extension=".png")
    upload = acceptance.accept("uploads/u1", declared, Limits(1 << 20), len(PNG), SHA)
    inventory = SteppedInventory(blobs.root)
    inventory.turns = turns
    stepped_store: Any = SteppedStore(store, turns)
    report = SweepReport()

    async def go_on() -> None:
        pass

    sweep = Sweep(stepped_store, inventory, SweepLimits(DAY), go_on)
    sweeping = sweep.run(store_age_seconds=DAY, dry_run=False, report=report)
    actors = {UPLOAD: asyncio.create_task(upload), SWEEP: asyncio.create_task(sweeping)}
    await turns.conduct(actors)
    return report


@pytest.mark.timeout(180)
async def test_an_upload_that_was_accepted_has_its_file_whatever_a_sweep_did_meanwhile(
    store: TaskStore, blobs: AgedBlobs, clock: SetClock
) -> None:
    deleted = 0
    for turns_of_upload in itertools.combinations(range(sum(STEPS.values())), STEPS[UPLOAD]):
        schedule = [UPLOAD if at in turns_of_upload else SWEEP for at in range(sum(STEPS.values()))]
        await blobs.upload(store, PNG)
        clock.advance(DAY)
        await store.tick()
        assert await store.images_let_go() == [SHA]
        await blobs.put("uploads/u1", PNG)
        report = await together(store, blobs, schedule)
        deleted += report.deleted_files
        assert blobs.files() == {f"images/{SHA}"}, schedule
        assert (blobs.root / "images" / SHA).read_bytes() == PNG
        assert await store.get_image("alice", SHA), schedule
        assert await store.images_let_go() == [], schedule
        # The next round begins with an empty folder and a pin that ends.
        clock.advance(DAY)
        await store.tick()
        await store.forget_image(SHA)
        shutil.rmtree(blobs.root / "images")
    assert deleted, "no schedule let the sweep be first"


async def test_a_create_gets_an_image_that_stays_or_is_told_that_it_is_gone(
    redis_url: str, store: TaskStore, blobs: AgedBlobs, clock: SetClock
) -> None:
    """Two replicas at once: one creates at the very moment at which the other lets the image go."""
    other = await TaskStore.open(redis_url, StoreSettings(), clock)
    seen = set()
    for number in range(60):
        sha256 = await blobs.upload(store, b"%d" % number)
        task = new_task(images=(sha256,), queue_timeout=99 * DAY)
        clock.advance(DAY)
        calls: dict[str, Any] = {"create": store.create(task), "tick": other.tick()}
        order = ["create", "tick"] if number % 2 else ["tick", "create"]
        first = asyncio.ensure_future(calls[order[0]])
        if number < 2:
            # One is over before the other begins: luck alone may show only one of the two ends.
            await asyncio.wait([first])
        answers = await asyncio.gather(first, calls[order[1]], return_exceptions=True)
        created = dict(zip(order, answers, strict=True))["create"]
        await other.tick()
        report = SweepReport()
        await Sweep(store, BlobInventory(blobs.root), SweepLimits(DAY), _always).run(
            store_age_seconds=DAY, dry_run=False, report=report
        )
        there = f"images/{sha256}" in blobs.files()
        seen.add(there)
        if there:
            assert not isinstance(created, BaseException)
            assert await store.get_image("alice", sha256)
        else:
            assert isinstance(created, ImageNotFoundError)
            with pytest.raises(ImageNotFoundError):
                await store.get_image("alice", sha256)
    await other.close()
    assert seen == {True, False}


async def test_a_sweep_leaves_an_image_that_is_just_being_uploaded_for_the_next_one(
    store: TaskStore, blobs: AgedBlobs, clock: SetClock
) -> None:
    sha256 = await blobs.upload(store, PNG)
    clock.advance(DAY)
    await store.tick()
    report = SweepReport()
    async with blobs.store.claim(f"images/{sha256}"):
        sweep = Sweep(store, BlobInventory(blobs.root), SweepLimits(DAY), _always)
        await sweep.run(store_age_seconds=DAY, dry_run=False, report=report)
    assert report.deleted_files == 0
    assert await store.images_let_go() == [sha256]


async def test_a_deletion_that_hangs_lets_uploads_come_again_and_not_lose_a_byte(
    blobs: AgedBlobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.chassis.blob_claims._PATIENCE_SECONDS", 0.05)
    await blobs.put("uploads/u1", PNG)

    async def record(image: Image) -> Image:
        raise AssertionError("recorded without a claim")

    acceptance = Acceptance(blobs.store, record, _never, GatewayMetrics(Metrics()))
    declared = NewUpload(size_bytes=len(PNG), request_id="r", file_extension=".png")
    async with BlobInventory(blobs.root).claim(f"images/{SHA}") as free:
        assert free
        with pytest.raises(UnavailableError):
            await acceptance.accept("uploads/u1", declared, Limits(1 << 20), len(PNG), SHA)
    assert blobs.files() == {"uploads/u1"}


async def _always() -> None:
    pass


async def _never(name: str) -> bool:
    return False
