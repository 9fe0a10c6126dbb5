"""What must hold of the tasks themselves, whatever was broken: checked on logs, answers and journals."""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from google.protobuf import struct_pb2

from radmesh.tasks.v1 import task_pb2
from services.tasks.lifecycle import TERMINAL, TRANSITIONS, State
from tests.chaos.history import History, Violation
from tests.chaos.operator_invariants import check_operations
from tests.chaos.promises import atomic, check_watches
from tests.chaos.review_invariants import check_reviews

_NEXT = {(source, target) for (source, _), target in TRANSITIONS.items()}


def check(history: History) -> list[Violation]:
    """Every violation of the promises of watches, tasks, reviews and operators."""
    return [
        *check_watches(history),
        *_no_acknowledged_create_lost(history),
        *_one_committed_result(history),
        *_no_gap_and_legal_moves(history),
        *_cancelled_tasks_never_succeed_unseen(history),
        *_answers_agree(history),
        *check_reviews(history),
        *check_operations(history),
    ]


def _no_acknowledged_create_lost(history: History) -> Iterator[Violation]:
    by_request: dict[str, str] = {}
    for one in history.acknowledged:
        if by_request.setdefault(one.request_id, one.task) != one.task:
            yield Violation("one task per request", one.task, f"{by_request[one.request_id]} came first")
        if one.task in history.missing:
            yield Violation("no create lost", one.task, history.missing[one.task])
    for task in history.tasks - set(history.missing):
        ended = history.ended.get(task)
        if ended is None or State(ended.state) not in TERMINAL:
            state = "unknown" if ended is None else State(ended.state).name
            yield Violation("nothing stuck", task, f"it is {state} long after everything was mended")


def _one_committed_result(history: History) -> Iterator[Violation]:
    results = [task for task, ended in history.ended.items() if ended.HasField("result")]
    if results and not history.journal.finished:
        yield Violation("one result", results[0], "the workers' logs tell of no attempt that was finished")
    for task, log in history.logs.items():
        ends = [event for event in log if State(event.state_change.state) in TERMINAL]
        if len(ends) > 1 or (ends and ends[0] is not log[-1]):
            yield Violation("one result", task, f"it ended at {[event.sequence for event in ends]}")
        for event in ends:
            yield from _result_of_its_attempt(task, event, history)


def _result_of_its_attempt(task: str, event: task_pb2.TaskEvent, history: History) -> Iterator[Violation]:
    if not event.state_change.HasField("result"):
        return
    ended = history.ended[task]
    if ended.result != event.state_change.result:
        yield Violation("one result", task, "the task's result is not the one of its last event")
    if ended.attempt != event.attempt:
        yield Violation("one result", task, f"attempt {event.attempt} ended it, it says {ended.attempt}")
    if (task, event.attempt) not in history.journal.finished:
        yield Violation("one result", task, f"no worker says that it finished attempt {event.attempt}")
    made = struct_pb2.Struct()
    if ended.result.Unpack(made) and made["attempt"] != ended.attempt:
        yield Violation("one result", task, f"attempt {ended.attempt} has the result of {made['attempt']:g}")


def _no_gap_and_legal_moves(history: History) -> Iterator[Violation]:
    for task, log in history.logs.items():
        if [event.sequence for event in log] != list(range(1, len(log) + 1)):
            yield Violation("no gap", task, f"numbers {[event.sequence for event in log]}")
        ended = history.ended[task]
        if State(ended.state) in TERMINAL and len(log) < ended.sequence:
            yield Violation("no gap", task, f"{len(log)} events can be read of {ended.sequence}")
        states = [State.NONE, *_states(log)]
        for source, target in pairwise(states):
            if (source, target) not in _NEXT:
                yield Violation("legal moves", task, f"{source.name} became {target.name}")
        attempts = [event.attempt for event in log]
        if attempts != sorted(attempts):
            yield Violation("legal moves", task, f"attempts went back: {attempts}")


def _cancelled_tasks_never_succeed_unseen(history: History) -> Iterator[Violation]:
    for task, answers in history.cancels.items():
        log = history.logs.get(task, [])
        states = _states(log)
        if State.CANCELLED in answers and states and states[-1] is not State.CANCELLED:
            yield Violation("cancelled stays cancelled", task, f"it ended {states[-1].name}")
        if State.CANCELLING in answers and State.CANCELLING not in states:
            yield Violation("cancelled stays cancelled", task, "no event tells that it was asked for")


def _answers_agree(history: History) -> Iterator[Violation]:
    for task in history.told:
        yield from atomic(task, task.sequence, history.logs.get(task.name, []))


def _states(log: Sequence[task_pb2.TaskEvent]) -> list[State]:
    return [State(event.state_change.state) for event in log if event.HasField("state_change")]
