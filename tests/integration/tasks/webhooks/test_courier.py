"""Couriers on a real store: everything is told, once where nothing breaks, and nobody waits for the dead."""

import asyncio
import threading
from collections.abc import Callable

from radmesh import webhooks
from services.tasks.records import TaskRecord
from services.tasks.store import TaskStore
from services.tasks.webhooks.courier import Courier
from services.tasks.webhooks.records import CallbackRecord, CallbackState
from services.tasks.webhooks.urls import read_url
from tests.integration.tasks.webhooks.conftest import SECRET, until
from tests.support.receiver import Call, Receiver, Reply
from tests.support.task_records import new_task

Couriers = Callable[..., Courier]


async def end(store: TaskStore, url: str) -> str:
    """A task that was cancelled, with a callback."""
    record, _ = await store.create(new_task(callback_url=url, callback_destination=read_url(url).destination))
    await store.cancel(record.task_id, "alice")
    return record.task_id


async def callback(store: TaskStore, task_id: str) -> CallbackRecord:
    record = await store.task_to_tell(task_id)
    assert isinstance(record, TaskRecord)
    assert record.callback
    return record.callback


async def reached(store: TaskStore, state: CallbackState, *task_ids: str) -> list[CallbackRecord]:
    """The callbacks, once all are in the state."""

    async def all_there() -> bool:
        return {(await callback(store, one)).state for one in task_ids} == {state}

    await until(all_there)
    return [await callback(store, one) for one in task_ids]


async def test_an_end_is_told_once_and_signed(store: TaskStore, couriers: Couriers) -> None:
    couriers()
    with Receiver() as receiver:
        task_id = await end(store, receiver.url("/ended?token=t"))
        (record,) = await reached(store, CallbackState.DELIVERED, task_id)
        (call,) = receiver.calls
    assert (record.attempts, record.last_status, record.last_reason) == (1, 200, "")
    assert record.deliver_time
    webhooks.verify(SECRET, call.headers, call.body)
    assert call.headers["Radmesh-Webhook-Id"] == task_id
    assert call.headers["Content-Type"] == "application/json"
    assert call.said == {
        "taskId": task_id,
        "data": None,
        "error": {
            "code": 0,
            "reason": "TASK_CANCELLED",
            "message": "The task was cancelled on request.",
        },
    }


async def test_two_replicas_tell_many_ends_once_each(store: TaskStore, couriers: Couriers) -> None:
    couriers()
    couriers()
    with Receiver() as receiver:
        ended = [await end(store, receiver.url()) for _ in range(50)]
        await reached(store, CallbackState.DELIVERED, *ended)
        assert sorted(call.said["taskId"] for call in receiver.calls) == sorted(ended)


async def test_a_receiver_that_was_down_is_told_when_it_is_up(
    store: TaskStore, couriers: Couriers, silent_port: int
) -> None:
    couriers()
    task_id = await end(store, f"http://127.0.0.1:{silent_port}/")

    async def tried_twice() -> bool:
        return (await callback(store, task_id)).attempts >= 2

    await until(tried_twice)
    waiting = await callback(store, task_id)
    assert (waiting.state, waiting.last_reason) == (CallbackState.PENDING, "CONNECTION_FAILED")
    assert waiting.next_attempt_time
    with Receiver(port=silent_port) as receiver:
        await reached(store, CallbackState.DELIVERED, task_id)
        assert [call.said["taskId"] for call in receiver.calls] == [task_id]


async def test_a_receiver_that_says_no_is_asked_again_but_not_after_gone(
    store: TaskStore, couriers: Couriers
) -> None:
    replies = iter([Reply(500), Reply(429, {"Retry-After": "0"}), Reply(302, {"Location": "/"}), Reply(410)])
    couriers()
    with Receiver(lambda call: next(replies)) as receiver:
        task_id = await end(store, receiver.url())
        (record,) = await reached(store, CallbackState.FAILED, task_id)
        assert len(receiver.calls) == 4
        assert len({call.headers["Radmesh-Webhook-Id"] for call in receiver.calls}) == 1
    assert (record.attempts, record.last_status, record.last_reason) == (4, 410, "GONE")


async def test_dead_destinations_hold_up_no_other(
    store: TaskStore, couriers: Couriers, silent_port: int
) -> None:
    """One that answers a byte at a time and one that never accepts; a third is told at once meanwhile."""
    couriers(timeout=20.0)
    with Receiver(lambda call: Reply(pause=0.05)) as slow, Receiver() as well:
        stuck = [await end(store, slow.url(f"/{number}")) for number in range(20)]
        dead = await end(store, f"http://127.0.0.1:{silent_port}/")
        await asyncio.to_thread(slow.wait_for, 8)
        good = [await end(store, well.url()) for _ in range(20)]
        await reached(store, CallbackState.DELIVERED, *good)
        assert {(await callback(store, one)).attempts for one in stuck} == {0}
        assert (await callback(store, dead)).state is CallbackState.PENDING
        assert len(slow.calls) == 8


async def test_a_name_that_leads_inside_is_given_up_at_once(store: TaskStore, couriers: Couriers) -> None:
    couriers(allow="")
    with Receiver() as receiver:
        task_id = await end(store, receiver.url(host="localhost"))
        (record,) = await reached(store, CallbackState.FAILED, task_id)
        assert not receiver.calls
    assert (record.attempts, record.last_reason) == (1, "ADDRESS_REFUSED")


async def test_an_address_that_is_read_more_strictly_by_now_is_given_up_at_once(
    store: TaskStore, couriers: Couriers
) -> None:
    couriers(allow="")
    disguised = "http://2130706433:80"
    record, _ = await store.create(new_task(callback_url=disguised, callback_destination=disguised))
    await store.cancel(record.task_id, "alice")
    (told,) = await reached(store, CallbackState.FAILED, record.task_id)
    assert (told.attempts, told.last_reason) == (1, "ADDRESS_REFUSED")


async def test_a_drain_waits_for_the_calls_on_their_way_and_takes_no_more(
    store: TaskStore, couriers: Couriers
) -> None:
    courier, answer = couriers(timeout=20.0), threading.Event()

    def hold(call: Call) -> Reply:
        answer.wait(20)
        return Reply()

    with Receiver(hold) as receiver:
        task_id = await end(store, receiver.url())
        await asyncio.to_thread(receiver.wait_for, 1)
        draining = asyncio.ensure_future(courier.drain())
        await asyncio.sleep(0)
        later = await end(store, receiver.url())
        assert not draining.done()
        answer.set()
        await draining
        assert (await callback(store, task_id)).state is CallbackState.DELIVERED
        assert (await callback(store, later)).state is CallbackState.PENDING
        assert len(receiver.calls) == 1
