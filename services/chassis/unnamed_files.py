"""Bytes as a file for a child process, of which nothing is left when either process is killed."""

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def unnamed_file(content: bytes) -> Generator[Path, None, None]:
    """A file in memory (memfd_create(2)) that processes of this user can open while the context is open."""
    handle = os.memfd_create("radmesh")
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        yield Path(f"/proc/{os.getpid()}/fd/{handle}")
