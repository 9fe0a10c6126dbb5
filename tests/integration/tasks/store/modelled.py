"""A task as the pure lifecycle has it, for the test that drives it beside the scripts."""

from dataclasses import dataclass, field

from services.tasks.lifecycle import Cause, Decision, State, Tally, jittered_ms, step
from services.tasks.priority import Priority
from services.tasks.records import LeaseKey
from services.tasks.timeouts import Timeouts


@dataclass
class Modelled:
    """What happened to it, and what is due."""

    task_id: str
    timeouts: Timeouts
    tally: Tally
    state: State = State.NONE
    priority: Priority = Priority.ROUTINE
    not_before_ms: int = 0
    attempt: int = 0
    first_ready_ms: int = 0
    ready_ms: int = 0
    ready: bool = False
    lease: LeaseKey | None = None
    lease_ends_ms: int = 0
    attempt_ends_ms: int = 0
    watch_ends_ms: int = 0
    mark: str = ""
    stage: int = 1
    review_ends_ms: int = 0
    decisions: dict[int, Decision] = field(default_factory=dict)
    history: list[tuple[State, str]] = field(default_factory=list)

    def happens(self, cause: Cause, now_ms: int, reason: str = "") -> bool:
        after = step(self.state, cause, self.tally)
        if after is None:
            return False
        self.state, self.tally = after.state, after.tally
        # A reason of the lifecycle's own stands above what the worker said.
        said = reason if reason and after.reason == cause.value else after.reason
        self.history.append((after.state, said))
        if after.state is State.QUEUED:
            wait_ms = jittered_ms(after.delay_ms, self.task_id, self.attempt)
            self.ready_ms = max(now_ms + wait_ms, self.not_before_ms)
            self.first_ready_ms = self.first_ready_ms or self.ready_ms
        self.ready = after.state is State.QUEUED and self.ready_ms <= now_ms
        if after.state is State.AWAITING_REVIEW:
            self.review_ends_ms = now_ms + self.timeouts.review_ms
        self.stage += cause is Cause.REVIEW_ACCEPTED
        return True

    def ends(self, cause: Cause, now_ms: int, reason: str) -> bool:
        """Its attempt, by what the worker says."""
        if cause is Cause.ANSWER_REFUSED and self.stage == 1:
            cause = Cause.ATTEMPT_FAILED  # nobody has answered
        happened = self.happens(cause, now_ms, reason)
        if cause is Cause.ANSWER_REFUSED and self.state is State.AWAITING_REVIEW:
            self.stage -= 1
        return happened

    def begins(self, lease: LeaseKey, now_ms: int) -> None:
        """Its next attempt."""
        assert self.happens(Cause.ASSIGNED, now_ms)
        self.attempt += 1
        self.lease, self.mark = lease, ""
        self.attempt_ends_ms = now_ms + self.timeouts.attempt_ms
        self.renew(now_ms)
        self.get_on(now_ms)

    def renew(self, now_ms: int) -> None:
        self.lease_ends_ms = now_ms + self.timeouts.heartbeat_ms

    def get_on(self, now_ms: int) -> None:
        self.watch_ends_ms = now_ms + (self.timeouts.progress_ms or 10**12)

    def decides(self, sequence: int, decision: Decision, now_ms: int) -> str:
        """What comes of a decision: nothing to complain of, or the reason why it is refused."""
        if self.decisions.get(sequence) is decision:
            return ""
        if self.state is not State.AWAITING_REVIEW:
            return "NOT_AWAITING_REVIEW"
        if self.decisions.get(sequence) is not Decision.UNDECIDED:
            return "REVIEW_CHANGED"
        self.decisions[sequence] = decision
        accepted = decision is Decision.ACCEPTED
        assert self.happens(Cause.REVIEW_ACCEPTED if accepted else Cause.REVIEW_REJECTED, now_ms)
        return ""

    def runs_out(self, now_ms: int) -> Cause | None:
        """The timer that ends its attempt or review now, in the tick's order."""
        if self.state is State.AWAITING_REVIEW:
            return Cause.REVIEW_EXPIRED if self.review_ends_ms <= now_ms else None
        if not self.lease:
            return None
        if self.attempt_ends_ms <= now_ms:
            return Cause.ATTEMPT_TIMEOUT
        if self.lease_ends_ms <= now_ms:
            return Cause.LEASE_EXPIRED
        return Cause.NO_PROGRESS if self.watch_ends_ms <= now_ms else None
