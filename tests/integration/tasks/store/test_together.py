"""Attempts that end in one script: each as if it ended alone, whatever becomes of the others."""

import pytest
from redis import Redis
from redis.exceptions import ResponseError

from services.tasks.lifecycle import State
from services.tasks.outcomes import Outcome
from services.tasks.records import LeaseKey
from services.tasks.store import TaskStore, keys
from tests.support.task_records import new_task, queue_counts, task_error

PIPELINES = ["octa-vessels"]


async def leases_of(store: TaskStore, session: int, tasks: int) -> list[LeaseKey]:
    for _ in range(tasks):
        await store.create(new_task())
    grants = await store.acquire_several("w", session, PIPELINES, "op", tasks)
    return [grant.lease for grant in grants]


async def test_each_outcome_counts_for_its_own_attempt_and_a_lost_lease_for_none(
    store: TaskStore, session: int, redis_url: str
) -> None:
    done, failed, tried_again, stale = await leases_of(store, session, 4)
    wrong = LeaseKey(stale.task_id, stale.attempt, "1.other")
    ended = [
        (done, Outcome(result=b"r", artifacts=(b"mask", b"overlay"))),
        (wrong, Outcome(result=b"late")),
        (failed, Outcome(error=task_error())),
        (tried_again, Outcome(error=task_error(retryable=True))),
    ]
    assert await store.finish_several(ended) == [True, False, True, True]
    assert await store.finish_several(ended) == [True, False, True, True]
    assert await queue_counts(store) == {
        ("octa-vessels", State.SUCCEEDED): 1,
        ("octa-vessels", State.RUNNING): 1,
        ("octa-vessels", State.FAILED): 1,
        ("octa-vessels", State.QUEUED): 1,
    }
    with Redis.from_url(redis_url) as client:
        assert client.zrange(keys.LEASES, 0, -1) == [stale.task_id.encode()]
    _, events = await store.read_log(done.task_id, "alice", 0)
    assert [event.sequence for event in events] == [1, 2, 3, 4, 5]


async def test_a_script_that_breaks_off_keeps_what_it_has_done_whole(
    store: TaskStore, session: int, redis_url: str
) -> None:
    """Else a lease would stay behind that no tick can end."""
    first, broken = await leases_of(store, session, 2)
    with Redis.from_url(redis_url) as client:
        client.hset(keys.task(broken.task_id), "reviews", "not JSON")
        stale = LeaseKey(broken.task_id, broken.attempt, "1.other")
        with pytest.raises(ResponseError):
            await store.finish_several([(first, Outcome(result=b"r")), (stale, Outcome(result=b"r"))])
        assert client.zrange(keys.LEASES, 0, -1) == [broken.task_id.encode()]
    assert await queue_counts(store) == {
        ("octa-vessels", State.SUCCEEDED): 1,
        ("octa-vessels", State.RUNNING): 1,
    }
    assert await store.finish(first, result=b"r")
