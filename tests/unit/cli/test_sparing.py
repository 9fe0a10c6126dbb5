"""A log gets the progress that is worth a line."""

import io
from collections.abc import Sequence

import pytest

from radmesh.cli.consoles import PlainConsole
from radmesh.cli.display import LineDisplay
from radmesh.client import WatchMessage
from radmesh.tasks.v1 import task_pb2


class Log:
    """A display into a text, and the clock that it reads."""

    def __init__(self) -> None:
        self.now = 0.0
        self._file = io.StringIO()
        self.display = LineDisplay(PlainConsole(file=self._file, width=200), clock=lambda: self.now)

    def progress(self, stage: str, done: int, total: int, label: str = "a", attempt: int = 1) -> None:
        """Tells of units done."""
        progress = task_pb2.TaskProgress(
            attempt=attempt, stage=stage, units_done=done, units_total=total, fraction=done / total
        )
        self.display.told(label, WatchMessage(progress=progress))

    def change(self, **fields: object) -> None:
        """Tells of a state."""
        change = task_pb2.TaskStateChange(**fields)  # type: ignore[arg-type]
        self.display.told("a", WatchMessage(event=task_pb2.TaskEvent(state_change=change)))

    def lines(self) -> Sequence[str]:
        """What was printed."""
        return self._file.getvalue().splitlines()


@pytest.fixture
def log() -> Log:
    return Log()


def test_a_step_of_5_percent_is_worth_a_line(log: Log) -> None:
    for done in range(1, 1001):
        log.progress("inference", done, 1000)
    told = [line.split()[2] for line in log.lines()]
    assert told == ["1/1000,", *(f"{done}/1000," for done in range(50, 1001, 50))]


def test_ten_seconds_are_worth_a_line(log: Log) -> None:
    for second in range(31):
        log.now = float(second)
        log.progress("inference", second, 10_000)
    assert [line.split()[2] for line in log.lines()] == [f"{done}/10000," for done in (0, 10, 20, 30)]


def test_a_stage_is_told_from_its_first_to_its_last(log: Log) -> None:
    for stage in ("reading", "inference"):
        for done in range(100, 104):
            log.progress(stage, done, 10_000)
    log.change(state=task_pb2.TASK_STATE_SUCCEEDED)
    assert log.lines() == [
        "a: reading 100/10000, 1%",
        "a: reading 103/10000, 1%",
        "a: inference 100/10000, 1%",
        "a: inference 103/10000, 1%",
        "a: succeeded",
    ]


def test_an_attempt_begins_anew_and_inputs_do_not_hide_each_other(log: Log) -> None:
    log.progress("inference", 1, 1000)
    log.progress("inference", 1, 1000, label="b")
    log.progress("inference", 1, 1000, label="b", attempt=2)
    log.progress("inference", 2, 1000)
    assert [line[0] for line in log.lines()] == ["a", "b"], "the same words are said once"
    log.progress("inference", 2, 1000, label="b", attempt=3)
    assert log.lines()[-1] == "b: inference 2/1000, 0%"
