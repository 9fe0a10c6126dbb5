"""Each finding made to happen on a real store, and put back."""

import asyncio
from collections.abc import Callable, Mapping

import pytest
from redis import Redis

from services.tasks.inquiries import Inquiries
from services.tasks.lifecycle import State
from services.tasks.records import FeedKind, Grant, LeaseKey, LeaseState
from services.tasks.recovery import Found, Recovery
from services.tasks.store import TaskStore
from services.tasks.stuck import Answer, Attempts, Finding
from tests.support.store_contents import contents
from tests.support.task_records import SetClock, new_task

OCTA = "octa-vessels"
HALF_AN_HOUR = 1_800_000


@pytest.fixture
def recovery(store: TaskStore) -> Recovery:
    """Asks workers and gives them no time to answer."""
    return Recovery(store, Inquiries(store, 0.01))


@pytest.fixture
def by_hand(redis_url: str) -> Callable[..., int]:
    """Runs a command on the server behind the store's back."""

    def run(*words: str) -> int:
        with Redis.from_url(redis_url) as client:
            return int(client.execute_command(words[0], f"{{radmesh}}:{words[1]}", *words[2:]))

    return run


async def running(store: TaskStore, session: int, operation: str = "op") -> Grant:
    await store.create(new_task())
    grant = await store.acquire("w", session, [OCTA], operation)
    assert grant
    return grant


async def the_only(recovery: Recovery) -> Found:
    (found,) = await recovery.check(HALF_AN_HOUR)
    return found


async def reasons(store: TaskStore, task_id: str) -> list[str]:
    _, events = await store.read_log(task_id, "alice", 0)
    return [event.reason for event in events]


async def test_a_look_tells_of_a_running_task_and_changes_nothing(
    store: TaskStore, session: int, recovery: Recovery, clock: SetClock, redis_url: str
) -> None:
    grant = await running(store, session)
    await store.create(new_task())
    start_ms = clock.now_ms
    clock.advance(4)
    await store.heartbeat("w", session, [grant.lease])
    before = contents(redis_url)
    found = await the_only(recovery)
    after = contents(redis_url)
    changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    assert changed <= {b"{radmesh}:feed", b"{radmesh}:feed-number"}  # the question to the worker
    assert (found.finding, found.answer) == (Finding.NONE, Answer.SILENT)
    facts = found.facts
    assert (facts.task_id, facts.pipeline, facts.worker) == (grant.lease.task_id, OCTA, "w")
    assert (facts.start_ms, facts.heartbeat_ms, facts.runtime_ms) == (start_ms, clock.now_ms, 4000)


async def test_lost_from_queue_is_found_and_put_back(
    store: TaskStore, session: int, recovery: Recovery, by_hand: Callable[..., int]
) -> None:
    created, _ = await store.create(new_task())
    assert not await store.unaccounted()
    assert by_hand("ZREM", f"ready:{OCTA}", created.task_id) == 1
    assert await store.unaccounted()
    found = await the_only(recovery)
    assert (found.facts.task_id, found.finding) == (created.task_id, Finding.LOST_FROM_QUEUE)
    assert await store.acquire("w", session, [OCTA], "op") is None
    (treated,) = await recovery.recover(HALF_AN_HOUR)
    assert treated.left_reason == ""
    assert await recovery.check(HALF_AN_HOUR) == []
    assert await store.acquire("w", session, [OCTA], "op2")
    assert await reasons(store, created.task_id) == ["CREATED", "RECOVERED", "ASSIGNED"]


async def test_an_orphan_is_found_and_put_back_without_counting_its_attempt(
    store: TaskStore, session: int, recovery: Recovery, by_hand: Callable[..., int]
) -> None:
    await store.create(new_task(max_attempts=1))
    grant = await store.acquire("w", session, [OCTA], "op")
    assert grant
    task_id = grant.lease.task_id
    assert by_hand("ZREM", "leases", task_id) == 1
    assert await store.unaccounted()
    assert (await the_only(recovery)).finding is Finding.ORPHANED
    await recovery.recover(HALF_AN_HOUR)
    assert not await store.finish(grant.lease, result=b"too late")
    again = await store.acquire("w", session, [OCTA], "op2")
    assert again
    assert again.lease.attempt == 2
    assert await store.finish(again.lease, result=b"r")


async def test_an_orphan_that_no_index_knows_is_found(
    store: TaskStore, session: int, recovery: Recovery, by_hand: Callable[..., int]
) -> None:
    task_id = (await running(store, session)).lease.task_id
    for key in ("leases", "attempt-timeouts", "queue-timeouts", "index:state:2:alice"):
        by_hand("DEL", key)
    by_hand("HDEL", f"task:{task_id}", "worker", "token")
    found = await the_only(recovery)
    assert (found.finding, found.answer) == (Finding.ORPHANED, Answer.NOT_ASKED)
    await recovery.recover(HALF_AN_HOUR)
    assert await store.acquire("w", session, [OCTA], "op2")


async def test_an_expired_heartbeat_is_found_when_nobody_ticks(
    store: TaskStore, session: int, recovery: Recovery, clock: SetClock
) -> None:
    await running(store, session)
    clock.advance(10)
    assert (await the_only(recovery)).finding is Finding.HEARTBEAT_EXPIRED


async def test_time_and_a_worker_that_left_are_found(
    store: TaskStore, session: int, recovery: Recovery, clock: SetClock
) -> None:
    grant = await running(store, session)
    await store.close_session("w", session)
    found = await the_only(recovery)
    assert (found.answer, found.finding) == (Answer.NOT_CONNECTED, Finding.NONE)
    clock.advance(5.1)
    assert (await the_only(recovery)).finding is Finding.WORKER_LOST
    session, _ = await store.open_session("w", [grant.lease], [OCTA])
    clock.advance(5)
    assert (await store.heartbeat("w", session, [grant.lease]))[grant.lease] is LeaseState.HELD
    (found,) = await recovery.check(10_000)
    assert found.finding is Finding.RUNTIME_EXCEEDED


async def test_two_recoveries_at_once_put_each_task_back_once(
    store: TaskStore, session: int, recovery: Recovery
) -> None:
    tasks = [(await running(store, session, f"op{index}")).lease.task_id for index in range(5)]
    both = await asyncio.gather(*(recovery.recover(HALF_AN_HOUR, force=True) for _ in range(2)))
    for task_id in tasks:
        assert (await reasons(store, task_id)).count("RECOVERED") == 1
    left = [one.left_reason for treated in both for one in treated]
    assert len(left) == 10
    assert left.count("") == 5
    assert left.count("CHANGED_MEANWHILE") == 5


async def test_what_changed_since_it_was_found_is_left(
    store: TaskStore, session: int, recovery: Recovery, clock: SetClock
) -> None:
    grant = await running(store, session)
    clock.advance(10)
    (found,) = await recovery.check(HALF_AN_HOUR)
    await store.heartbeat("w", session, [grant.lease])
    assert (await store.recover(found.facts, found.finding)).name == "CHANGED"
    assert await store.finish(grant.lease, result=b"r")
    assert (await store.recover(found.facts, Finding.NONE)).name == "CHANGED"


async def test_a_later_attempt_is_left_alone(store: TaskStore, session: int, recovery: Recovery) -> None:
    await running(store, session)
    found = await the_only(recovery)
    await recovery.recover(HALF_AN_HOUR, force=True)
    again = await store.acquire("w", session, [OCTA], "op2")
    assert again
    assert (await store.recover(found.facts, Finding.NONE)).name == "CHANGED"
    assert await store.finish(again.lease, result=b"r")


async def test_force_puts_back_what_runs_and_ends_what_is_cancelled(
    store: TaskStore, session: int, recovery: Recovery
) -> None:
    cancelled = await running(store, session, "a")
    await store.cancel(cancelled.lease.task_id, "alice")
    grant = await running(store, session, "b")
    feed = store.feed()
    assert (await anext(feed)).kind is FeedKind.GAP
    treated = await recovery.recover(HALF_AN_HOUR, force=True)
    assert [one.left_reason for one in treated] == ["", ""]
    assert (await store.get(cancelled.lease.task_id, "alice")).state is State.CANCELLED
    assert (await store.get(grant.lease.task_id, "alice")).state is State.QUEUED
    dropped: set[LeaseKey | None] = set()
    async with asyncio.timeout(10):
        while len(dropped) < 2:
            entry = await anext(feed)
            if entry.kind is FeedKind.DROP:
                dropped.add(entry.lease)
    assert dropped == {cancelled.lease, grant.lease}
    await feed.aclose()


async def test_only_those_named_are_put_back(
    store: TaskStore, session: int, recovery: Recovery, by_hand: Callable[..., int]
) -> None:
    orphan, well = [(await running(store, session, each)).lease.task_id for each in "ab"]
    by_hand("ZREM", "leases", orphan)
    waiting, _ = await store.create(new_task())
    unknown = "f" * 32
    names = [orphan, well, waiting.task_id, unknown, orphan]
    treated = await recovery.recover(HALF_AN_HOUR, task_ids=names)
    assert {one.task_id: one.left_reason for one in treated} == {
        orphan: "", well: "NOT_STUCK", waiting.task_id: "NOT_RUNNING", unknown: "TASK_NOT_FOUND",
    }  # fmt: skip
    assert treated[0].task_id == orphan


async def test_a_thousand_tasks_are_looked_at_in_pages(
    store: TaskStore, recovery: Recovery, by_hand: Callable[..., int]
) -> None:
    tasks = [(await store.create(new_task()))[0].task_id for _ in range(1200)]
    by_hand("DEL", f"ready:{OCTA}")
    found = await recovery.check(HALF_AN_HOUR)
    assert sorted(one.facts.task_id for one in found) == sorted(tasks)


def stuck(recovery: Recovery, finding: Finding) -> int:
    assert recovery.stuck is not None
    return recovery.stuck.get(("octa-vessels", finding), 0)


async def recoveries(store: TaskStore) -> Mapping[str, int]:
    (one,) = (await store.read_statistics()).pipelines
    return {finding: count for finding, count in one.recoveries.items() if count}


async def test_the_plain_cases_recover_by_themselves_with_one_record(
    store: TaskStore,
    session: int,
    recovery: Recovery,
    by_hand: Callable[..., int],
) -> None:
    orphan = (await running(store, session)).lease.task_id
    by_hand("ZREM", "leases", orphan)
    await recovery.recover_plain_cases(HALF_AN_HOUR, act=False)
    assert stuck(recovery, Finding.ORPHANED) == 1
    assert (await store.get(orphan, "alice")).state is State.RUNNING
    # Two replicas look at once.
    await asyncio.gather(*(recovery.recover_plain_cases(HALF_AN_HOUR, act=True) for _ in range(2)))
    await recovery.recover_plain_cases(HALF_AN_HOUR, act=True)
    assert await reasons(store, orphan) == ["CREATED", "ASSIGNED", "RECOVERED"]
    (record,), _ = await store.list_audit(10, "")
    assert (record.principal, record.method, record.outcome) == ("tasks", "RecoverTasks", "OK")
    assert (record.request, record.tasks) == ("by itself: ORPHANED", (orphan,))
    assert await recoveries(store) == {"ORPHANED": 1}
    assert stuck(recovery, Finding.ORPHANED) == 0


async def test_what_a_person_has_to_decide_is_only_counted(
    store: TaskStore, session: int, recovery: Recovery, clock: SetClock
) -> None:
    grant = await running(store, session)
    await store.tick()
    clock.advance(3)
    await recovery.recover_plain_cases(2_000, act=True)
    assert stuck(recovery, Finding.RUNTIME_EXCEEDED) == 1
    # The store was away for long: the next tick renews all leases.
    clock.advance(60)
    await recovery.recover_plain_cases(HALF_AN_HOUR, act=True)
    assert stuck(recovery, Finding.HEARTBEAT_EXPIRED) == 1
    assert await store.finish(grant.lease, result=b"r")
    assert await store.list_audit(10, "") == ([], "")


async def test_answers_go_to_whoever_asked(store: TaskStore) -> None:
    said = Attempts(frozenset({("t", 1)}), frozenset({("t", 1), ("u", 12)}), settled=True)
    inquiries, others = Inquiries(store, 10), Inquiries(store, 10)
    feed = store.feed()
    await anext(feed)
    asking = asyncio.ensure_future(inquiries.ask({"v", "w"}))
    async with asyncio.timeout(10):
        while not asking.done():
            entry = await anext(feed)
            if entry.kind is FeedKind.INSPECT:
                await store.tell_inspection(entry.inspect_id, entry.worker, said)
            inquiries.take(entry)
            others.take(entry)
            await asyncio.sleep(0)
    assert await asking == {"v": said, "w": said}
    await feed.aclose()
