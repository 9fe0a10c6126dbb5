"""The pace of each pipeline as this replica knows it, so that an estimate costs no reading of the store."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime

from radmesh.errors import UnavailableError
from radmesh.tasks.v1 import task_pb2
from services.tasks.lifecycle import State
from services.tasks.pace import Outlook, Pace, until_end_of_queued, until_end_of_running
from services.tasks.records import TaskRecord
from services.tasks.store import TaskStore

_UNKNOWN = Pace()


class Paces:
    """Reads the paces again and again; between two readings they are as they were."""

    def __init__(self, store: TaskStore) -> None:
        self._store = store
        self._known: Mapping[str, Pace] = {}

    async def run(self, interval_seconds: float) -> None:
        """Reads for ever. While the store is away nothing is known: an old estimate would be a guess."""
        while True:
            await self.read()
            await asyncio.sleep(interval_seconds)

    async def read(self) -> None:
        """Reads once."""
        try:
            self._known = await self._store.read_paces()
        except UnavailableError:
            self._known = {}

    def outlook(self, record: TaskRecord) -> Outlook:
        """What lies ahead of a task. One that may not start yet has no estimated end."""
        pace = self._known.get(record.pipeline, _UNKNOWN)
        if record.state is State.QUEUED:
            return Outlook(until_end_of_queued(record.queue_position, pace), pace.pause)
        return Outlook(_until_end_of_running(record, pace))


def _until_end_of_running(record: TaskRecord, pace: Pace) -> float | None:
    if record.state is not State.RUNNING or record.attempt_start_time is None:
        return None
    now = datetime.now(UTC)
    elapsed = (now - record.attempt_start_time).total_seconds()
    if record.progress:
        progress = task_pb2.TaskProgress.FromString(record.progress)
        if progress.HasField("eta"):
            told_ago = (now - progress.update_time.ToDatetime(tzinfo=UTC)).total_seconds()
            return until_end_of_running(elapsed, pace, progress.eta.ToTimedelta().total_seconds(), told_ago)
    return until_end_of_running(elapsed, pace)
