"""Keeps what a child prints: in a file that rotates by size, and the last lines in memory."""

import collections
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import IO

_FILE_BYTES = 10_000_000
_LAST_LINES = 40


class PrintedLines:
    """Reads a child's output until its end, on a thread of its own."""

    def __init__(self, path: Path, output: IO[bytes], before: Iterable[str] = ()) -> None:
        """before: lines that count as printed already, such as those of the child that died."""
        self._path = path
        self._output = output
        self._last: collections.deque[str] = collections.deque(before, maxlen=_LAST_LINES)
        self._thread = threading.Thread(target=self._read, name=f"printed-{path.stem}", daemon=True)
        self._thread.start()

    def last(self) -> list[str]:
        """The newest lines, oldest first."""
        return list(self._last)

    def join(self, timeout: float) -> None:
        """Waits until the output ended; a grandchild may hold it open longer than the child lives."""
        self._thread.join(timeout)

    def _read(self) -> None:
        log = self._path.open("ab")
        try:
            for line in self._output:
                log.write(line)
                log.flush()
                self._last.append(line.decode(errors="replace").rstrip())
                if log.tell() > _FILE_BYTES:
                    log.close()
                    self._path.replace(self._path.with_suffix(".log.1"))
                    log = self._path.open("ab")
        finally:
            log.close()
            self._output.close()
