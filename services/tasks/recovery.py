"""Finds stuck tasks and puts them back: on request, or by itself where no person has to decide."""

from collections import Counter
from collections.abc import AsyncGenerator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from services.tasks.audit import MESH, audited
from services.tasks.inquiries import Inquiries
from services.tasks.lifecycle import LEASED, State
from services.tasks.records import Recovered
from services.tasks.store import TaskStore
from services.tasks.store.stuck import Sight
from services.tasks.stuck import (
    Answer,
    Finding,
    TaskFacts,
    judge,
    read_answer,
    recovers_by_itself,
    recovery_cause,
)


@dataclass(frozen=True)
class Found:
    """One task that was looked at. leases_kept: see `recovers_by_itself`."""

    facts: TaskFacts
    answer: Answer
    finding: Finding
    leases_kept: bool = True


@dataclass(frozen=True)
class Treated:
    """What became of one task. left_reason: empty when it was reset. found: None where there is no task."""

    task_id: str
    found: Found | None
    left_reason: str = ""


class Recovery:
    """Looks for stuck tasks over the whole mesh. `max_runtime_ms`: from when an attempt runs for too long.

    stuck: how many tasks the last look by itself left stuck, by pipeline and finding; None before the first.
    """

    def __init__(self, store: TaskStore, inquiries: Inquiries) -> None:
        self._store = store
        self._inquiries = inquiries
        self.stuck: Mapping[tuple[str, Finding], int] | None = None

    async def check(self, max_runtime_ms: int) -> list[Found]:
        """Every running task and every one lost from its queue, the stuck ones first. Changes nothing."""
        return await self._look(self._store.sight_all(), max_runtime_ms)

    async def recover(
        self,
        max_runtime_ms: int,
        *,
        force: bool = False,
        task_ids: Collection[str] = (),
        on_reset: Callable[[str], None] = lambda task_id: None,
    ) -> list[Treated]:
        """Puts the stuck tasks back, with `force` every running one; only those named, if any are.

        What is not as it was found any more is left: two at once do no harm. on_reset: is told each task that
        was put back, also when the rest then fails.
        """
        named = tuple(dict.fromkeys(task_ids))
        sights = self._store.sight_named(named) if named else self._store.sight_all()
        found = await self._look(sights, max_runtime_ms)
        treated = [await self._treat(one, on_reset, force=force) for one in found]
        missing = set(named) - {one.facts.task_id for one in found}
        treated += [Treated(task_id, None, "TASK_NOT_FOUND") for task_id in sorted(missing)]
        return sorted(treated, key=lambda one: bool(one.left_reason))

    async def recover_plain_cases(self, max_runtime_ms: int, *, act: bool) -> None:
        """Puts back what needs no person's decision, if it is to act, and notes what is stuck after that.

        Looks at all tasks only where some are not accounted for; otherwise at those that run.
        """
        thorough = await self._store.unaccounted()
        sights = self._store.sight_all() if thorough else self._store.sight_leased()
        stuck = [one for one in await self._look(sights, max_runtime_ms) if one.finding is not Finding.NONE]
        plain = [one for one in stuck if _is_plain(one)] if act else []
        reset = await self._recover_recorded(plain) if plain else set()
        self.stuck = Counter(
            (one.facts.pipeline, one.finding) for one in stuck if one.facts.task_id not in reset
        )

    async def _recover_recorded(self, plain: Sequence[Found]) -> set[str]:
        words = ", ".join(sorted({one.finding.name for one in plain}))
        async with audited(self._store, "RecoverTasks", f"by itself: {words}", principal=MESH) as note:
            for one in plain:
                await self._treat(one, note.tasks.append, by_itself=True)
            # Another replica was first: it has the record.
            note.forgotten = not note.tasks
        return set(note.tasks)

    async def _look(self, sights: AsyncGenerator[Sight, None], max_runtime_ms: int) -> list[Found]:
        seen: dict[str, tuple[TaskFacts, bool]] = {}
        async for sight in sights:
            for facts in sight.facts:
                seen[facts.task_id] = facts, sight.leases_kept
        asked = {facts.worker for facts, _ in seen.values() if facts.connected and facts.state in LEASED}
        said = await self._inquiries.ask(asked)
        found = []
        for facts, kept in seen.values():
            answer = read_answer(facts, said.get(facts.worker))
            found.append(Found(facts, answer, judge(facts, answer, max_runtime_ms), kept))
        return sorted(found, key=lambda one: (one.finding is Finding.NONE, one.facts.task_id))

    async def _treat(
        self, one: Found, on_reset: Callable[[str], None], *, force: bool = False, by_itself: bool = False
    ) -> Treated:
        task_id, stuck = one.facts.task_id, one.finding is not Finding.NONE
        if not stuck and one.facts.state not in LEASED:
            return Treated(task_id, one, "NOT_RUNNING")
        if not stuck and not force:
            return Treated(task_id, one, "NOT_STUCK")
        cause = recovery_cause(one.finding, by_itself=by_itself)
        outcome = await self._store.recover(one.facts, one.finding, cause)
        if outcome is Recovered.RESET:
            on_reset(task_id)
            return Treated(task_id, one)
        gone = outcome is Recovered.GONE
        return Treated(task_id, one, "TASK_NOT_FOUND" if gone else "CHANGED_MEANWHILE")


def running(found: Sequence[Found]) -> int:
    """How many of the tasks run; those lost from their queue do not."""
    return sum(one.facts.state is not State.QUEUED for one in found)


def _is_plain(one: Found) -> bool:
    return recovers_by_itself(one.finding, one.answer, leases_kept=one.leases_kept)
