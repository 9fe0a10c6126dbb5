"""Bars show what was really told, and survive every name and message."""

import io

from rich.console import Console

from radmesh import errors
from radmesh.cli.bars import BarDisplay
from radmesh.client import WatchMessage
from radmesh.tasks.v1 import task_pb2


def shown(label: str, *messages: WatchMessage, refusal: str = "") -> str:
    console = Console(file=io.StringIO(), force_terminal=True, width=120, color_system=None)
    with BarDisplay(console) as display:
        display.uploading(label)
        for message in messages:
            display.told(label, message)
        if refusal:
            display.refused(label, errors.RadmeshError(refusal))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_bar_stands_where_the_progress_stands() -> None:
    progress = task_pb2.TaskProgress(
        stage="inference", units_done=1, units_total=4, unit="tiles", fraction=0.25
    )
    text = shown("scan.png", WatchMessage(progress=progress))
    assert "inference 1/4 tiles" in text
    assert "25%" in text


def test_a_success_fills_the_bar_whatever_was_told_last() -> None:
    done = task_pb2.TaskStateChange(state=task_pb2.TASK_STATE_SUCCEEDED)
    text = shown(
        "scan.png",
        WatchMessage(progress=task_pb2.TaskProgress(stage="writing", fraction=0.98)),
        WatchMessage(event=task_pb2.TaskEvent(sequence=5, state_change=done)),
    )
    assert "100%" in next(line for line in reversed(text.splitlines()) if "scan.png" in line)


def test_a_lost_attempt_takes_the_bar_back() -> None:
    again = task_pb2.TaskStateChange(state=task_pb2.TASK_STATE_QUEUED, reason="WORKER_CRASHED")
    text = shown(
        "scan.png",
        WatchMessage(progress=task_pb2.TaskProgress(stage="inference", fraction=0.5)),
        WatchMessage(event=task_pb2.TaskEvent(sequence=3, attempt=1, state_change=again)),
    )
    last = next(line for line in reversed(text.splitlines()) if "scan.png" in line)
    assert "queued again: worker crashed" in last
    assert " 0%" in last


def test_brackets_in_names_and_messages_are_only_text() -> None:
    error = task_pb2.TaskError(reason="X", message="bad [/] end [bold")
    failed = task_pb2.TaskStateChange(state=task_pb2.TASK_STATE_FAILED, error=error)
    event = task_pb2.TaskEvent(sequence=2, state_change=failed)
    text = shown("[/red] scan.png", WatchMessage(event=event))
    assert "[/red] scan.png" in text
    assert "bad [/] end [bold" in text
    assert "no [/] way" in shown("scan.png", refusal="no [/] way")
