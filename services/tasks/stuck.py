"""Judges whether a task is stuck, from what is known of it and what its worker says. Pure."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from services.tasks.lifecycle import LEASED, Cause, State

# Until an assignment has surely reached its worker, that the worker does not know it says nothing.
SETTLING_MS = 2_000


class Finding(IntEnum):
    """Why a task counts as stuck, numbered as `radmesh.tasks.v1.StuckReason`. NONE: it does not."""

    NONE = 0
    WORKER_LOST = 1
    HEARTBEAT_EXPIRED = 2
    NO_PROGRESS = 3
    RUNTIME_EXCEEDED = 4
    ORPHANED = 5
    LOST_FROM_QUEUE = 6


STUCK = tuple(finding for finding in Finding if finding is not Finding.NONE)


class Answer(IntEnum):
    """What the worker of a task says to it, numbered as `radmesh.tasks.v1.WorkerAnswer`."""

    NOT_ASKED = 0
    RUNS = 1
    HOLDS = 2
    UNKNOWN_ATTEMPT = 3
    SILENT = 4
    NOT_CONNECTED = 5


@dataclass(frozen=True)
class TaskFacts:
    """What the store knows of a task at `now_ms`. Times are milliseconds of its clock, None when not known.

    lease_end_ms: None when nobody holds a lease. lease_ms: the lease's full time. progress_timeout_ms: 0 for
    no watch on progress. queued: whether it stands in a queue. connected: whether its worker is.
    """

    task_id: str
    pipeline: str
    state: State
    attempt: int
    sequence: int
    now_ms: int
    worker: str = ""
    start_ms: int | None = None
    heartbeat_ms: int | None = None
    lease_end_ms: int | None = None
    lease_ms: int = 0
    progress_ms: int | None = None
    progress_timeout_ms: int = 0
    queued: bool = False
    connected: bool = False

    @property
    def runtime_ms(self) -> int | None:
        """How long the attempt runs; None when none does."""
        return max(0, self.now_ms - self.start_ms) if self.start_ms is not None else None

    @property
    def lease_left_ms(self) -> int:
        """Time until the lease runs out; not positive once it has, or when there is none."""
        return self.lease_end_ms - self.now_ms if self.lease_end_ms is not None else 0


@dataclass(frozen=True)
class Attempts:
    """What a worker says: each attempt as task id and number.

    settled: whether all that it was given had reached it when it was asked.
    """

    running: frozenset[tuple[str, int]]
    held: frozenset[tuple[str, int]]
    settled: bool


def read_answer(facts: TaskFacts, said: Attempts | None) -> Answer:
    """What a worker's word means for a task. said: None when the worker said nothing in time."""
    if facts.state not in LEASED or not facts.worker:
        return Answer.NOT_ASKED
    if not facts.connected:
        return Answer.NOT_CONNECTED
    attempt = (facts.task_id, facts.attempt)
    if said is None:
        return Answer.SILENT
    if attempt in said.running:
        return Answer.RUNS
    if attempt in said.held:
        return Answer.HOLDS
    return Answer.UNKNOWN_ATTEMPT if said.settled else Answer.SILENT


def judge(facts: TaskFacts, answer: Answer, max_runtime_ms: int) -> Finding:
    """The gravest thing that is wrong with a task."""
    if facts.state is State.QUEUED:
        return Finding.NONE if facts.queued else Finding.LOST_FROM_QUEUE
    if facts.state not in LEASED:
        return Finding.NONE
    runtime_ms = facts.runtime_ms or 0
    still_ms = facts.now_ms - facts.progress_ms if facts.progress_ms is not None else runtime_ms
    from_grave_to_light = (
        (Finding.ORPHANED, facts.lease_end_ms is None),
        (Finding.HEARTBEAT_EXPIRED, facts.lease_left_ms <= 0),
        (Finding.WORKER_LOST, _is_worker_lost(facts, answer)),
        (Finding.NO_PROGRESS, 0 < facts.progress_timeout_ms < still_ms),
        (Finding.RUNTIME_EXCEEDED, runtime_ms >= max_runtime_ms),
    )
    return next((finding for finding, holds in from_grave_to_light if holds), Finding.NONE)


def _is_worker_lost(facts: TaskFacts, answer: Answer) -> bool:
    if answer is Answer.UNKNOWN_ATTEMPT:
        return (facts.runtime_ms or 0) >= SETTLING_MS
    # A worker that connects again, to any replica, keeps its lease: it has half of it to do so.
    return answer is Answer.NOT_CONNECTED and facts.lease_left_ms < facts.lease_ms / 2


def recovers_by_itself(finding: Finding, answer: Answer, *, leases_kept: bool) -> bool:
    """Whether a finding is so plain that no person has to decide.

    A task that runs for long, without progress, or on a worker that is silent or away may be well: time, or a
    person, decides. leases_kept: whether leases are looked after; after an outage of the store they have run
    out through nobody's fault, and are renewed first.
    """
    if finding is Finding.WORKER_LOST:
        return answer is Answer.UNKNOWN_ATTEMPT
    if finding is Finding.HEARTBEAT_EXPIRED:
        return leases_kept
    return finding in {Finding.ORPHANED, Finding.LOST_FROM_QUEUE}


def recovery_cause(finding: Finding, *, by_itself: bool) -> Cause:
    """What a recovery counts as in the life of a task.

    A worker that loses a task again and again would have it for ever, if the mesh put it back each time
    without counting the attempt. What an operator decides, and the mesh's own fault, are not held against it.
    """
    lost = finding in {Finding.WORKER_LOST, Finding.HEARTBEAT_EXPIRED}
    return Cause.LEASE_EXPIRED if by_itself and lost else Cause.RECOVERED


_WORDS = {
    Finding.WORKER_LOST: "lost by the worker",
    Finding.HEARTBEAT_EXPIRED: "with a worker not heard of any more",
    Finding.NO_PROGRESS: "without progress",
    Finding.RUNTIME_EXCEEDED: "running for too long",
    Finding.ORPHANED: "held by no worker",
    Finding.LOST_FROM_QUEUE: "lost from the queue",
}


def summary(running: int, findings: Iterable[Finding]) -> str:
    """What was found in one line: `12 tasks run; 2 are stuck: 1 held by no worker, 1 without progress.`"""
    counts = Counter(finding for finding in findings if finding is not Finding.NONE)
    run = f"{running} {'task runs' if running == 1 else 'tasks run'}"
    if not counts:
        return f"{run}; nothing is stuck."
    stuck = counts.total()
    parts = ", ".join(f"{counts[finding]} {_WORDS[finding]}" for finding in STUCK if counts[finding])
    return f"{run}; {stuck} {'is' if stuck == 1 else 'are'} stuck: {parts}."
