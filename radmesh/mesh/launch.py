"""Starts a command that the kernel kills when the supervisor dies, however the supervisor dies.

Run as a script, `python -I -S launch.py SUPERVISOR_PID COMMAND…`, between the supervisor and the command:
asking the kernel in a `preexec_fn` would run Python between fork and exec of a process with threads and gRPC.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def main(arguments: list[str]) -> None:
    """Ties this process to its parent, then becomes the command; the process id stays."""
    supervisor, command = int(arguments[0]), arguments[1:]
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != supervisor:  # it died before the kernel was asked
        sys.exit(1)
    os.execvp(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1:])
