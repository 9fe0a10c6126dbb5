"""The questions that one worker's stream carries, and what its answers mean."""

from collections.abc import Iterable

from radmesh.tasks.v1 import worker_service_pb2 as work
from services.tasks.stuck import Attempts
from services.tasks.translate import lease_key

# A worker that never answers must not fill the memory.
_MOST_OPEN = 16


class Inspections:
    """The open questions of one stream."""

    def __init__(self) -> None:
        self._settled: dict[int, bool] = {}

    def ask(self, inspect_id: int, *, settled: bool) -> work.WorkResponse:
        """The message to the worker. settled: whether no assignment is on its way to it."""
        self._settled[inspect_id] = settled
        while len(self._settled) > _MOST_OPEN:
            del self._settled[next(iter(self._settled))]
        return work.WorkResponse(inspect=work.InspectWorker(inspect_id=inspect_id))

    def answer(self, message: work.WorkerInspection) -> Attempts | None:
        """What the worker said; None when that was not asked."""
        settled = self._settled.pop(message.inspect_id, None)
        if settled is None:
            return None
        running = _attempts(message.running)
        return Attempts(running, running | _attempts(message.held), settled)


def _attempts(leases: Iterable[work.Lease]) -> frozenset[tuple[str, int]]:
    named = (lease_key(lease) for lease in leases)
    return frozenset((lease.task_id, lease.attempt) for lease in named if lease is not None)
