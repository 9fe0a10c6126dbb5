"""The finding NO_PROGRESS on a real store: what counts as progress, and who does something about it."""

import pytest

from services.tasks.inquiries import Inquiries
from services.tasks.records import Grant
from services.tasks.recovery import Recovery
from services.tasks.store import TaskStore
from services.tasks.stuck import Finding
from tests.support.task_records import SetClock, new_task

OCTA = "octa-vessels"
HALF_AN_HOUR = 1_800_000


@pytest.fixture
def recovery(store: TaskStore) -> Recovery:
    """Asks workers and gives them no time to answer."""
    return Recovery(store, Inquiries(store, 0.01))


@pytest.fixture
async def grant(store: TaskStore, session: int) -> Grant:
    """A running task whose progress has to change within 20 s."""
    await store.create(new_task(progress_timeout=20, heartbeat_timeout=1000))
    found = await store.acquire("w", session, [OCTA], "op")
    assert found
    return found


async def finding(recovery: Recovery) -> Finding:
    (found,) = await recovery.check(HALF_AN_HOUR)
    return found.finding


async def test_progress_that_is_told_again_and_does_not_change_is_found(
    store: TaskStore, recovery: Recovery, grant: Grant, clock: SetClock
) -> None:
    clock.advance(15)
    assert await store.report_progress(grant.lease, b"tile 1", "1")
    clock.advance(15)
    assert await store.report_progress(grant.lease, b"tile 1, another message", "1")
    assert await finding(recovery) is Finding.NONE
    clock.advance(5.001)
    assert await finding(recovery) is Finding.NO_PROGRESS
    assert await store.report_progress(grant.lease, b"tile 2", "2")
    assert await finding(recovery) is Finding.NONE


async def test_an_attempt_that_never_told_anything_is_found(
    recovery: Recovery, grant: Grant, clock: SetClock
) -> None:
    clock.advance(20.001)
    assert await finding(recovery) is Finding.NO_PROGRESS


async def test_the_mesh_leaves_it_to_its_timer_and_an_operator_puts_it_back(
    store: TaskStore, session: int, recovery: Recovery, grant: Grant, clock: SetClock
) -> None:
    clock.advance(21)
    await recovery.recover_plain_cases(HALF_AN_HOUR, act=True)
    assert recovery.stuck == {(OCTA, Finding.NO_PROGRESS): 1}
    (treated,) = await recovery.recover(HALF_AN_HOUR)
    assert (treated.left_reason, treated.found and treated.found.finding) == ("", Finding.NO_PROGRESS)
    assert not await store.finish(grant.lease, result=b"too late")
    again = await store.acquire("w", session, [OCTA], "op2")
    assert again
    assert again.lease.attempt == 2
    # What was told of the attempt before says nothing of this one.
    assert await finding(recovery) is Finding.NONE
