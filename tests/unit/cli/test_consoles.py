"""What a header or a server says reaches a terminal as text, and never as a command to it."""

import io
from pathlib import Path

import pytest
from rich.text import Text

from radmesh import errors
from radmesh.cli import consoles, tables
from radmesh.cli.bars import BarDisplay
from radmesh.cli.display import LineDisplay
from radmesh.cli.running import complain
from radmesh.segmentation.v1 import octa_pb2
from radmesh.tasks.v1 import task_pb2

HOSTILE = "a\x1b[2J\x1b]0;t\x07b\x9b2Jc\u202etxt.exe\u2066\x00\x7fd"
HARMLESS = "a[2J]0;tb2Jctxt.exed"


def ended() -> task_pb2.Task:
    task = task_pb2.Task(name="tasks/a", state=task_pb2.TASK_STATE_SUCCEEDED)
    task.result.Pack(octa_pb2.OctaVesselsResult(device=HOSTILE))
    return task


def test_lines_and_tables_and_complaints_carry_no_control_characters(
    capsys: pytest.CaptureFixture[str],
) -> None:
    LineDisplay(consoles.stdout()).ended("scan", ended(), {})
    consoles.stdout().print(tables.outcome(("", ended(), {})))
    consoles.stdout().print(Text(HOSTILE), soft_wrap=True)
    complain(errors.RadmeshError(HOSTILE), as_json=False)
    printed = capsys.readouterr()
    assert printed.out.count(HARMLESS) == 3
    assert HARMLESS in printed.err
    assert not set("\x1b\x07\x9b\u202e\u2066\x00\x7f") & set(printed.out + printed.err)


def test_a_value_makes_no_line_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    task = ended()
    task.result.Pack(octa_pb2.OctaVesselsResult(device="cpu\nscan: saved nothing\u2028x"))
    LineDisplay(consoles.stdout()).ended("scan", task, {})
    lines = capsys.readouterr().out.splitlines()
    assert "scan: device cpu scan: saved nothing x" in lines


def test_what_rich_itself_tells_a_terminal_arrives(tmp_path: Path) -> None:
    console = consoles.PlainConsole(file=io.StringIO(), force_terminal=True, width=120)
    with BarDisplay(console) as display:
        display.uploading("scan")
        display.ended("scan", ended(), {})
    assert isinstance(console.file, io.StringIO)
    shown = console.file.getvalue()
    assert HARMLESS in shown
    assert "\x1b[?25l" in shown, "the cursor is hidden while a bar moves"
    assert "\x1b[2J" not in shown
