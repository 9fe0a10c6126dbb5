"""The command `radmesh`. It minds Ctrl-C before it imports the commands, which takes half a second."""

import os
import signal
from types import FrameType
from typing import NoReturn

from radmesh.cli.streams import print_everything

_INTERRUPTED = 130


def main() -> None:
    """Runs the command line and exits with its code."""
    # Left alone where it is ignored, as under `nohup`.
    listening = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if listening:
        signal.signal(signal.SIGINT, _leave)
    print_everything()
    from radmesh.cli.commands import app

    if listening:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    app()


def _leave(number: int, frame: FrameType | None) -> NoReturn:
    """Ends the process where it stands. Nothing has begun; an exception might be swallowed by an import."""
    os._exit(_INTERRUPTED)
