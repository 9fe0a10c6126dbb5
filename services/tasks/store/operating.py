"""What operators do to pipelines and workers: look at them, pause, resume, forget."""

from collections.abc import Sequence

from radmesh.errors import PipelineInUseError, PipelineNotFoundError, WorkerNotFoundError
from services.tasks.records import WorkerRecord
from services.tasks.store import keys
from services.tasks.store.part import StorePart
from services.tasks.store.reading import to_time


class OperatingPart(StorePart):
    """Pauses, workers, and the end of a pipeline."""

    async def pause_pipeline(self, pipeline: str, reason: str) -> bool:
        """Hands out no task of a pipeline any more; False when it was paused before.

        Raises PipelineNotFoundError.
        """
        return await self._pause_pipeline(pipeline, "1", reason)

    async def resume_pipeline(self, pipeline: str) -> bool:
        """Hands out its tasks again, at once; False when it was not paused. Raises PipelineNotFoundError."""
        return await self._pause_pipeline(pipeline, "0", "")

    async def delete_pipeline(self, pipeline: str) -> None:
        """Forgets a pipeline. Raises PipelineNotFoundError, PipelineInUseError."""
        outcome, *counts = await self._scripts.call("delete_pipeline", keys.PIPELINES, self._now(), pipeline)
        if outcome == b"NOT_FOUND":
            raise _no_pipeline(pipeline)
        if outcome == b"IN_USE":
            raise _in_use(pipeline, *counts)

    async def list_workers(self) -> list[WorkerRecord]:
        """Returns the workers that are connected or hold leases, by id."""
        flat = await self._scripts.call("list_workers", keys.PIPELINES, self._now(), "")
        return sorted(_workers(flat), key=lambda one: one.worker)

    async def get_worker(self, worker: str) -> WorkerRecord:
        """Returns a worker whose record is kept. Raises WorkerNotFoundError."""
        (found,) = _workers(await self._scripts.call("list_workers", keys.PIPELINES, self._now(), worker))
        if not found.known:
            raise _no_worker(worker)
        return found

    async def pause_worker(self, worker: str) -> bool:
        """Gives a worker no more tasks; False when it was paused before. Raises WorkerNotFoundError."""
        return await self._pause_worker(worker, "1")

    async def resume_worker(self, worker: str) -> bool:
        """Gives it tasks again, at once; False when it was not paused. Raises WorkerNotFoundError."""
        return await self._pause_worker(worker, "0")

    async def _pause_pipeline(self, pipeline: str, pause: str, reason: str) -> bool:
        call = ("pause_pipeline", keys.PIPELINES, self._now(), pipeline, pause, reason)
        known, changed = await self._scripts.call(*call)
        if not known:
            raise _no_pipeline(pipeline)
        return bool(changed)

    async def _pause_worker(self, worker: str, pause: str) -> bool:
        known, changed = await self._scripts.call("pause_worker", keys.worker(worker), pause)
        if not known:
            raise _no_worker(worker)
        return bool(changed)


def _workers(flat: Sequence[bytes | int | Sequence[bytes | None]]) -> list[WorkerRecord]:
    found = []
    for worker, values, connected, tasks in zip(*[iter(flat)] * 4, strict=True):
        session, pipelines, paused, slots, version, heartbeat_ms = values
        found.append(
            WorkerRecord(
                worker=worker.decode(),
                known=session is not None,
                pipelines=tuple((pipelines or b"").decode().split()),
                connected=bool(connected),
                paused=paused is not None,
                slots=int(slots or 0),
                version=(version or b"").decode(),
                heartbeat_time=to_time(heartbeat_ms) if heartbeat_ms else None,
                tasks=tuple(tasks.decode().split()),
            )
        )
    return found


def _in_use(pipeline: str, workers: int, tasks: int) -> PipelineInUseError:
    facts, steps = [], []
    if workers:
        facts.append(f"{workers} connected worker{' serves' if workers == 1 else 's serve'} it")
        steps.append("stop its workers")
    if tasks:
        facts.append(f"{tasks} of its tasks {'has' if tasks == 1 else 'have'} not ended")
        steps.append("let its tasks end, or cancel them")
    return PipelineInUseError(
        f"pipelines/{pipeline} is in use: {' and '.join(facts)}. First {' and '.join(steps)}.",
        metadata={"connected_workers": str(workers), "tasks": str(tasks)},
    )


def _no_pipeline(pipeline: str) -> PipelineNotFoundError:
    return PipelineNotFoundError(f"There is no pipeline pipelines/{pipeline}.")


def _no_worker(worker: str) -> WorkerNotFoundError:
    return WorkerNotFoundError(f"There is no worker workers/{worker}.")
