"""Bytes that are read twice and must be the same both times: of memory, and of a file."""

import os
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from radmesh.errors import FailedPreconditionError


class Content(Protocol):
    """Bytes of a known length. Calls block: they belong into a thread, one at a time."""

    @property
    def size(self) -> int:
        """How many there are."""

    def read(self, offset: int, length: int) -> bytes:
        """So many bytes from `offset` on, fewer only at the end.

        Raises OSError, and FailedPreconditionError FILE_CHANGED for a file that is not what it was.
        """

    def close(self) -> None:
        """Frees what reading took. Reading goes on all the same."""


@dataclass(frozen=True)
class BytesContent:
    """See Content."""

    content: bytes

    @property
    def size(self) -> int:
        """See Content."""
        return len(self.content)

    def read(self, offset: int, length: int) -> bytes:
        """See Content."""
        return self.content[offset : offset + length]

    def close(self) -> None:
        """See Content."""


@dataclass(frozen=True)
class FileMark:
    """By what a file is told to be the one that was looked at before, and unchanged."""

    device: int
    inode: int
    size: int
    modified_ns: int

    @classmethod
    def of(cls, found: os.stat_result) -> "FileMark":
        """The mark of a file as it is now."""
        return cls(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


class OpenFile:
    """One file at a time, held open between reads that follow each other. mark: how the file must be."""

    def __init__(self) -> None:
        self._path: Path | None = None
        self._handle = -1
        # A call that was broken off leaves a thread that still reads.
        self._one_at_a_time = threading.Lock()

    def read(self, path: Path, mark: FileMark, offset: int, length: int) -> bytes:
        """So many bytes of a file. Raises OSError, FailedPreconditionError FILE_CHANGED."""
        with self._one_at_a_time:
            return self._read(path, mark, offset, length)

    def _read(self, path: Path, mark: FileMark, offset: int, length: int) -> bytes:
        if path != self._path:
            self._close()
            self._handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
            self._path = path
        parts = []
        while length and (part := os.pread(self._handle, length, offset)):
            parts.append(part)
            length, offset = length - len(part), offset + len(part)
        # Afterwards: what was read before a change is noticed with it, if only in the next call.
        if length or FileMark.of(os.fstat(self._handle)) != mark:
            raise FailedPreconditionError(
                f"{path} changed while it was read. Wait until it is complete, then send it again.",
                reason="FILE_CHANGED",
            )
        return b"".join(parts)

    def close(self) -> None:
        """Closes the file that is open, if there is one."""
        with self._one_at_a_time:
            self._close()

    def _close(self) -> None:
        if self._path is not None:
            os.close(self._handle)
            self._path = None


class FileContent:
    """The bytes of a file. Raises OSError when it cannot be looked at."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._mark = FileMark.of(path.stat())
        self._file = OpenFile()

    @property
    def size(self) -> int:
        """See Content."""
        return self._mark.size

    def read(self, offset: int, length: int) -> bytes:
        """See Content."""
        return self._file.read(self._path, self._mark, offset, min(length, max(0, self.size - offset)))

    def close(self) -> None:
        """See Content."""
        self._file.close()
