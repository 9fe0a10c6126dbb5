"""A task from its create to its end, and what a repeated create gets."""

import pytest

from radmesh.errors import RequestIdReusedError, TaskNotFoundError
from services.tasks.lifecycle import State
from services.tasks.store import TaskStore
from tests.support.task_records import SetClock, new_task, reason_of, task_error

PIPELINES = ["octa-vessels"]


async def test_a_task_lives_from_its_create_to_its_result(
    store: TaskStore, session: int, clock: SetClock
) -> None:
    created, now = await store.create(new_task(labels={"ward": "west"}))
    assert now
    assert (created.state, created.sequence, created.queue_position) == (State.QUEUED, 1, 1)
    assert created.labels == {"ward": "west"}

    clock.advance(2)
    grant = await store.acquire("w", session, PIPELINES, "op")
    assert grant
    running = await store.get(created.task_id, "alice")
    assert (running.state, running.attempt, grant.lease.attempt) == (State.RUNNING, 1, 1)

    assert await store.report_progress(grant.lease, b"half")
    assert (await store.get(created.task_id, "alice")).progress == b"half"

    clock.advance(3)
    assert await store.finish(grant.lease, result=b"answer", artifacts=[b"mask", b"overlay"])
    ended, events = await store.read_log(created.task_id, "alice", 0)
    assert (ended.state, ended.result, ended.error) == (State.SUCCEEDED, b"answer", b"")
    assert ended.artifacts == (b"mask", b"overlay")
    assert ended.progress == b""
    assert created.create_time
    assert ended.start_time
    assert ended.end_time
    assert ended.expire_time
    assert (ended.start_time - created.create_time).total_seconds() == 2
    assert (ended.end_time - created.create_time).total_seconds() == 5
    assert (ended.expire_time - ended.end_time).total_seconds() == 3600

    assert [event.sequence for event in events] == [1, 2, 3, 4, 5]
    assert [event.reason for event in events] == ["CREATED", "ASSIGNED", "", "", "COMPLETED"]
    assert [event.artifact for event in events[2:4]] == [b"mask", b"overlay"]
    assert (events[-1].state, events[-1].result) == (State.SUCCEEDED, b"answer")


async def test_an_error_ends_the_task_with_the_workers_error(store: TaskStore, session: int) -> None:
    created, _ = await store.create(new_task())
    grant = await store.acquire("w", session, PIPELINES, "op")
    assert grant
    assert await store.finish(grant.lease, error=task_error("NOT_AN_OCTA_SCAN"))
    ended, events = await store.read_log(created.task_id, "alice", 2)
    assert ended.state is State.FAILED
    assert reason_of(ended.error) == reason_of(events[-1].error) == "NOT_AN_OCTA_SCAN"


async def test_a_repeated_request_id_returns_the_task_as_it_is_now(store: TaskStore, session: int) -> None:
    first = new_task()
    await store.create(first)
    await store.acquire("w", session, PIPELINES, "op")
    again, now = await store.create(new_task(request_id=first.request_id))
    assert not now
    assert (again.task_id, again.state) == (first.task_id, State.RUNNING)


async def test_a_request_id_with_another_request_is_refused(store: TaskStore) -> None:
    first = new_task()
    await store.create(first)
    with pytest.raises(RequestIdReusedError):
        await store.create(new_task(request_id=first.request_id, fingerprint="f2"))


async def test_request_ids_of_owners_do_not_meet(store: TaskStore) -> None:
    first = new_task()
    await store.create(first)
    _, now = await store.create(new_task(request_id=first.request_id, owner="bob", fingerprint="f2"))
    assert now


async def test_a_task_is_hidden_from_other_owners(store: TaskStore) -> None:
    created, _ = await store.create(new_task())
    with pytest.raises(TaskNotFoundError):
        await store.get(created.task_id, "bob")
    with pytest.raises(TaskNotFoundError):
        await store.cancel(created.task_id, "bob")


async def test_the_first_ready_of_all_the_workers_pipelines_is_first_in_turn(
    store: TaskStore, session: int, clock: SetClock
) -> None:
    names = []
    for pipeline in ("ct-l3", "octa-vessels", "ct-l3", "xray-pano"):
        clock.advance(1)
        created, _ = await store.create(new_task(pipeline=pipeline))
        names.append(created.task_id)
    assert (await store.get(names[2], "alice")).queue_position == 2
    grants = [
        await store.acquire("w", session, ["octa-vessels", "ct-l3"], f"op{number}") for number in range(4)
    ]
    assert [grant and grant.lease.task_id for grant in grants] == [*names[:3], None]
