"""Whether a task still needs a model is known wherever the task stands."""

import pytest

from services.tasks.store import TaskStore
from tests.integration.tasks.store.reviewing import LAST, PIPELINES, STAGE
from tests.support.task_records import SetClock, new_task, task_error

NEEDS = {"weights": "models/liver/weights/second"}


@pytest.fixture(autouse=True)
async def _known(store: TaskStore) -> None:
    await store.introduce({PIPELINES[0]: b""}, "", b"types")


async def test_a_task_needs_its_model_from_its_creation_to_its_end(
    store: TaskStore, session: int, clock: SetClock
) -> None:
    assert await store.weights_user("liver") == ""
    task = (await store.create(new_task(**NEEDS)))[0].task_id
    assert await store.weights_user("liver") == task
    first = await store.acquire("w", session, PIPELINES, "first")
    assert first
    assert await store.weights_user("liver") == task
    await store.finish(first.lease, error=task_error("OUT_OF_MEMORY", retryable=True))
    assert await store.weights_user("liver") == task  # it waits for its second attempt
    clock.advance(10)
    await store.tick()
    second = await store.acquire("w", session, PIPELINES, "second")
    assert second
    await store.cancel(task, "alice")
    assert await store.weights_user("liver") == task  # its model may not have stopped yet
    await store.finish(second.lease, **LAST)
    assert await store.weights_user("liver") == ""


async def test_one_that_awaits_a_review_needs_it_for_what_follows(store: TaskStore, session: int) -> None:
    task = (await store.create(new_task(**NEEDS)))[0].task_id
    grant = await store.acquire("w", session, PIPELINES, "first")
    assert grant
    await store.finish(grant.lease, **STAGE)
    assert await store.weights_user("liver") == task


async def test_a_model_with_a_longer_name_is_another_one(store: TaskStore) -> None:
    await store.create(new_task(weights="models/liver-v2/weights/official"))
    assert await store.weights_user("liver") == ""
    assert await store.weights_user("live") == ""
    assert await store.weights_user("liver-v2")
