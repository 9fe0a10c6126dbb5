"""The command `radmesh`. It minds Ctrl-C before it imports the commands, which takes half a second."""

import io
import os
import signal
import sys
from types import FrameType
from typing import NoReturn

_INTERRUPTED = 130


def main() -> None:
    """Runs the command line and exits with its code."""
    # Left alone where it is ignored, as under `nohup`.
    listening = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if listening:
        signal.signal(signal.SIGINT, _leave)
    for stream in (sys.stdout, sys.stderr):
        # The name of a file may be no UTF-8: old systems write others. It is shown, and ends nothing.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    from radmesh.cli.commands import app

    if listening:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    app()


def _leave(number: int, frame: FrameType | None) -> NoReturn:
    """Ends the process where it stands. Nothing has begun; an exception might be swallowed by an import."""
    os._exit(_INTERRUPTED)
