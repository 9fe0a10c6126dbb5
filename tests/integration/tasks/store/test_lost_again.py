"""A worker that loses its tasks again and again: by itself the mesh tries only so often."""

from collections.abc import Collection, Mapping

import pytest

from services.tasks.inquiries import Inquiries
from services.tasks.lifecycle import State
from services.tasks.records import Grant
from services.tasks.recovery import Recovery
from services.tasks.store import TaskStore
from services.tasks.stuck import SETTLING_MS, Attempts
from services.tasks.translate import task_message
from tests.support.task_records import SetClock, new_task

OCTA = "octa-vessels"
HALF_AN_HOUR = 30 * 60_000


class Forgetful(Inquiries):
    """Every worker says that it has nothing."""

    async def ask(self, workers: Collection[str]) -> Mapping[str, Attempts]:
        return {worker: Attempts(frozenset(), frozenset(), settled=True) for worker in workers}


@pytest.fixture
def recovery(store: TaskStore) -> Recovery:
    return Recovery(store, Forgetful(store, 1))


async def taken_and_lost(store: TaskStore, session: int, clock: SetClock, operation: str) -> Grant:
    clock.advance(1)
    await store.tick()
    grant = await store.acquire("w", session, [OCTA], operation)
    assert grant
    clock.advance(SETTLING_MS / 1000)
    await store.heartbeat("w", session, [])
    await store.tick()
    return grant


async def test_what_a_worker_loses_each_time_ends(
    store: TaskStore, session: int, recovery: Recovery, clock: SetClock
) -> None:
    await store.introduce({OCTA: b""}, "", b"types")
    await store.create(new_task(max_attempts=3))
    for attempt in (1, 2, 3):
        grant = await taken_and_lost(store, session, clock, f"op{attempt}")
        assert grant.lease.attempt == attempt
        await recovery.recover_plain_cases(HALF_AN_HOUR, act=True)
    ended = await store.get(grant.lease.task_id, "alice")
    assert ended.state is State.FAILED
    error = task_message(ended).error
    assert (error.reason, error.retryable) == ("LEASE_EXPIRED", True)
    assert "did not know the attempt" in error.message
    assert "unknown" not in error.message
    (figures,) = (await store.read_statistics()).pipelines
    assert (figures.recoveries["WORKER_LOST"], figures.retries["LEASE_EXPIRED"]) == (2, 0)
    assert figures.failures["LEASE_EXPIRED"] == 1


async def test_an_operator_may_put_it_back_as_often_as_it_takes(
    store: TaskStore, session: int, recovery: Recovery, clock: SetClock
) -> None:
    await store.create(new_task(max_attempts=1))
    for attempt in (1, 2, 3):
        grant = await taken_and_lost(store, session, clock, f"op{attempt}")
        (treated,) = await recovery.recover(HALF_AN_HOUR)
        assert not treated.left_reason
    assert (await store.get(grant.lease.task_id, "alice")).state is State.QUEUED
