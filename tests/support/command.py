"""Runs the command `radmesh` as a shell would."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.support.processes import interruptible

COMMAND = str(Path(sys.executable).parent / "radmesh")
PATIENCE = 90.0


def radmesh(*arguments: str, server: str = "") -> subprocess.CompletedProcess[str]:
    """The command run to its end, with what it printed."""
    return subprocess.run(
        [COMMAND, *arguments],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        env=environment(server),
        check=False,
    )


def start(*arguments: str, server: str = "") -> subprocess.Popen[str]:
    """The command running, and stopped by Ctrl-C; its output comes through pipes."""
    with interruptible():
        return subprocess.Popen(
            [COMMAND, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(server),
            start_new_session=True,
        )


def environment(server: str) -> dict[str, str]:
    """The environment of a test's own, with the server named as a user would."""
    return {**os.environ, "RADMESH_SERVER": server}


def objects(printed: str) -> list[dict[str, Any]]:
    """What `--json` printed: an object for each line."""
    return [json.loads(line) for line in printed.splitlines()]
