"""The pace of each pipeline as this replica knows it, so that an estimate costs no reading of the store."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime

from radmesh.errors import UnavailableError
from radmesh.tasks.v1 import task_pb2
from services.tasks.lifecycle import State
from services.tasks.pace import Pace, until_end_of_queued, until_end_of_running
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
            try:
                self._known = await self._store.read_paces()
            except UnavailableError:
                self._known = {}
            await asyncio.sleep(interval_seconds)

    def eta(self, record: TaskRecord) -> float | None:
        """Seconds to the end of a task; None when not known, as for one that may not start yet."""
        pace = self._known.get(record.pipeline, _UNKNOWN)
        if record.state is State.QUEUED:
            return until_end_of_queued(record.queue_position, pace)
        if record.state is not State.RUNNING or record.attempt_start_time is None:
            return None
        now = datetime.now(UTC)
        elapsed = (now - record.attempt_start_time).total_seconds()
        if record.progress:
            progress = task_pb2.TaskProgress.FromString(record.progress)
            if progress.HasField("eta"):
                told_ago = (now - progress.update_time.ToDatetime(tzinfo=UTC)).total_seconds()
                return until_end_of_running(
                    elapsed, pace, progress.eta.ToTimedelta().total_seconds(), told_ago
                )
        return until_end_of_running(elapsed, pace)
