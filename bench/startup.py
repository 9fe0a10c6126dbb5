"""How long the mesh takes to be ready, and what a warm inference takes."""

import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.figures import Figure, percentile

_STARTS = 5
_RADMESH = Path(sys.executable).with_name("radmesh")


def _seconds_to_ready() -> float:
    """Runs `radmesh up` on free ports until it says that it is ready, then ends it as Ctrl-C does."""
    with tempfile.TemporaryDirectory() as folder:
        command = [str(_RADMESH), "up", "--port", "0", "--folder", folder]
        start = time.perf_counter()
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as up:
            try:
                assert up.stdout is not None
                for line in up.stdout:
                    if re.search(r"\bready\b", line, re.IGNORECASE):
                        return time.perf_counter() - start
            finally:
                up.send_signal(signal.SIGINT)
    raise RuntimeError("`radmesh up` ended before it was ready")


def measure_startup() -> Figure:
    """The median of five starts, model loaded and a task could run."""
    seconds = [_seconds_to_ready() for _ in range(_STARTS)]
    listed = ", ".join(f"{one:.1f}" for one in seconds)
    return Figure("`radmesh up` ready", percentile(seconds, 0.5), "s", 10, 3, detail=f"starts: {listed} s")
