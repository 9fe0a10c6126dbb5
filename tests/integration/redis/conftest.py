"""Servers that tests hurt, and what goes on meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Protocol, TypeVar

from tests.integration.tasks.conftest import QUICK, Replica, pipeline, workers
from tests.support.replica_process import ReplicaProcess

__all__ = ["living_replica", "pipeline", "started", "workers"]


class Servers(Protocol):
    """Several servers that are one store."""

    def start(self) -> None: ...

    def close(self) -> None: ...


Store = TypeVar("Store", bound=Servers)


@contextmanager
def started(store: Store) -> Iterator[Store]:
    """The servers, started, and closed whatever becomes of them."""
    try:
        store.start()
        yield store
    finally:
        store.close()


@asynccontextmanager
async def living_replica(folder: Path, url: str, **settings: float) -> AsyncIterator[Replica]:
    """A replica of `tasks` that has to live through all that its store goes through."""
    process = ReplicaProcess(folder, url, **{**QUICK, **settings}).start()
    try:
        await asyncio.to_thread(process.wait_until_ready)
        found = Replica(process.address)
        yield found
        await found.channel.close(None)
        assert process.stop() == 0, "the replica of `tasks` lived through all of it"
    finally:
        process.kill()
