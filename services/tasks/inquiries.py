"""Asks workers what they really run, through whichever replica they are connected to."""

import asyncio
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from services.tasks.records import FeedEntry
from services.tasks.store import TaskStore
from services.tasks.stuck import Attempts


@dataclass
class _Inquiry:
    """One question and the answers that have come."""

    asked: frozenset[str]
    said: dict[str, Attempts] = field(default_factory=dict)
    complete: asyncio.Event = field(default_factory=asyncio.Event)


class Inquiries:
    """The questions of this replica. Question and answers travel by the feed. seconds: time to answer."""

    def __init__(self, store: TaskStore, seconds: float) -> None:
        self._store = store
        self._seconds = seconds
        self._open: dict[int, _Inquiry] = {}

    async def ask(self, workers: Collection[str]) -> Mapping[str, Attempts]:
        """What each worker says that it runs; who does not answer in time is left out."""
        if not workers:
            return {}
        inspect_id, inquiry = secrets.randbits(62), _Inquiry(frozenset(workers))
        self._open[inspect_id] = inquiry
        try:
            async with asyncio.timeout(self._seconds):
                await self._store.ask_workers(inspect_id, sorted(inquiry.asked))
                await inquiry.complete.wait()
        except TimeoutError:
            pass
        finally:
            del self._open[inspect_id]
        return inquiry.said

    def take(self, entry: FeedEntry) -> None:
        """Takes an answer from the feed, if it was this replica that asked."""
        inquiry = self._open.get(entry.inspect_id)
        if inquiry is None or entry.said is None or entry.worker not in inquiry.asked:
            return
        inquiry.said.setdefault(entry.worker, entry.said)
        if inquiry.said.keys() == inquiry.asked:
            inquiry.complete.set()
