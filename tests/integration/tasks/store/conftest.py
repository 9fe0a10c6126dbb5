"""A worker's session for the tests of the store."""

import pytest

from services.tasks.store import TaskStore


@pytest.fixture
async def session(store: TaskStore) -> int:
    """A session of worker `w`, which serves octa-vessels."""
    number, _ = await store.open_session("w", [], ["octa-vessels"])
    return number
