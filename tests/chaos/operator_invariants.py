"""What must hold of recoveries, pauses and attempts, whatever was broken."""

from collections import Counter
from collections.abc import Iterator, Sequence

from radmesh.tasks.v1 import task_pb2
from services.tasks.lifecycle import TERMINAL, State
from tests.chaos.history import History, Pause, Violation

_COMMITTED = {State.AWAITING_REVIEW, State.SUCCEEDED}
_LATER = {State.RUNNING, State.CANCELLING}
_ANY_END = {*TERMINAL, *_COMMITTED, State.QUEUED}
# FAILED: the outcome broke a rule. Of a stage of a task that is being cancelled nobody wants to know.
_ENDS = {
    "result": {State.SUCCEEDED, State.FAILED},
    "stage_finished": {State.AWAITING_REVIEW, State.FAILED, State.CANCELLED},
}


def check_operations(history: History) -> Iterator[Violation]:
    """Every violation of what is promised of recoveries, pauses and attempts."""
    yield from _recovered_once(history)
    for task, log in history.logs.items():
        yield from _fenced(task, log, history.ended[task])
    for pause in history.pauses:
        yield from _nothing_starts(pause, history)
    for (task, attempt), workers in history.journal.runs.items():
        if len(workers) > 1:
            yield Violation("one run", task, f"attempt {attempt} ran {len(workers)} times, on {workers}")
    for (task, attempt), kinds in history.journal.written.items():
        yield from _written(task, attempt, kinds, history.logs.get(task))


def _recovered_once(history: History) -> Iterator[Violation]:
    """What an answer says was put back was put back, and only one answer says so."""
    told = Counter((one.finding.task, one.finding.attempt, one.finding.state) for one in history.recoveries)
    for (task, attempt, state), count in told.items():
        log = history.logs.get(task)
        if not log:
            continue
        if state != task_pb2.TASK_STATE_QUEUED and count > 1:
            yield Violation(
                "recovered once", task, f"{count} answers say that they put attempt {attempt} back"
            )
        if ("RECOVERED", attempt) not in {(event.state_change.reason, event.attempt) for event in log}:
            yield Violation("recovered once", task, f"no event tells that attempt {attempt} was put back")


def _fenced(task: str, log: Sequence[task_pb2.TaskEvent], ended: task_pb2.Task) -> Iterator[Violation]:
    """An attempt that lost its lease leaves nothing: no result, no stage, no artifact."""
    lost: set[int] = set()
    before = State.NONE
    for event in log:
        if event.HasField("artifact"):
            if event.attempt in lost or event.artifact.attempt != event.attempt:
                what = f"attempt {event.attempt} wrote an artifact of attempt {event.artifact.attempt}"
                yield Violation("fenced", task, what)
            continue
        state = State(event.state_change.state)
        if state in _COMMITTED and event.attempt in lost:
            yield Violation("fenced", task, f"attempt {event.attempt} had lost its lease, and ended it")
        if state is State.QUEUED and before in _LATER:
            lost.add(event.attempt)
        before = state
    for artifact in ended.artifacts:
        if artifact.attempt in lost:
            yield Violation(
                "fenced", task, f"{artifact.file_name} is of attempt {artifact.attempt}, a lost one"
            )


def _nothing_starts(pause: Pause, history: History) -> Iterator[Violation]:
    """No attempt begins between the answer to the pause and the resume; of a worker, none of that worker."""
    worker = pause.name.removeprefix("workers/") if pause.name.startswith("workers/") else ""
    for task, log in history.logs.items():
        for event in log:
            began = State(event.state_change.state) is State.RUNNING
            at = event.event_time.ToMicroseconds() / 1e6
            if not began or not pause.since < at < pause.until:
                continue
            if not worker or worker in history.journal.runs.get((task, event.attempt), ()):
                what = (
                    f"attempt {event.attempt} began {at - pause.since:.3f} s after the pause of {pause.name}"
                )
                yield Violation("paused", task, what)


def _written(
    task: str, attempt: int, kinds: set[str], log: Sequence[task_pb2.TaskEvent] | None
) -> Iterator[Violation]:
    """An outcome that `tasks` calls written has ended its attempt, and not something else."""
    if not log:
        return
    states = {
        State(event.state_change.state)
        for event in log
        if event.attempt == attempt and event.HasField("state_change")
    }
    for kind in kinds:
        if not states & _ENDS.get(kind, _ANY_END):
            what = f"{kind} of attempt {attempt} was called written, and is not there"
            yield Violation("no outcome lost", task, what)
