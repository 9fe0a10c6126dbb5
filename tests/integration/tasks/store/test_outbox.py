"""The outbox of webhooks: written with the end, claimed once, given up after a day, nothing left behind."""

import pytest
from redis import Redis

from radmesh.errors import TaskNotFoundError
from services.tasks.records import TaskRecord
from services.tasks.store import StoreSettings, TaskStore
from services.tasks.webhooks.records import (
    CallbackRecord,
    CallbackState,
    CallClaim,
    MadeCall,
    OutboxReport,
)
from tests.support.store_contents import lasting_keys
from tests.support.task_records import OUTCOMES, SetClock, new_task

RIS, PACS = "https://ris.example:443", "https://pacs.example:443"
AGAIN = MadeCall(CallbackState.PENDING, 503, "HTTP_ERROR", 60.0)
MISSED = MadeCall(CallbackState.PENDING, reason="TIMEOUT", delay=1, failures=1, pause=30)
DELIVERED = MadeCall(CallbackState.DELIVERED, 200)
DAY = 86_400


async def create(store: TaskStore, destination: str = RIS) -> str:
    url = f"{destination}/ended?token=t"
    record, _ = await store.create(new_task(callback_url=url, callback_destination=destination))
    assert record.callback == CallbackRecord(url)
    return record.task_id


async def end(store: TaskStore, destination: str = RIS) -> str:
    """A task that was cancelled, with a callback."""
    task_id = await create(store, destination)
    await store.cancel(task_id, "alice")
    return task_id


async def look(store: TaskStore, calls: int = 100) -> OutboxReport:
    return await store.claim_webhooks(20.0, calls=calls)


async def claim(store: TaskStore) -> CallClaim:
    (found,) = (await look(store)).claims
    return found


async def callback(store: TaskStore, task_id: str) -> CallbackRecord:
    found = (await store.get(task_id, "alice")).callback
    assert found
    return found


async def test_nothing_is_due_before_the_end(store: TaskStore) -> None:
    await create(store)
    assert await look(store) == OutboxReport((), overdue=0, pending=0, oldest_seconds=0, next_due=None)


@pytest.mark.parametrize(
    "outcome", [OUTCOMES[cause] for cause in OUTCOMES if cause.value[:4] in {"COMP", "ATTE"}]
)
async def test_every_end_writes_the_call_into_the_outbox(
    store: TaskStore, session: int, outcome: dict[str, bytes]
) -> None:
    task_id = await create(store)
    grant = await store.acquire("w", session, ["octa-vessels"], "op")
    assert grant
    if "cancelled" in outcome:
        await store.cancel(task_id, "alice")
    await store.finish(grant.lease, **outcome)
    assert (await claim(store)).task_id == task_id
    told = await store.task_to_tell(task_id)
    assert isinstance(told, TaskRecord)
    assert bool(told.result) != bool(told.error)


async def test_a_time_out_in_the_queue_writes_it_too(store: TaskStore, clock: SetClock) -> None:
    task_id = await create(store)
    clock.advance(3600)
    await store.tick()
    assert (await claim(store)).task_id == task_id


async def test_a_task_without_a_callback_leaves_the_outbox_alone(store: TaskStore, redis_url: str) -> None:
    record, _ = await store.create(new_task())
    ended = await store.cancel(record.task_id, "alice")
    assert ended.callback is None
    assert not {key for key in lasting_keys(redis_url) if key.startswith("webhook")}


async def test_no_result_is_copied_into_the_outbox(store: TaskStore, session: int, redis_url: str) -> None:
    task_id = await create(store)
    grant = await store.acquire("w", session, ["octa-vessels"], "op")
    assert grant
    await store.finish(grant.lease, result=b"a result" * 100)
    with Redis.from_url(redis_url) as client:
        holding = [
            key
            for key in client.scan_iter()
            if client.type(key) != b"stream" and b"a result" in client.dump(key)
        ]
    names = {key.decode().removeprefix("{radmesh}:") for key in holding}
    assert names <= {f"task:{task_id}", f"log:{task_id}"}


async def test_a_call_is_claimed_once_and_its_claim_runs_out(store: TaskStore, clock: SetClock) -> None:
    task_id = await end(store)
    first = await claim(store)
    assert first == CallClaim(task_id, RIS, first.token)
    assert (await look(store)).claims == ()
    clock.advance(19.9)
    assert (await look(store)).claims == ()
    clock.advance(0.1)
    second = await claim(store)
    assert second.task_id == task_id
    assert await store.settle_webhook(first, MISSED) is None
    assert await store.settle_webhook(second, DELIVERED) is CallbackState.DELIVERED
    assert await store.settle_webhook(second, DELIVERED) is None
    assert (await callback(store, task_id)).attempts == 1


async def test_a_destination_gets_a_few_calls_at_once_and_holds_up_no_other(store: TaskStore) -> None:
    for _ in range(10):
        await end(store)
    first = (await look(store)).claims
    assert len(first) == 8
    pacs = await end(store, PACS)
    assert (await claim(store)).task_id == pacs
    await store.settle_webhook(first[0], DELIVERED)
    assert (await claim(store)).destination == RIS
    for one in first[1:]:
        await store.settle_webhook(one, DELIVERED)
    assert len((await look(store)).claims) == 1


async def test_a_call_that_failed_comes_again_in_its_time_and_holds_up_no_other(
    store: TaskStore, clock: SetClock
) -> None:
    failing = await end(store)
    assert await store.settle_webhook(await claim(store), AGAIN) is CallbackState.PENDING
    found = await callback(store, failing)
    assert (found.attempts, found.last_status, found.last_reason) == (1, 503, "HTTP_ERROR")
    assert found.next_attempt_time
    assert found.next_attempt_time.timestamp() * 1000 == clock.now_ms + 60_000
    assert (await look(store)).next_due == 60
    other = await end(store)
    held = await claim(store)
    assert held.task_id == other
    await store.settle_webhook(held, DELIVERED)
    clock.advance(60)
    assert (await claim(store)).task_id == failing


async def test_a_destination_that_missed_is_left_alone_and_then_tried_with_one_call(
    store: TaskStore, clock: SetClock
) -> None:
    ended = {await end(store) for _ in range(3)}
    claims = (await look(store)).claims
    assert {one.task_id for one in claims} == ended
    for one in claims:
        await store.settle_webhook(one, MISSED)
    clock.advance(29)
    await end(store)
    report = await look(store)
    assert (report.claims, report.next_due) == ((), 1)
    clock.advance(1)
    probe = await claim(store)
    assert probe.failures == 1
    await store.settle_webhook(probe, DELIVERED)
    assert [one.failures for one in (await look(store)).claims] == [0, 0, 0]


async def test_no_more_is_claimed_than_asked_for(store: TaskStore) -> None:
    for number in range(5):
        await end(store, f"https://ris-{number}.example:443")
        await end(store)
    assert (await look(store, calls=0)).claims == ()
    report = await look(store, calls=4)
    assert (len(report.claims), report.pending) == (4, 10)
    assert len((await look(store, calls=4)).claims) == 4
    assert len((await look(store, calls=4)).claims) == 2


async def test_a_call_is_given_up_after_a_day(store: TaskStore, clock: SetClock, redis_url: str) -> None:
    patient = await TaskStore.open(redis_url, StoreSettings(retention_seconds=7 * DAY), clock)
    failing = await end(patient)
    clock.advance(DAY - 30)
    assert await patient.settle_webhook(await claim(patient), AGAIN) is CallbackState.FAILED
    found = await callback(patient, failing)
    assert (found.state, found.last_reason, found.next_attempt_time) == (
        CallbackState.FAILED,
        "HTTP_ERROR",
        None,
    )
    never = await end(patient)
    clock.advance(DAY + 61)
    assert (await look(patient, calls=0)).overdue == 1
    found = await callback(patient, never)
    assert (found.state, found.last_reason, found.attempts) == (CallbackState.FAILED, "NEVER_CALLED", 0)
    assert (await look(patient)) == OutboxReport((), overdue=0, pending=0, oldest_seconds=0, next_due=None)
    await patient.close()


async def test_the_deletion_waits_for_the_call(store: TaskStore, clock: SetClock) -> None:
    task_id = await end(store)
    clock.advance(3601)
    assert (await store.tick()).deleted == 0
    held = await claim(store)
    assert (await look(store)).oldest_seconds == 3601
    await store.settle_webhook(held, DELIVERED)
    assert (await callback(store, task_id)).state is CallbackState.DELIVERED
    assert (await store.tick()).deleted == 1
    with pytest.raises(TaskNotFoundError):
        await store.get(task_id, "alice")


async def test_the_deletion_does_not_wait_for_ever(store: TaskStore, clock: SetClock, redis_url: str) -> None:
    await end(store)
    await claim(store)
    clock.advance(3601)
    assert (await store.tick()).deleted == 0
    clock.advance(DAY)
    # Nobody looked at the outbox all day long, as where the secret was taken away.
    assert (await store.tick()).deleted == 1
    assert not {key for key in lasting_keys(redis_url) if key.startswith(("webhook", "task", "retention"))}


async def test_what_was_told_leaves_no_key(store: TaskStore, redis_url: str) -> None:
    for state in (CallbackState.DELIVERED, CallbackState.FAILED):
        await end(store)
        await store.settle_webhook(await claim(store), MadeCall(state, failures=1, pause=60))
    assert not {key for key in lasting_keys(redis_url) if key.startswith("webhook")}


async def test_a_task_that_was_deleted_by_hand_holds_up_no_other(store: TaskStore, redis_url: str) -> None:
    gone, kept = await end(store), await end(store)
    with Redis.from_url(redis_url) as client:
        client.delete(f"{{radmesh}}:task:{gone}")
    assert (await claim(store)).task_id == kept
    assert await store.task_to_tell(gone) is None


async def test_a_repeat_finds_the_task_with_its_callback(store: TaskStore) -> None:
    new = new_task(callback_url=f"{RIS}/", callback_destination=RIS)
    await store.create(new)
    again, created = await store.create(new)
    assert not created
    assert again.callback == CallbackRecord(f"{RIS}/")
