"""Ctrl-C while the command line is still being imported."""

import signal
import subprocess
import sys

import pytest

from tests.support.command import COMMAND, environment
from tests.support.processes import interruptible


def _interrupted_at(module: str, *, ignoring: bool = False) -> tuple[int, list[str]]:
    """Interrupts `radmesh pipelines` when it has imported a module; its exit code, and what it said.

    Python itself tells on stderr what it has imported, so nothing depends on how fast the machine is.
    """
    line = [sys.executable, "-X", "importtime", COMMAND, "pipelines", "--server", "127.0.0.1:1"]
    if ignoring:
        line = ["sh", "-c", "trap '' INT; exec \"$@\"", "sh", *line]
    said = []
    with interruptible():
        process = subprocess.Popen(line, stderr=subprocess.PIPE, text=True, env=environment(""))
    with process:
        assert process.stderr is not None
        for one in process.stderr:
            if not one.startswith("import time:"):
                said.append(one)
            elif one.rsplit("|", 1)[1].strip() == module:
                process.send_signal(signal.SIGINT)
    return process.returncode, said


@pytest.mark.parametrize("module", ["typer", "grpc._cython", "radmesh.tasks.v1.task_pb2"])
def test_ctrl_c_before_the_commands_are_there_ends_quietly_with_130(module: str) -> None:
    assert _interrupted_at(module) == (130, [])


def test_a_command_that_ignores_interrupts_still_does_while_it_starts() -> None:
    code, said = _interrupted_at("typer", ignoring=True)
    assert code == 3
    assert "No Radmesh answers" in said[0]
