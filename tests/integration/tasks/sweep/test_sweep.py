"""What a sweep deletes, and what it leaves."""

import asyncio
import errno
import os
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from redis import Redis

from radmesh.errors import AbortedError, FailedPreconditionError, UnavailableError
from radmesh.tasks.v1.task_pb2 import Artifact
from services.tasks.store import TaskStore
from services.tasks.sweep.metrics import SweepMetrics
from services.tasks.sweep.settings import SweepSettings
from services.tasks.sweep.sweep import Sweep, SweepLimits
from services.tasks.sweep.sweeper import Sweeper
from tests.support.blob_folders import AgedBlobs
from tests.support.task_records import OUTCOMES, SetClock, new_task

DAY = 86_400
PIPELINES = ["octa-vessels"]
MASK = Artifact(file_name="mask.png").SerializeToString()
STRAY = "images/" + "f" * 64


async def test_an_image_goes_once_its_pin_has_ended_and_no_task_needs_it(
    store: TaskStore, blobs: AgedBlobs, sweeper: Sweeper, clock: SetClock
) -> None:
    free, pinned, needed = [await blobs.upload(store, content) for content in (b"free", b"pinned", b"needed")]
    await store.create(new_task(images=(needed,), queue_timeout=9 * DAY))
    clock.advance(DAY - 1)
    await blobs.upload(store, b"pinned")
    clock.advance(1)
    await store.tick()
    report = await sweeper.sweep_now(dry_run=False)
    assert (report.deleted, report.freed_bytes, report.kept_files) == ({"image": 1}, 4, 2)
    assert blobs.files() == {f"images/{pinned}", f"images/{needed}"}
    assert await store.images_let_go() == []
    assert f"images/{free}" not in blobs.files()


async def test_a_dry_run_says_the_same_and_deletes_nothing(
    store: TaskStore, blobs: AgedBlobs, sweeper: Sweeper, clock: SetClock
) -> None:
    await blobs.upload(store, b"free")
    await blobs.put("artifacts/gone/1/mask.png")
    clock.advance(DAY)
    await store.tick()
    before = blobs.files()
    planned = await sweeper.sweep_now(dry_run=True)
    assert planned.words() == "Would delete 2 files (9 bytes); 0 would be kept."
    assert blobs.files() == before
    done = await sweeper.sweep_now(dry_run=False)
    assert (done.deleted, done.freed_bytes) == (planned.deleted, planned.freed_bytes)
    assert blobs.files() == set()


async def test_of_a_task_that_ended_only_the_files_of_the_winning_attempt_stay(
    store: TaskStore, blobs: AgedBlobs, sweeper: Sweeper, clock: SetClock
) -> None:
    session, _ = await store.open_session("w", [], PIPELINES)
    task, _ = await store.create(new_task())
    files = [await blobs.put(f"artifacts/{task.task_id}/{attempt}/mask.png") for attempt in (1, 2)]
    grant = None
    for operation in ("first", "second"):
        grant = await store.acquire("w", session, PIPELINES, operation)
        assert grant
        # While it runs, and while it waits for its next attempt, nothing of it is touched.
        assert not (await sweeper.sweep_now(dry_run=False)).deleted
        if operation == "first":
            await store.finish(grant.lease, released="WORKER_DRAINING")
            assert not (await sweeper.sweep_now(dry_run=False)).deleted
    assert grant
    await store.finish(grant.lease, result=b"r", artifacts=[MASK])
    assert (await sweeper.sweep_now(dry_run=False)).deleted == {"artifact": 1}
    assert blobs.files() == {files[1]}
    clock.advance(3600)
    await store.tick()
    await sweeper.sweep_now(dry_run=False)
    assert blobs.files() == set()
    assert os.listdir(blobs.root / "artifacts") == []


async def test_a_file_without_a_record_goes_only_when_it_is_old(blobs: AgedBlobs, sweeper: Sweeper) -> None:
    for key in (STRAY, "images/no-image.png", "artifacts/gone/1/mask.png", "artifacts/stray"):
        await blobs.put(key)
    young = {
        await blobs.put("images/" + "e" * 64, seconds=DAY - 60),
        await blobs.put("artifacts/gone/2/mask.png", seconds=60),
    }
    assert (await sweeper.sweep_now(dry_run=False)).deleted == {"image": 2, "artifact": 2}
    assert blobs.files() == young


async def test_nothing_but_images_and_artifacts_is_looked_at(blobs: AgedBlobs, sweeper: Sweeper) -> None:
    kept = {await blobs.put(key) for key in ("weights/octa/official", "uploads/u1", "uploads/u1.json")}
    report = await sweeper.sweep_now(dry_run=False)
    assert (report.deleted_files, report.kept_files) == (0, 0)
    assert blobs.files() == kept


async def test_a_store_that_was_emptied_costs_no_file_for_a_day(
    store: TaskStore, blobs: AgedBlobs, sweeper: Sweeper, clock: SetClock, redis_url: str
) -> None:
    """A backup may bring its records back."""
    await blobs.put(STRAY)
    await blobs.put("artifacts/gone/1/mask.png")
    with Redis.from_url(redis_url) as client:
        client.flushall()
    await store.take_possession()
    for seconds in (0, DAY - 1):
        clock.advance(seconds)
        report = await sweeper.sweep_now(dry_run=False)
        assert (report.deleted_files, report.kept_files, report.young_store) == (0, 2, True)
    clock.advance(1)
    assert (await sweeper.sweep_now(dry_run=False)).deleted_files == 2


async def test_an_image_without_a_file_is_forgotten(
    store: TaskStore, blobs: AgedBlobs, sweeper: Sweeper, clock: SetClock
) -> None:
    shas = [await blobs.upload(store, b"%d" % number) for number in range(3)]
    clock.advance(DAY)
    await store.tick()
    assert sorted(await store.images_let_go()) == sorted(shas)
    for sha in shas:
        await blobs.store.delete(f"images/{sha}")
    assert not (await sweeper.sweep_now(dry_run=False)).deleted
    assert await store.images_let_go() == []


@pytest.mark.parametrize("code", [errno.EROFS, errno.EACCES, errno.EIO])
async def test_a_file_that_cannot_be_deleted_is_counted_and_the_others_go(  # noqa: PLR0917
    store: TaskStore,
    blobs: AgedBlobs,
    sweeper: Sweeper,
    clock: SetClock,
    registry: CollectorRegistry,
    monkeypatch: pytest.MonkeyPatch,
    code: int,
) -> None:
    shas = sorted([await blobs.upload(store, b"%d" % number) for number in range(3)])
    clock.advance(DAY)
    await store.tick()
    unlink = os.unlink

    def refuse(name: Any, **more: Any) -> None:
        if name == shas[1]:
            raise OSError(code, os.strerror(code))
        unlink(name, **more)

    monkeypatch.setattr(os, "unlink", refuse)
    report = await sweeper.sweep_now(dry_run=False)
    assert (report.deleted, blobs.files()) == ({"image": 2}, {f"images/{shas[1]}"})
    assert report.first_failure == f"images/{shas[1]}: {os.strerror(code)}"
    assert registry.get_sample_value("radmesh_tasks_sweep_failures_total") == report.failures == 1
    assert registry.get_sample_value("radmesh_tasks_swept_files_total", {"kind": "image"}) == 2
    assert registry.get_sample_value("radmesh_tasks_swept_bytes_total") == 2
    assert registry.get_sample_value("radmesh_tasks_last_sweep_timestamp_seconds")
    monkeypatch.setattr(os, "unlink", unlink)
    assert (await sweeper.sweep_now(dry_run=False)).deleted == {"image": 1}


async def test_one_sweep_deletes_only_so_many_files(
    store: TaskStore, blobs: AgedBlobs, sweeper: Sweeper
) -> None:
    for number in range(5):
        await blobs.put(f"artifacts/gone{number}/1/mask.png")
    sweeper._limits = SweepLimits(DAY, most_files=3)
    report = await sweeper.sweep_now(dry_run=False)
    assert (report.deleted_files, report.more, len(blobs.files())) == (3, True, 2)
    report = await sweeper.sweep_now(dry_run=False)
    assert (report.deleted_files, report.more, len(blobs.files())) == (2, False, 0)


async def test_a_disk_that_refuses_everything_ends_the_sweep_early(
    blobs: AgedBlobs, sweeper: Sweeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(9):
        await blobs.put(f"artifacts/gone{number}/1/mask.png")

    def refuse(name: Any, **more: Any) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(os, "unlink", refuse)
    sweeper._limits = SweepLimits(DAY, most_failures=3)
    report = await sweeper.sweep_now(dry_run=False)
    assert (report.failures, report.deleted_files) == (3, 0)


async def test_one_replica_sweeps_at_a_time_and_not_before_an_interval_is_over(
    store: TaskStore, clock: SetClock
) -> None:
    assert (await store.claim_sweep("a", 60)).held
    assert not (await store.claim_sweep("b", 60)).held
    assert await store.renew_sweep("a", 60)
    await store.end_sweep("a", done=True)
    clock.advance(3599)
    assert not (await store.claim_sweep("b", 60, 3600)).held
    clock.advance(1)
    assert (await store.claim_sweep("b", 60, 3600)).held
    # What was not done to its end another replica takes on.
    await store.end_sweep("b", done=False)
    assert (await store.claim_sweep("c", 60, 3600)).held


async def test_a_replica_that_died_loses_its_claim_and_one_that_slept_is_told(
    store: TaskStore, clock: SetClock
) -> None:
    assert (await store.claim_sweep("slept", 60)).held
    clock.advance(60)
    assert (await store.claim_sweep("b", 60)).held
    assert not await store.renew_sweep("slept", 60)
    await store.end_sweep("slept", done=True)
    assert await store.renew_sweep("b", 60)


async def test_a_clock_that_was_ahead_holds_up_no_sweep(store: TaskStore, clock: SetClock) -> None:
    assert (await store.claim_sweep("a", 60)).held
    await store.end_sweep("a", done=True)
    assert (await store.claim_sweep("died", 60)).held
    clock.advance(-10 * DAY)
    claim = await store.claim_sweep("b", 60, 3600)
    assert (claim.held, claim.store_age_seconds) == (True, 0)


async def test_a_second_sweep_at_once_is_refused_and_a_dry_run_is_not(
    store: TaskStore, sweeper: Sweeper
) -> None:
    assert (await store.claim_sweep("other", 60)).held
    with pytest.raises(AbortedError) as raised:
        await sweeper.sweep_now(dry_run=False)
    assert raised.value.reason == "SWEEP_RUNNING"
    await sweeper.sweep_now(dry_run=True)


async def test_a_sweep_stops_at_drain_and_another_replica_goes_on_at_once(
    store: TaskStore, blobs: AgedBlobs, sweeper: Sweeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        await blobs.put(f"artifacts/gone{number}/1/mask.png")
    unlink = os.unlink

    def drain_too(name: Any, **more: Any) -> None:
        unlink(name, **more)
        sweeper.drain()

    monkeypatch.setattr(os, "unlink", drain_too)
    with pytest.raises(UnavailableError) as raised:
        await sweeper.sweep_now(dry_run=False)
    assert (raised.value.reason, len(blobs.files())) == ("DRAINING", 4)
    assert (await store.claim_sweep("other", 60, 3600)).held


async def test_without_a_blob_store_a_sweep_is_refused(store: TaskStore) -> None:
    settings = SweepSettings(listen="127.0.0.1:0")
    with pytest.raises(FailedPreconditionError) as raised:
        await Sweeper(store, settings, SweepMetrics(CollectorRegistry())).sweep_now(dry_run=True)
    assert raised.value.reason == "NO_BLOB_STORE"


async def test_a_cancelled_sweep_gives_its_claim_back(
    store: TaskStore, blobs: AgedBlobs, sweeper: Sweeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    await blobs.put(STRAY)
    begun = asyncio.Event()

    async def stand_still(self: Sweep, **more: Any) -> None:
        begun.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(Sweep, "run", stand_still)
    running = asyncio.create_task(sweeper.sweep_now(dry_run=False))
    await begun.wait()
    running.cancel()
    await asyncio.wait({running})
    assert (await store.claim_sweep("other", 60, 3600)).held


@pytest.mark.parametrize("cause", [one for one in OUTCOMES if one.value in {"COMPLETED", "ATTEMPT_FAILED"}])
async def test_an_old_attempts_late_files_go_whatever_its_task_came_to(
    store: TaskStore, blobs: AgedBlobs, sweeper: Sweeper, cause: Any
) -> None:
    session, _ = await store.open_session("w", [], PIPELINES)
    task, _ = await store.create(new_task(max_attempts=1))
    grant = await store.acquire("w", session, PIPELINES, "op")
    assert grant
    outcome = dict(OUTCOMES[cause]) | ({"artifacts": [MASK]} if "result" in OUTCOMES[cause] else {})
    await store.finish(grant.lease, **outcome)
    await blobs.put(f"artifacts/{task.task_id}/7/mask.png")
    assert (await sweeper.sweep_now(dry_run=False)).deleted == {"artifact": 1}
