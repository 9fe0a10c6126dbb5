"""A loop over the store that is cancelled stops, whatever its call was doing just then."""

import asyncio
import contextlib

from services.tasks.store import TaskStore


async def _look_for_ever(store: TaskStore) -> None:
    while True:
        await store.read_statistics()


async def test_no_cancel_is_lost_at_any_step_of_a_call(store: TaskStore) -> None:
    for steps in range(120):
        looking = asyncio.ensure_future(_look_for_ever(store))
        for _ in range(steps):
            await asyncio.sleep(0)
        looking.cancel()
        await asyncio.wait({looking}, timeout=2.0)
        stopped = looking.done()
        looking.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await looking
        assert stopped, f"the cancel after {steps} steps was swallowed"
