"""Looking for stuck tasks: reading them, asking their workers, putting them back."""

from collections.abc import AsyncGenerator, Collection, Iterable, Sequence
from dataclasses import dataclass

from radmesh.tasks.v1 import task_pb2
from services.tasks.lifecycle import Cause, State
from services.tasks.records import Recovered
from services.tasks.store import keys
from services.tasks.store.connection import command
from services.tasks.store.part import StorePart
from services.tasks.stuck import Attempts, Finding, TaskFacts

_NAMES = 200
_SCANNED_KEYS = 500
# As `tick` does: after a longer pause leases are renewed before any is taken for lost.
_KEPT_MS = 5_000


@dataclass(frozen=True)
class Sight:
    """Tasks as they were at one instant. leases_kept: whether a tick has looked after leases lately."""

    facts: Sequence[TaskFacts]
    leases_kept: bool


class StuckPart(StorePart):
    """What is known of running tasks and of those that are lost from their queue."""

    async def sight_named(self, task_ids: Sequence[str]) -> AsyncGenerator[Sight, None]:
        """Reads tasks by id, in whatever state they are; those that do not exist are left out."""
        for start in range(0, len(task_ids), _NAMES):
            sight, _ = await self._sight("", task_ids[start : start + _NAMES])
            yield sight

    async def sight_all(self) -> AsyncGenerator[Sight, None]:
        """Reads, page by page, all that run or are lost from their queue. A task may come twice."""
        cursor = "0"
        while True:
            sight, cursor = await self._sight(cursor, ())
            yield sight
            if cursor == "0":
                return

    async def sight_leased(self) -> AsyncGenerator[Sight, None]:
        """Reads the tasks that somebody holds a lease on; much less work than all."""
        found = await command(self._redis, "ZRANGE", keys.LEASES, 0, -1)
        async for sight in self.sight_named([task_id.decode() for task_id in found]):
            yield sight

    async def unaccounted(self) -> bool:
        """Whether some task may be in no queue or without its lease, so that all have to be looked at."""
        return bool(await self._scripts.call("unaccounted", keys.COUNTS))

    async def recover(self, facts: TaskFacts, finding: Finding, cause: Cause = Cause.RECOVERED) -> Recovered:
        """Puts a task back, if it is still as it was found. cause: see `stuck.recovery_cause`."""
        call = (facts.task_id, int(facts.state), facts.attempt, facts.sequence, finding.name, cause.value)
        outcome = await self._scripts.call("recover", keys.task(facts.task_id), self._now(), *call)
        return Recovered(outcome.decode())

    async def ask_workers(self, inspect_id: int, workers: Collection[str]) -> None:
        """Asks workers what they run, on whichever replica they are."""
        await self._scripts.call("ask_workers", keys.FEED, inspect_id, *workers)

    async def tell_inspection(self, inspect_id: int, worker: str, said: Attempts) -> None:
        """Tells whoever asked what a worker says."""
        running, held = _joined(said.running), _joined(said.held)
        call = (inspect_id, worker, running, held, int(said.settled))
        await self._scripts.call("tell_inspection", keys.FEED, *call)

    async def _sight(self, cursor: str, task_ids: Sequence[str]) -> tuple[Sight, str]:
        now_ms, ticked_ms, after, *rows = await self._scripts.call(
            "facts", keys.LAST_TICK, self._now(), cursor, _SCANNED_KEYS, *task_ids
        )
        kept = bool(ticked_ms) and 0 <= now_ms - int(ticked_ms) <= _KEPT_MS
        return Sight([_facts(now_ms, row) for row in rows], kept), after.decode()


def _facts(now_ms: int, row: Sequence[bytes | int | None]) -> TaskFacts:
    text = [value.decode() if isinstance(value, bytes) else value for value in (*row[:11], *row[12:])]
    progress = row[11] or b""
    assert isinstance(progress, bytes)
    return TaskFacts(
        task_id=str(text[0]),
        pipeline=str(text[1]),
        state=State(int(text[2] or 0)),
        attempt=int(text[3] or 0),
        sequence=int(text[4] or 0),
        now_ms=now_ms,
        worker=str(text[5]),
        start_ms=_number(text[6]),
        heartbeat_ms=_number(text[7]),
        lease_end_ms=_number(text[8]),
        lease_ms=int(text[9] or 0),
        progress_ms=_number(text[10]) or _told_ms(progress),
        progress_timeout_ms=int(text[11] or 0),
        queued=bool(text[12]),
        connected=bool(text[13]),
    )


def _number(value: str | int | None) -> int | None:
    return None if value is None else int(float(value))


def _told_ms(progress: bytes) -> int | None:
    """When the latest progress was told, where it is not known when it last changed."""
    if not progress:
        return None
    return task_pb2.TaskProgress.FromString(progress).update_time.ToMilliseconds() or None


def _joined(attempts: Iterable[tuple[str, int]]) -> str:
    return " ".join(f"{task_id}.{attempt}" for task_id, attempt in sorted(attempts))
