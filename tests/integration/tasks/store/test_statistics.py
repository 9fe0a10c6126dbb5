"""What the scripts count while tasks move."""

from collections.abc import Mapping

from redis import Redis

from services.tasks.lifecycle import Cause, State
from services.tasks.records import Grant
from services.tasks.statistics import PipelineFigures
from services.tasks.store import StoreSettings, TaskStore
from tests.support.task_records import OUTCOMES, SetClock, new_task, task_error

PIPELINE = "octa-vessels"


async def acquired(store: TaskStore, session: int, operation: str) -> Grant:
    grant = await store.acquire("w", session, [PIPELINE], operation)
    assert grant
    return grant


async def figures(store: TaskStore) -> PipelineFigures:
    (one,) = (await store.read_statistics()).pipelines
    return one


def counted(numbers: Mapping[str, int]) -> dict[str, int]:
    """Without what never happened."""
    return {name: number for name, number in numbers.items() if number}


async def test_a_retry_counts_by_its_cause_and_a_failure_by_the_reason_of_its_error(
    store: TaskStore, session: int, clock: SetClock
) -> None:
    for reason in ("IMAGE_TRUNCATED", "IMAGE_TRUNCATED", "INFERENCE_FAILED"):
        await store.create(new_task())
        grant = await acquired(store, session, f"{reason}{clock()}")
        await store.finish(grant.lease, error=task_error(reason))
        clock.advance(1)
    await store.create(new_task(max_attempts=5))
    await store.finish((await acquired(store, session, "a")).lease, **OUTCOMES[Cause.WORKER_CRASHED])
    clock.advance(60)
    await store.tick()
    await store.finish((await acquired(store, session, "b")).lease, **OUTCOMES[Cause.RELEASED])
    # The second crash is the lifecycle's own end.
    await store.finish((await acquired(store, session, "c")).lease, **OUTCOMES[Cause.WORKER_CRASHED])
    found = await figures(store)
    assert counted(found.retries) == {"WORKER_CRASHED": 1, "RELEASED": 1}
    expected = {"IMAGE_TRUNCATED": 2, "INFERENCE_FAILED": 1, "WORKER_CRASHED_REPEATEDLY": 1}
    assert counted(found.failures) == expected
    assert found.counts[State.FAILED] == 4
    assert set(found.counts) == {state for state in State if state}


async def test_a_wait_that_ends_by_itself_counts_as_a_failure(store: TaskStore, clock: SetClock) -> None:
    await store.create(new_task(queue_timeout=5))
    clock.advance(6)
    await store.tick()
    assert counted((await figures(store)).failures) == {"QUEUE_TIMEOUT": 1}


async def test_an_outcome_that_comes_twice_counts_once(store: TaskStore, session: int) -> None:
    await store.create(new_task())
    grant = await acquired(store, session, "op")
    for _ in range(2):
        assert await store.finish(grant.lease, error=task_error("IMAGE_TRUNCATED"))
    assert counted((await figures(store)).failures) == {"IMAGE_TRUNCATED": 1}


async def test_a_cancel_counts_neither_as_failure_nor_as_retry(store: TaskStore, session: int) -> None:
    created, _ = await store.create(new_task())
    grant = await acquired(store, session, "op")
    await store.cancel(created.task_id, "alice")
    await store.finish(grant.lease, **OUTCOMES[Cause.WORKER_CRASHED])
    found = await figures(store)
    assert (counted(found.retries), counted(found.failures)) == ({}, {})


async def test_reasons_that_a_worker_invents_do_not_pile_up(redis_url: str, clock: SetClock) -> None:
    store = await TaskStore.open(redis_url, StoreSettings(failure_reasons=3), clock)
    session, _ = await store.open_session("w", [], [PIPELINE])
    for number in range(8):
        await store.create(new_task())
        grant = await acquired(store, session, str(number))
        await store.finish(grant.lease, error=task_error(f"R{number}"))
    # A reason that was counted before goes on being counted.
    await store.create(new_task())
    await store.finish((await acquired(store, session, "again")).lease, error=task_error("R2"))
    assert counted((await figures(store)).failures) == {"OTHER": 5, "R0": 1, "R1": 1, "R2": 2}
    await store.close()


async def test_the_oldest_wait_is_not_hidden_by_who_is_more_urgent(
    store: TaskStore, session: int, clock: SetClock
) -> None:
    await store.create(new_task())
    clock.advance(600)
    await store.create(new_task(priority=1))
    found = await figures(store)
    assert found.oldest_wait == 600
    await acquired(store, session, "first")
    await acquired(store, session, "second")
    assert (await figures(store)).oldest_wait is None


async def test_a_delayed_task_does_not_wait(store: TaskStore, session: int, clock: SetClock) -> None:
    await store.create(new_task(max_attempts=5))
    await store.finish((await acquired(store, session, "a")).lease, **OUTCOMES[Cause.TRANSIENT_FAILURE])
    assert (await figures(store)).oldest_wait is None
    clock.advance(60)
    await store.tick()
    assert ((await figures(store)).oldest_wait or 0) > 58


async def test_the_times_of_attempts_are_read_with_their_numbers(
    store: TaskStore, session: int, clock: SetClock
) -> None:
    for number in range(4):
        await store.create(new_task())
        clock.advance(1)
        grant = await acquired(store, session, str(number))
        clock.advance(number)
        await store.finish(grant.lease, result=b"r")
    times = await store.read_attempt_times(PIPELINE)
    assert (times.queue.count, times.queue.mean, times.queue.p95) == (4, 1.0, 1.0)
    assert (times.run.count, times.run.mean, times.run.p50) == (4, 1.5, 1.5)
    assert (await store.read_attempt_times("none-such")).run.count == 0


async def test_what_was_counted_goes_with_its_pipeline(
    store: TaskStore, session: int, clock: SetClock, redis_url: str
) -> None:
    await store.introduce({PIPELINE: b"d"}, "s", b"types")
    await store.create(new_task())
    grant = await acquired(store, session, "op")
    await store.finish(grant.lease, error=task_error())
    await store.close_session("w", session)
    clock.advance(3600 + 86_400)
    await store.tick()
    await store.delete_pipeline(PIPELINE)
    assert (await store.read_statistics()).pipelines == []
    with Redis.from_url(redis_url) as client:
        assert not [key for key in client.scan_iter() if key.endswith(PIPELINE.encode())]
