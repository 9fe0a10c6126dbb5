"""Runs a program on a terminal, as a person does."""

import os
import pty
import re
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path

from tests.support.processes import interruptible

_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """A program and the terminal that it writes to."""

    def __init__(self, command: Sequence[str], folder: Path) -> None:
        self._written = bytearray()
        self._screen, far = pty.openpty()
        environment = {**os.environ, "TERM": "xterm", "COLUMNS": "120", "LINES": "50"}
        with interruptible():
            self.process = subprocess.Popen(command, cwd=folder, env=environment, stdout=far, stderr=far)
        os.close(far)
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def shown(self) -> str:
        """What stands on the terminal now: of a line that was written over, the last version."""
        text = _CONTROL.sub("", self._written.decode(errors="replace")).replace("\r\n", "\n")
        return "\n".join(line.rpartition("\r")[2] for line in text.split("\n"))

    def wait(self, seconds: float) -> int:
        """The exit code, once the program has ended; then everything is shown."""
        try:
            return self.process.wait(seconds)
        finally:
            self.process.kill()
            self._reader.join()
            os.close(self._screen)

    def _read(self) -> None:
        try:
            while piece := os.read(self._screen, 1 << 16):
                self._written += piece
        except OSError:
            pass  # the last writer is gone
