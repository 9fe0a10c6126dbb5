"""Random histories of batches: their logs are the logs of their tasks, numbered without a gap."""

import asyncio
import uuid

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from redis import Redis

from services.tasks.batch_records import BatchEventRecord, NewBatch, RefusedItem
from services.tasks.lifecycle import Cause, State
from services.tasks.outcomes import Outcome
from services.tasks.records import Grant, NewTask
from services.tasks.store import StoreSettings, TaskStore
from tests.support.task_records import OUTCOMES, SetClock, new_task

PIPELINES = ["octa-vessels"]
ENDED = {State.SUCCEEDED, State.FAILED, State.CANCELLED}


class Batches(RuleBasedStateMachine):
    """Creates, attempts of every outcome, cancels and lost leases; `url` is set by the test."""

    url = ""

    def __init__(self) -> None:
        super().__init__()
        with Redis.from_url(self.url) as client:
            client.flushall()
        self.runner = asyncio.Runner()
        self.clock = SetClock()
        # Pages of three: what is read in parts has to be the same as what is read at once.
        chosen = StoreSettings(lease_seconds=10, batch_page_events=3)
        self.store = self.runner.run(TaskStore.open(self.url, chosen, self.clock))
        self.session, _ = self.runner.run(self.store.open_session("w", [], PIPELINES))
        self.batches: list[NewBatch] = []
        self.told: dict[str, list[BatchEventRecord]] = {}
        self.grants: list[Grant] = []

    def teardown(self) -> None:
        self.runner.run(self.store.close())
        self.runner.close()

    @rule(tasks=st.integers(1, 3), refused=st.booleans(), attempts=st.integers(1, 3))
    def create(self, tasks: int, refused: bool, attempts: int) -> None:
        items = [new_task(max_attempts=attempts) for _ in range(tasks)]
        batch_id = uuid.UUID(int=len(self.batches)).hex
        errors = (RefusedItem(b"no"),) if refused else ()
        batch = NewBatch(batch_id, "alice", str(uuid.uuid4()), "f", (*items, *errors))
        self.runner.run(self.store.create_batch(batch))
        self.batches.append(batch)

    @rule(data=st.data())
    def create_again(self, data: st.DataObject) -> None:
        if self.batches:
            batch = data.draw(st.sampled_from(self.batches))
            found, _ = self.runner.run(self.store.create_batch(batch))
            assert found
            assert found.batch_id == batch.batch_id

    @rule(most=st.integers(1, 3))
    def acquire(self, most: int) -> None:
        operation = uuid.uuid4().hex
        self.grants += self.runner.run(
            self.store.acquire_several("w", self.session, PIPELINES, operation, most)
        )

    @rule(data=st.data(), causes=st.lists(st.sampled_from(list(OUTCOMES)), min_size=1, max_size=3))
    def finish(self, data: st.DataObject, causes: list[Cause]) -> None:
        # Taken off, so that most outcomes are of attempts that run.
        ended = [
            (
                self.grants.pop(data.draw(st.integers(0, len(self.grants) - 1))).lease,
                Outcome(**OUTCOMES[cause]),
            )
            for cause in causes[: len(self.grants)]
        ]
        if ended:
            self.runner.run(self.store.finish_several(ended))
            self.clock.advance(2)
            self.runner.run(self.store.tick())

    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        if self.batches:
            batch = data.draw(st.sampled_from(self.batches))
            first = batch.items[0]
            assert isinstance(first, NewTask)
            self.runner.run(self.store.cancel(first.task_id, "alice"))

    @rule(seconds=st.sampled_from([1, 11, 61]))
    def time_passes(self, seconds: int) -> None:
        self.clock.advance(seconds)
        self.runner.run(self.store.tick())

    @invariant()
    def each_log_is_dense_and_holds_what_the_logs_of_its_tasks_hold(self) -> None:
        for batch in self.batches:
            self.runner.run(self._check(batch.batch_id))

    async def _check(self, batch_id: str) -> None:
        events: list[BatchEventRecord] = []
        while True:
            found, more = await self.store.read_batch(batch_id, "alice", len(events))
            events += more
            if not more:
                break
        assert [event.sequence for event in events] == list(range(1, found.sequence + 1))
        assert events[: len(self.told.get(batch_id, []))] == self.told.get(batch_id, []), "history changed"
        self.told[batch_id] = events
        for member in found.members:
            record, own = await self.store.read_log(member.task_id, "alice", 0)
            assert [event.event for event in events if event.task_id == member.task_id] == own
            assert member.state == record.state
        open_tasks = sum(member.state not in ENDED for member in found.members)
        assert events[-1].open_tasks == open_tasks
        assert (found.end_time is not None) == (open_tasks == 0)
        assert all(event.open_tasks for event in events[:-1])


def test_the_log_of_a_batch_is_that_of_its_tasks_in_any_history(redis_url: str) -> None:
    Batches.url = redis_url
    run_state_machine_as_test(
        Batches,
        settings=settings(
            max_examples=25,
            stateful_step_count=25,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
