"""How long attempts waited and ran, as the scripts note it, and who takes a pipeline's tasks."""

from redis import Redis

from services.tasks.lifecycle import Cause
from services.tasks.pace import Pace
from services.tasks.store import StoreSettings, TaskStore
from tests.support.task_records import OUTCOMES, SetClock, new_task

PIPELINES = ["octa-vessels"]


def noted(url: str) -> list[str]:
    with Redis.from_url(url) as client:
        return [entry.decode() for entry in client.lrange("{radmesh}:runtimes:octa-vessels", 0, -1)]


async def test_every_attempt_that_ends_notes_its_wait_and_its_run(
    store: TaskStore, session: int, clock: SetClock, redis_url: str
) -> None:
    await store.create(new_task())
    await store.tick()
    clock.advance(2)
    grant = await store.acquire("w", session, PIPELINES, "op1")
    assert grant
    clock.advance(1.5)
    await store.finish(grant.lease, **OUTCOMES[Cause.TRANSIENT_FAILURE])
    # The backoff is no time of waiting for a worker.
    backoff = (await store.tick()).next_due
    assert backoff
    clock.advance(backoff)
    await store.tick()
    clock.advance(0.5)
    grant = await store.acquire("w", session, PIPELINES, "op2")
    assert grant
    clock.advance(3)
    await store.finish(grant.lease, **OUTCOMES[Cause.COMPLETED])
    assert noted(redis_url) == ["500 3000 COMPLETED", "2000 1500 TRANSIENT_FAILURE"]


async def test_only_the_latest_are_kept(redis_url: str, clock: SetClock) -> None:
    store = await TaskStore.open(redis_url, StoreSettings(runtimes=3), clock)
    session, _ = await store.open_session("w", [], PIPELINES)
    for number in range(5):
        await store.create(new_task())
        grant = await store.acquire("w", session, PIPELINES, f"op{number}")
        assert grant
        clock.advance(number)
        await store.finish(grant.lease, **OUTCOMES[Cause.COMPLETED])
    assert noted(redis_url) == ["0 4000 COMPLETED", "0 3000 COMPLETED", "0 2000 COMPLETED"]
    await store.close()


async def test_a_pace_counts_the_slots_of_who_takes_tasks(store: TaskStore, clock: SetClock) -> None:
    assert await store.read_paces() == {}
    await store.introduce({"octa-vessels": b"d"}, "s", b"types")
    assert await store.read_paces() == {"octa-vessels": Pace()}
    first, _ = await store.open_session("w", [], PIPELINES, slots=2)
    await store.open_session("v", [], ["ct-l3", "octa-vessels"], slots=3)
    for number in range(3):
        await store.create(new_task())
        grant = await store.acquire("w", first, PIPELINES, f"op{number}")
        assert grant
    clock.advance(4)
    assert grant
    await store.finish(grant.lease, **OUTCOMES[Cause.COMPLETED])
    assert await store.read_paces() == {"octa-vessels": Pace(4.0, slots=5, busy=2)}
    await store.close_session("w", first)
    assert (await store.read_paces())["octa-vessels"].slots == 3
    clock.advance(60)
    assert (await store.read_paces())["octa-vessels"].slots == 0


async def test_a_paused_pipeline_has_no_slots_and_says_why(store: TaskStore) -> None:
    await store.introduce({"octa-vessels": b"d"}, "s", b"types")
    await store.open_session("w", [], PIPELINES, slots=2)
    for reason in ("new scanner", ""):
        await store.pause_pipeline("octa-vessels", reason)
        assert await store.read_paces() == {"octa-vessels": Pace(pause=reason)}
        await store.resume_pipeline("octa-vessels")
    assert await store.read_paces() == {"octa-vessels": Pace(slots=2)}
