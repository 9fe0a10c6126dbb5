"""The scripts and the pure lifecycle, driven side by side by random histories."""

import asyncio

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from redis import Redis

from radmesh.errors import RadmeshError
from services.tasks.lifecycle import LEASED, Cause, Decision, State, Tally
from services.tasks.outcomes import Outcome
from services.tasks.priority import Priority, ready_score
from services.tasks.reviews import AskedDecision
from services.tasks.store import StoreSettings, TaskStore
from services.tasks.store.reading import to_time
from tests.integration.tasks.store.modelled import Modelled
from tests.support.task_records import OUTCOMES, SetClock, new_task, queue_counts, task_error

# Close enough to each other that their order depends on the time as well.
HEAD_STARTS = {Priority.STAT: 8.0, Priority.URGENT: 2.0, Priority.ROUTINE: 0.0, Priority.BATCH: -2.0}

SAID = {**OUTCOMES, Cause.ANSWER_REFUSED: {"answer_refused": task_error("MASK_EMPTY")}}


class Lives(RuleBasedStateMachine):
    """Random creates, acquires, outcomes, cancels and time; `url` is set by the test."""

    url = ""

    def __init__(self) -> None:
        super().__init__()
        with Redis.from_url(self.url) as client:
            client.flushall()
        self.runner = asyncio.Runner()
        self.clock = SetClock()
        opened = TaskStore.open(self.url, StoreSettings(head_starts=HEAD_STARTS), self.clock)
        self.store = self.runner.run(opened)
        self.session, _ = self.runner.run(self.store.open_session("w", [], ["octa-vessels"]))
        self.runner.run(self.store.tick())
        self.tasks: dict[str, Modelled] = {}
        self.operations = 0

    def teardown(self) -> None:
        self.runner.run(self.store.close())
        self.runner.close()

    @rule(
        max_attempts=st.integers(1, 4),
        priority=st.sampled_from(Priority),
        ahead_seconds=st.sampled_from([None, None, -5.0, 0.0, 0.25, 5.0]),
        timeouts=st.fixed_dictionaries(
            {
                "attempt_timeout": st.sampled_from([9.0, 1e6]),
                "heartbeat_timeout": st.sampled_from([4.0, 10.0]),
                "progress_timeout": st.sampled_from([0.0, 3.0, 8.0]),
                "review_timeout": st.sampled_from([6.0, 1e6]),
            }
        ),
    )
    def create(
        self,
        max_attempts: int,
        priority: Priority,
        ahead_seconds: float | None,
        timeouts: dict[str, float],
    ) -> None:
        # Names in order, as a history must run the same way twice: at equal times the lower name is first.
        task_id = f"{len(self.tasks):032x}"
        not_before_ms = 0 if ahead_seconds is None else self.clock.now_ms + round(ahead_seconds * 1000)
        task = new_task(
            task_id=task_id,
            max_attempts=max_attempts,
            queue_timeout=1e6,
            priority=priority,
            not_before=to_time(not_before_ms) if not_before_ms else None,
            **timeouts,
        )
        self.runner.run(self.store.create(task))
        self.tasks[task_id] = Modelled(
            task_id,
            task.timeouts,
            Tally(0, 0, max_attempts),
            priority=priority,
            not_before_ms=not_before_ms,
        )
        self.tasks[task_id].happens(Cause.CREATED, self.clock.now_ms)

    @rule(most=st.integers(1, 3))
    def acquire(self, most: int) -> None:
        self.operations += 1
        grants = self.runner.run(
            self.store.acquire_several("w", self.session, ["octa-vessels"], str(self.operations), most)
        )
        ready = sorted(
            (ready_score(task.first_ready_ms, HEAD_STARTS[task.priority]), name)
            for name, task in self.tasks.items()
            if task.ready
        )
        assert [grant.lease.task_id for grant in grants] == [name for _, name in ready[:most]]
        for grant in grants:
            self.tasks[grant.lease.task_id].begins(grant.lease, self.clock.now_ms)

    @precondition(lambda self: any(task.lease for task in self.tasks.values()))
    @rule(choice=st.data())
    def finish(self, choice: st.DataObject) -> None:
        leased = sorted(name for name, task in self.tasks.items() if task.lease)
        names = choice.draw(st.lists(st.sampled_from(leased), min_size=1, max_size=3, unique=True))
        causes = st.sampled_from(sorted(SAID, key=lambda cause: cause.value))
        ended = [(self.tasks[name], choice.draw(causes)) for name in names]
        accepted = self.runner.run(
            self.store.finish_several(
                [(task.lease, Outcome(**SAID[cause])) for task, cause in ended if task.lease]
            )
        )
        for (task, cause), held in zip(ended, accepted, strict=True):
            reason = "WORKER_DRAINING" if cause is Cause.RELEASED else ""
            assert held == task.ends(cause, self.clock.now_ms, reason)
            if held:
                task.lease = None
            if task.state is State.AWAITING_REVIEW:
                record = self.runner.run(self.store.get(task.task_id, "alice"))
                task.decisions[record.sequence] = Decision.UNDECIDED

    @precondition(lambda self: self.tasks)
    @rule(choice=st.data())
    def cancel(self, choice: st.DataObject) -> None:
        name = choice.draw(st.sampled_from(sorted(self.tasks)))
        self.runner.run(self.store.cancel(name, "alice"))
        self.tasks[name].happens(Cause.CANCEL_REQUESTED, self.clock.now_ms)

    @rule()
    def heartbeat(self) -> None:
        leases = [task.lease for task in self.tasks.values() if task.lease]
        self.runner.run(self.store.heartbeat("w", self.session, leases))
        for task in self.tasks.values():
            task.renew(self.clock.now_ms)

    @precondition(lambda self: any(task.lease for task in self.tasks.values()))
    @rule(choice=st.data(), mark=st.sampled_from(["reading", "half", "done"]))
    def progress(self, choice: st.DataObject, mark: str) -> None:
        leased = sorted(name for name, task in self.tasks.items() if task.lease)
        task = self.tasks[choice.draw(st.sampled_from(leased))]
        assert task.lease
        assert self.runner.run(self.store.report_progress(task.lease, b"p", mark))
        if mark != task.mark:
            task.mark = mark
            task.get_on(self.clock.now_ms)

    @precondition(lambda self: any(task.decisions for task in self.tasks.values()))
    @rule(choice=st.data(), decision=st.sampled_from([Decision.ACCEPTED, Decision.REJECTED]))
    def review(self, choice: st.DataObject, decision: Decision) -> None:
        name = choice.draw(
            st.sampled_from(sorted(name for name, task in self.tasks.items() if task.decisions))
        )
        task = self.tasks[name]
        sequence = choice.draw(st.sampled_from(sorted({1, *task.decisions})))
        asked = AskedDecision(name, sequence, decision, "because", {})
        refused = ""
        try:
            self.runner.run(self.store.review(asked, "alice"))
        except RadmeshError as error:
            refused = error.reason
        assert refused == task.decides(sequence, decision, self.clock.now_ms)

    @rule(seconds=st.sampled_from([0.25, 1.0, 3.5]))
    def time_passes(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self._tick()

    @rule(seconds=st.sampled_from([-100.0, -2.0, 5.001, 100.0]))
    def the_clock_jumps_or_the_store_was_away(self, seconds: float) -> None:
        self.clock.advance(seconds)
        for task in self.tasks.values():
            task.renew(self.clock.now_ms)
            task.get_on(self.clock.now_ms)
        self._tick()

    def _tick(self) -> None:
        report = self.runner.run(self.store.tick())
        ended: list[Cause] = []
        for task in self.tasks.values():
            if task.state is State.QUEUED and task.ready_ms <= self.clock.now_ms:
                task.ready = True
            cause = task.runs_out(self.clock.now_ms)
            if cause is not None:
                assert task.happens(cause, self.clock.now_ms)
                task.lease = None
                if cause is Cause.REVIEW_EXPIRED:
                    task.decisions[max(task.decisions)] = Decision.EXPIRED
                ended.append(cause)
        assert report.expired == ended.count(Cause.LEASE_EXPIRED)
        assert report.timed_out == len(ended) - report.expired

    @invariant()
    def both_sides_agree(self) -> None:
        for name, task in self.tasks.items():
            record, events = self.runner.run(self.store.read_log(name, "alice", 0))
            assert (record.state, record.attempt, record.stage) == (task.state, task.attempt, task.stage)
            decisions = {review.sequence: review.decision for review in record.reviews}
            assert decisions == task.decisions
            assert [(event.state, event.reason) for event in events if event.state] == task.history
            assert [event.sequence for event in events] == list(range(1, record.sequence + 1))
            assert bool(task.lease) == (task.state in LEASED)

    @invariant()
    def the_counts_add_up(self) -> None:
        counted = self.runner.run(queue_counts(self.store))
        states = [task.state for task in self.tasks.values()]
        assert counted == {("octa-vessels", state): states.count(state) for state in set(states)}


@pytest.mark.timeout(120)
def test_scripts_and_lifecycle_agree_on_every_history(redis_url: str) -> None:
    machine = type("LivesHere", (Lives,), {"url": redis_url})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=30,
            stateful_step_count=30,
            deadline=None,
            database=None,
            # A busy machine is slow with real calls.
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
