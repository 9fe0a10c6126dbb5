"""A history in which recoveries, pauses or attempts went wrong is told from a good one."""

from collections.abc import Callable

import pytest

from radmesh.tasks.v1 import stuck_pb2, task_pb2
from tests.chaos.history import History, Pause
from tests.chaos.operator_invariants import check_operations

TASK = "tasks/" + "a" * 32
_STATES = (
    (task_pb2.TASK_STATE_QUEUED, 0, "CREATED"),
    (task_pb2.TASK_STATE_RUNNING, 1, "ASSIGNED"),
    (task_pb2.TASK_STATE_QUEUED, 1, "RECOVERED"),
    (task_pb2.TASK_STATE_RUNNING, 2, "ASSIGNED"),
    (None, 2, ""),
    (task_pb2.TASK_STATE_SUCCEEDED, 2, "COMPLETED"),
)


def _event(sequence: int, state: task_pb2.TaskState | None, attempt: int, reason: str) -> task_pb2.TaskEvent:
    """An event `sequence` seconds after the epoch; without a state the artifact of its attempt."""
    event = task_pb2.TaskEvent(sequence=sequence, attempt=attempt)
    event.event_time.FromSeconds(sequence)
    if state is None:
        event.artifact.attempt = attempt
    else:
        event.state_change.state, event.state_change.reason = state, reason
    return event


def _good() -> History:
    """A task that was recovered while worker w1 had it, and ended on w2; pauses before each start."""
    history = History()
    history.logs[TASK] = [_event(number, *one) for number, one in enumerate(_STATES, start=1)]
    history.ended[TASK] = task_pb2.Task(name=TASK)
    history.ended[TASK].artifacts.add(file_name="mask.png", attempt=2)
    finding = stuck_pb2.TaskFinding(task=TASK, attempt=1, state=task_pb2.TASK_STATE_RUNNING)
    history.recoveries.append(stuck_pb2.TaskRecovery(finding=finding, reset=True))
    history.pauses = [Pause("pipelines/steps", 3.0, 3.9), Pause("workers/w1", 3.0, 5.0)]
    history.journal.runs = {(TASK, 1): ["w1"], (TASK, 2): ["w2"]}
    history.journal.written = {(TASK, 2): {"result"}}
    return history


def _commit_the_lost_attempt(history: History) -> None:
    history.logs[TASK][-1].attempt = 1
    history.journal.written.clear()


def _write_an_artifact_of_the_lost_attempt(history: History) -> None:
    history.logs[TASK][4].artifact.attempt = 1


def _keep_an_artifact_of_the_lost_attempt(history: History) -> None:
    history.ended[TASK].artifacts[0].attempt = 1


def _put_back_twice(history: History) -> None:
    history.recoveries *= 2


def _put_back_without_event(history: History) -> None:
    history.logs[TASK][2].state_change.reason = "LEASE_EXPIRED"


def _start_on_a_paused_pipeline(history: History) -> None:
    history.pauses[0] = Pause("pipelines/steps", 3.0, 4.1)


def _start_on_a_paused_worker(history: History) -> None:
    history.pauses[1] = Pause("workers/w2", 3.0, 5.0)


def _run_twice(history: History) -> None:
    history.journal.runs[TASK, 2].append("w3")


def _lose_an_outcome(history: History) -> None:
    del history.logs[TASK][-1]


def _lose_a_result_and_run_again(history: History) -> None:
    history.journal.written[TASK, 1] = {"result"}


def test_a_good_history_has_no_violation() -> None:
    assert list(check_operations(_good())) == []


@pytest.mark.parametrize(
    ("breach", "promise"),
    [
        (_commit_the_lost_attempt, "fenced"),
        (_write_an_artifact_of_the_lost_attempt, "fenced"),
        (_keep_an_artifact_of_the_lost_attempt, "fenced"),
        (_put_back_twice, "recovered once"),
        (_put_back_without_event, "recovered once"),
        (_start_on_a_paused_pipeline, "paused"),
        (_start_on_a_paused_worker, "paused"),
        (_run_twice, "one run"),
        (_lose_an_outcome, "no outcome lost"),
        (_lose_a_result_and_run_again, "no outcome lost"),
    ],
)
def test_each_breach_is_told_by_its_promise(breach: Callable[[History], None], promise: str) -> None:
    history = _good()
    breach(history)
    assert {violation.promise for violation in check_operations(history)} == {promise}
