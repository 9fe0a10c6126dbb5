"""A history in which a promise was broken is told from a good one: each promise, by its name."""

from collections.abc import Callable

import pytest
from google.protobuf import struct_pb2

from radmesh.tasks.v1 import task_pb2
from radmesh.tasks.v1.batch_service_pb2 import BatchEvent, WatchBatchResponse
from radmesh.tasks.v1.task_service_pb2 import WatchTaskResponse
from tests.chaos.history import Acknowledged, History, Stream
from tests.chaos.invariants import check

TASK = "tasks/" + "a" * 32
BATCH = "batches/" + "c" * 32


def _state(sequence: int, state: task_pb2.TaskState, attempt: int = 1) -> task_pb2.TaskEvent:
    event = task_pb2.TaskEvent(sequence=sequence, attempt=attempt)
    event.state_change.state = state
    if state is task_pb2.TASK_STATE_SUCCEEDED:
        event.state_change.result.value = b"mask"
    return event


def _artifact(sequence: int) -> task_pb2.TaskEvent:
    artifact = task_pb2.Artifact(name="mask.png", attempt=1)
    return task_pb2.TaskEvent(sequence=sequence, attempt=1, artifact=artifact)


def _task(state: task_pb2.TaskState, sequence: int) -> task_pb2.Task:
    task = task_pb2.Task(name=TASK, state=state, sequence=sequence, attempt=1)
    if state is task_pb2.TASK_STATE_SUCCEEDED:
        task.result.value = b"mask"
        task.artifacts.add(name="mask.png", attempt=1)
        task.end_time.GetCurrentTime()
    return task


def _log() -> list[task_pb2.TaskEvent]:
    return [
        _state(1, task_pb2.TASK_STATE_QUEUED, 0),
        _state(2, task_pb2.TASK_STATE_RUNNING),
        _artifact(3),
        _state(4, task_pb2.TASK_STATE_SUCCEEDED),
    ]


def _snapshot(state: task_pb2.TaskState, sequence: int) -> WatchTaskResponse:
    found = WatchTaskResponse()
    found.snapshot.task.CopyFrom(_task(state, sequence))
    found.snapshot.sequence = sequence
    return found


def _bookmark(sequence: int) -> WatchTaskResponse:
    found = WatchTaskResponse()
    found.bookmark.sequence = sequence
    return found


def _good() -> History:
    """One task, watched from a snapshot through a break to its end."""
    first = Stream(
        TASK,
        None,
        [_snapshot(task_pb2.TASK_STATE_QUEUED, 1), WatchTaskResponse(event=_log()[1]), _bookmark(2)],
    )
    second = Stream(TASK, 2, [WatchTaskResponse(event=event) for event in _log()[2:]])
    history = History(
        acknowledged=[Acknowledged("r", TASK), Acknowledged("r", TASK)],
        watches=[[first, second]],
        told=[_task(task_pb2.TASK_STATE_RUNNING, 2), _task(task_pb2.TASK_STATE_SUCCEEDED, 4)],
        logs={TASK: _log()},
        ended={TASK: _task(task_pb2.TASK_STATE_SUCCEEDED, 4)},
    )
    history.journal.finished.add((TASK, 1))
    history.journal.runs[TASK, 1].append("w1")
    history.journal.written[TASK, 1].add("result")
    history.batches[BATCH] = [TASK]
    history.batch_watches.append(_batch_watch())
    return history


def _batch_watch() -> list[Stream]:
    """A watch of a batch of that one task, from its first event on."""
    messages = []
    for number, event in enumerate(_log(), start=1):
        message = WatchBatchResponse()
        message.event.CopyFrom(BatchEvent(sequence=number, task=TASK, event=event))
        messages.append(message)
    return [Stream(BATCH, 0, messages)]


def _leave_out_of_a_batch(history: History) -> None:
    del history.batch_watches[0][0].messages[1]


def _tell_a_batch_otherwise(history: History) -> None:
    history.batch_watches[0][0].messages[1].event.event.attempt = 7


def _number_a_batch_twice(history: History) -> None:
    history.batch_watches[0][0].messages[1].event.sequence = 1


def _swap(history: History) -> None:
    history.watches[0][1].messages.reverse()


def _repeat(history: History) -> None:
    history.watches[0][0].messages.append(WatchTaskResponse(event=_log()[1]))


def _differ(history: History) -> None:
    history.watches[0][0].messages[1].event.attempt = 7


def _leave_out(history: History) -> None:
    del history.watches[0][1].messages[0]


def _resume_elsewhere(history: History) -> None:
    history.watches[0][1].after = 1


def _snapshot_after_a_cursor(history: History) -> None:
    history.watches[0][1].messages.insert(0, _snapshot(task_pb2.TASK_STATE_RUNNING, 2))


def _event_after_its_bookmark(history: History) -> None:
    history.watches[0][0].messages[2].bookmark.sequence = 3


def _late_event(history: History) -> None:
    history.watches[0][0].messages.insert(1, _bookmark(2))


def _see_half_a_change(history: History) -> None:
    history.told.append(_task(task_pb2.TASK_STATE_RUNNING, 3))


def _see_an_end_without_result(history: History) -> None:
    history.told[1].ClearField("result")


def _see_an_end_without_its_artifact(history: History) -> None:
    history.told[1].ClearField("artifacts")


def _see_another_state_than_written(history: History) -> None:
    history.told[0].state = task_pb2.TASK_STATE_QUEUED


def _lose_a_create(history: History) -> None:
    history.missing[TASK] = "NOT_FOUND"


def _create_twice(history: History) -> None:
    history.acknowledged.append(Acknowledged("r", "tasks/" + "b" * 32))
    history.ended["tasks/" + "b" * 32] = _task(task_pb2.TASK_STATE_SUCCEEDED, 4)


def _get_stuck(history: History) -> None:
    history.ended[TASK] = _task(task_pb2.TASK_STATE_RUNNING, 2)
    history.logs[TASK] = _log()[:2]
    history.watches.clear()
    history.batch_watches.clear()
    history.told.clear()


def _lose_the_end_of_a_log(history: History) -> None:
    del history.logs[TASK][-1]


def _end_twice(history: History) -> None:
    history.logs[TASK].append(_state(5, task_pb2.TASK_STATE_SUCCEEDED))


def _give_another_result(history: History) -> None:
    history.ended[TASK].result.value = b"another mask"


def _commit_what_nobody_ran(history: History) -> None:
    history.journal.finished = {(TASK, 2)}


def _read_no_journal(history: History) -> None:
    history.journal.finished.clear()


def _commit_the_result_of_a_lost_attempt(history: History) -> None:
    made = struct_pb2.Struct()
    made.update({"attempt": 2})
    history.ended[TASK].result.Pack(made)
    history.logs[TASK][-1].state_change.result.Pack(made)


def _skip_a_state(history: History) -> None:
    history.logs[TASK][1].state_change.state = task_pb2.TASK_STATE_AWAITING_REVIEW


def _go_back_in_attempts(history: History) -> None:
    history.logs[TASK][1].attempt = 9


def _succeed_though_cancelled(history: History) -> None:
    history.cancels[TASK].append(task_pb2.TASK_STATE_CANCELLED)


def _cancel_without_event(history: History) -> None:
    history.cancels[TASK].append(task_pb2.TASK_STATE_CANCELLING)


def test_a_good_history_has_no_violation() -> None:
    assert check(_good()) == []


@pytest.mark.parametrize(
    ("breach", "promise"),
    [
        (_leave_out_of_a_batch, "reliable"),
        (_tell_a_batch_otherwise, "unique"),
        (_number_a_batch_twice, "unique"),
        (_swap, "unique"),
        (_repeat, "unique"),
        (_differ, "unique"),
        (_leave_out, "reliable"),
        (_resume_elsewhere, "resumable"),
        (_snapshot_after_a_cursor, "resumable"),
        (_event_after_its_bookmark, "bookmarkable"),
        (_late_event, "bookmarkable"),
        (_see_half_a_change, "atomic"),
        (_see_an_end_without_result, "atomic"),
        (_see_an_end_without_its_artifact, "atomic"),
        (_see_another_state_than_written, "atomic"),
        (_lose_a_create, "no create lost"),
        (_create_twice, "one task per request"),
        (_get_stuck, "nothing stuck"),
        (_lose_the_end_of_a_log, "no gap"),
        (_end_twice, "one result"),
        (_give_another_result, "one result"),
        (_commit_what_nobody_ran, "one result"),
        (_read_no_journal, "one result"),
        (_commit_the_result_of_a_lost_attempt, "one result"),
        (_skip_a_state, "legal moves"),
        (_go_back_in_attempts, "legal moves"),
        (_succeed_though_cancelled, "cancelled stays cancelled"),
        (_cancel_without_event, "cancelled stays cancelled"),
    ],
)
def test_each_breach_is_told_by_its_promise(breach: Callable[[History], None], promise: str) -> None:
    history = _good()
    breach(history)
    assert promise in {violation.promise for violation in check(history)}
