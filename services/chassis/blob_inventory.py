"""What lies in a folder of blobs, for a sweep: a stream of pages, deletion one by one, no link followed."""

import asyncio
import errno
import os
import time
from collections.abc import AsyncGenerator, Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TypeVar

from services.chassis.blob_claims import BlobClaims
from services.chassis.blobs import folder_of, is_key

T = TypeVar("T")
PAGE = 500
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
_GONE = (errno.ENOENT, errno.ENOTDIR)


@dataclass(frozen=True)
class KeptBlob:
    """A file of the store, or a folder that is empty. age_seconds: since it was written last."""

    key: str
    size_bytes: int
    age_seconds: float
    is_folder: bool = False


@dataclass(frozen=True)
class Unreadable:
    """A place of the store that could not be looked at."""

    key: str
    error: OSError


Page = Sequence[KeptBlob | Unreadable]


class BlobInventory:
    """The files below one folder of blobs, by the keys that BlobStore gives them.

    Opening it creates nothing. Links, hidden files and names that are no keys are neither shown nor touched.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        # One: a sweep takes its time, and leaves the disk to others.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sweep")
        self._claims = BlobClaims(root, self._thread)

    async def pages(self, top: str) -> AsyncGenerator[Page, None]:
        """All files and empty folders below a folder of the first level, a page at a time, in no order.

        What comes and goes meanwhile may be missing or be there twice.
        """
        found = _top(self._root, top)
        try:
            while page := await self._in_thread(lambda: list(islice(found, PAGE))):
                yield page
        finally:
            self._thread.submit(found.close)

    async def remove(self, blob: KeptBlob) -> bool:
        """Deletes a file or an empty folder, and folders that this leaves empty; whether there was one.

        Who has the file open reads it to its end. Raises OSError.
        """
        return await self._in_thread(lambda: _remove(self._root, blob))

    def claim(self, key: str) -> AbstractAsyncContextManager[bool]:
        """Claims a key alone for a deletion, see services.chassis.blob_claims; yields whether it was free."""
        return self._claims.alone(key)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        running = asyncio.wrap_future(self._thread.submit(work))
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            # A thread cannot be stopped, and its deletion must end before the claim on it does.
            await asyncio.wait({running})
            raise


def open_blob_inventory(url: str) -> BlobInventory:
    """The inventory of the blob store that a URL names. Raises what `open_blob_store` raises."""
    return BlobInventory(folder_of(url))


def _top(root: Path, top: str) -> Generator[KeptBlob | Unreadable, None, None]:
    try:
        with _opened(root, (top,)) as folder:
            yield from _walk(folder, top)
    except OSError as error:
        if error.errno not in _GONE:
            yield Unreadable(top, error)


def _walk(folder: int, inside: str) -> Iterator[KeptBlob | Unreadable]:
    with os.scandir(folder) as entries:
        for entry in entries:
            key = f"{inside}/{entry.name}"
            if not is_key(key):
                continue
            try:
                if entry.is_dir(follow_symlinks=False):
                    yield from _walk_child(folder, entry, key)
                elif entry.is_file(follow_symlinks=False):
                    stat = entry.stat(follow_symlinks=False)
                    yield KeptBlob(key, stat.st_size, time.time() - stat.st_mtime)
            except OSError as error:
                if error.errno not in _GONE:
                    yield Unreadable(key, error)


def _walk_child(folder: int, entry: "os.DirEntry[str]", key: str) -> Iterator[KeptBlob | Unreadable]:
    child = os.open(entry.name, _FOLDER, dir_fd=folder)
    try:
        with os.scandir(child) as entries:
            empty = next(entries, None) is None
        if empty:
            yield KeptBlob(key, 0, time.time() - os.fstat(child).st_mtime, is_folder=True)
        else:
            yield from _walk(child, key)
    finally:
        os.close(child)


def _remove(root: Path, blob: KeptBlob) -> bool:
    *above, name = blob.key.split("/")
    try:
        with _opened(root, above) as folder:
            if blob.is_folder:
                os.rmdir(name, dir_fd=folder)
            else:
                os.unlink(name, dir_fd=folder)
    except OSError as error:
        if error.errno in {*_GONE, errno.ENOTEMPTY}:
            return False
        raise
    # Those of the first level stay.
    for depth in range(len(above), 1, -1):
        try:
            with _opened(root, above[: depth - 1]) as folder:
                os.rmdir(above[depth - 1], dir_fd=folder)
        except OSError:
            break
    return True


@contextmanager
def _opened(root: Path, names: Sequence[str]) -> Iterator[int]:
    """A folder below the root, opened step by step so that no step goes through a link."""
    handle = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for name in names:
            below = os.open(name, _FOLDER, dir_fd=handle)
            os.close(handle)
            handle = below
        yield handle
    finally:
        os.close(handle)
