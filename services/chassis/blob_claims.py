"""Claims on blobs: who puts one in its place keeps the sweeper off it, in whatever process either runs.

An image's file is named by its content, so the same name comes again: an upload may find the file of an
earlier one and rely on it, while the sweeper is about to delete just that file. Looking first helps neither,
as what was seen may be over by the time of the move or the deletion. So both work under a claim on the key:

- an upload holds it, shared with other uploads, over both its steps: the record, then the move to the name;
- the sweeper holds it alone over both of its own: asking whether there is still no record, then the deletion.

Whichever comes second sees all that the first one did. An upload before the sweeper has left its record, and
the file stays; one after it finds no file to rely on, and brings its own.

The claims are advisory locks (flock) on files of the store's own folder. The kernel drops them with the
process that holds them, so that none outlives a crash, and none runs out under a process that was stopped for
an hour and then goes on with its deletion; a lock with a time-out could not promise that. Local file systems
have them, and NFS from version 4 on. The lock files are few and stay: deleting one would leave two holders of
one claim.
"""

import asyncio
import fcntl
import hashlib
import os
from collections.abc import AsyncGenerator
from concurrent.futures import Executor, Future
from contextlib import asynccontextmanager
from pathlib import Path

from radmesh.errors import UnavailableError
from services.chassis.blob_files import space_errors

_FOLDER = ".claims"
_MODE, _FOLDER_MODE = 0o660, 0o770
_TRY_AGAIN_SECONDS = 0.02
_PATIENCE_SECONDS = 10.0


class BlobClaims:
    """The claims of one folder of blobs. Keys share 256 lock files."""

    def __init__(self, root: Path, threads: Executor) -> None:
        self._folder = root / _FOLDER
        self._threads = threads

    @asynccontextmanager
    async def alone(self, key: str) -> AsyncGenerator[bool, None]:
        """Claims a key for nobody else, if nobody has it now; yields whether that was so."""
        async with self._taken(key, fcntl.LOCK_EX) as taken:
            yield taken

    @asynccontextmanager
    async def shared(self, key: str) -> AsyncGenerator[None, None]:
        """Claims a key together with others, once nobody has it alone. Raises UnavailableError."""
        give_up = asyncio.get_running_loop().time() + _PATIENCE_SECONDS
        while True:
            async with self._taken(key, fcntl.LOCK_SH) as taken:
                if taken:
                    yield
                    return
            if asyncio.get_running_loop().time() >= give_up:
                raise UnavailableError("An older copy of this file is just being deleted. Repeat the call.")
            await asyncio.sleep(_TRY_AGAIN_SECONDS)

    @asynccontextmanager
    async def _taken(self, key: str, kind: int) -> AsyncGenerator[bool, None]:
        taking = self._threads.submit(self._take, key, kind)
        try:
            yield await asyncio.wrap_future(taking) is not None
        finally:
            # Also when the caller was cancelled before the thread had an answer.
            taking.add_done_callback(_release)

    def _take(self, key: str, kind: int) -> int | None:
        with space_errors():
            handle = self._open(hashlib.sha256(key.encode()).hexdigest()[:2])
        try:
            fcntl.flock(handle, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return None
        except BaseException:
            os.close(handle)
            raise
        return handle

    def _open(self, name: str) -> int:
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW
        try:
            return os.open(self._folder / name, flags, _MODE)
        except FileNotFoundError:
            self._folder.mkdir(_FOLDER_MODE, exist_ok=True)
            return os.open(self._folder / name, flags, _MODE)


def _release(taken: "Future[int | None]") -> None:
    if not taken.cancelled() and taken.exception() is None:
        handle = taken.result()
        if handle is not None:
            os.close(handle)
