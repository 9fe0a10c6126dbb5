"""How a command ends that did not end by itself."""

import os
import subprocess
import sys

# What `analyze` does for each of its inputs, with nobody left to read what it prints.
SCRIPT = """
import asyncio, sys
import typer
from radmesh.cli import rows
from radmesh.cli.running import ExitCode, run

async def work() -> ExitCode:
    async with asyncio.TaskGroup() as group:
        group.create_task(tell())
        group.create_task(tell())
    return ExitCode.DONE

async def tell() -> None:
    rows.emit({"a": 1})

def command() -> None:
    run(work(), as_json=True)

sys.stdin.read()
typer.run(command)
"""


def test_a_reader_that_goes_away_ends_a_command_without_a_word() -> None:
    reading, writing = os.pipe()
    done = subprocess.Popen(
        [sys.executable, "-c", SCRIPT],
        stdin=subprocess.PIPE,
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(writing)
    os.close(reading)
    _, complaint = done.communicate("", timeout=60)
    assert (done.returncode, complaint) == (1, "")
