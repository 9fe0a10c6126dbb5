"""The file work of a folder of blobs: plain blocking calls, each whole or without a trace."""

import errno
import os
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from radmesh.errors import ExhaustedError, OffsetMismatchError
from services.chassis.blobs import BlobNotFoundError

_TEMPORARY = ".tmp"
_ABANDONED_SECONDS = 3600
# What the process's umask leaves of it; never readable for the world.
_FILE_MODE, _FOLDER_MODE = 0o660, 0o770
_WRITEBACK_BYTES = 8 << 20
# Linux takes so many in one call (IOV_MAX, limits.h).
_MOST_BUFFERS = 1024
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class BlobFiles:
    """Blobs as files below `root`. Keys must have been checked."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._temporary = root / _TEMPORARY
        _make_folder(self._temporary)
        self._sweep()

    def _sweep(self) -> None:
        # What a process that was killed left behind. Not what another one writes just now.
        for path in self._temporary.iterdir():
            if time.time() - path.stat().st_mtime > _ABANDONED_SECONDS:
                path.unlink(missing_ok=True)

    def size(self, key: str) -> int | None:
        """See BlobStore."""
        try:
            return (self._root / key).stat().st_size
        except (FileNotFoundError, NotADirectoryError):
            return None

    def append(self, key: str, offset: int, chunks: Sequence[bytes | memoryview]) -> None:
        """See BlobStore."""
        path = self._root / key
        with space_errors(), _opened(path, os.O_WRONLY, offset == 0) as handle:
            size = -1 if handle is None else os.fstat(handle).st_size
            if handle is None or size != offset:
                kept = max(size, 0)
                raise OffsetMismatchError(
                    f"{kept} bytes are kept; go on from there.", metadata={"offset": str(kept)}
                )
            try:
                end = _write(handle, chunks, offset)
            except BaseException:
                os.ftruncate(handle, offset)
                raise
            _start_writeback(handle, offset, end)

    def promote(self, staged: str, key: str) -> None:
        """See BlobStore."""
        source, target = self._root / staged, self._root / key
        try:
            handle = os.open(source, os.O_RDWR | os.O_NOFOLLOW)
        except FileNotFoundError:
            if target.exists():
                return
            raise BlobNotFoundError("The staged blob is gone.") from None
        with space_errors():
            try:
                os.fsync(handle)
            finally:
                os.close(handle)
            if target.exists():
                source.unlink(missing_ok=True)
            else:
                self._place(source, target)
        _sync_folder(source.parent)

    def put(self, key: str, content: bytes) -> None:
        """See BlobStore."""
        draft = self._temporary / uuid.uuid4().hex
        try:
            with space_errors():
                with _opened(draft, os.O_WRONLY | os.O_EXCL, True) as handle:
                    assert handle is not None
                    _write(handle, (content,), 0)
                    os.fsync(handle)
                self._place(draft, self._root / key)
        finally:
            draft.unlink(missing_ok=True)

    def paths(self, keys: Sequence[str]) -> list[Path]:
        """Where blobs lie. Raises BlobNotFoundError for the first that is not there."""
        found = [self._root / key for key in keys]
        for key, path in zip(keys, found, strict=True):
            if not path.is_file():
                raise BlobNotFoundError("There is no such blob.", metadata={"key": key})
        return found

    def open(self, key: str) -> int:
        """A file descriptor to read a blob with; the caller closes it."""
        try:
            return os.open(self._root / key, os.O_RDONLY | os.O_NOFOLLOW)
        except (FileNotFoundError, NotADirectoryError):
            raise BlobNotFoundError("There is no such blob.", metadata={"key": key}) from None

    def read(self, key: str, offset: int, length: int | None) -> bytes:
        """See BlobStore."""
        with os.fdopen(self.open(key), "rb") as file:
            file.seek(offset)
            return file.read(-1 if length is None else length)

    def delete(self, key: str) -> None:
        """See BlobStore."""
        path = self._root / key
        try:
            path.unlink()
        except (FileNotFoundError, NotADirectoryError):
            return
        # Folders of a task go with its last file; those of the first level stay.
        for folder in list(path.relative_to(self._root).parents)[:-2]:
            try:
                (self._root / folder).rmdir()
            except OSError:
                return

    def keys(self, prefix: str) -> list[str]:
        """See BlobStore."""
        start = prefix.rpartition("/")[0]
        if start.startswith("/") or any(part.startswith(".") for part in prefix.split("/") if part):
            return []
        found = []
        for folder, _, names in os.walk(self._root / start):
            inside = Path(folder).relative_to(self._root)
            if not inside.parts or not inside.parts[0].startswith("."):
                found += [(inside / name).as_posix() for name in names]
        return sorted(key for key in found if key.startswith(prefix))

    def free_bytes(self) -> int:
        """See BlobStore."""
        disk = os.statvfs(self._root)
        return disk.f_bavail * disk.f_frsize

    def _place(self, source: Path, target: Path) -> None:
        while True:
            made = _make_folder(target.parent)
            try:
                source.rename(target)
                break
            except FileNotFoundError:
                # Another process deleted the last file of the folder, and the folder with it.
                if not source.exists():
                    raise
        # All at the end: the first commits what the file system's journal has for the others too.
        for folder in (target.parent, *made):
            _sync_folder(folder)


@contextmanager
def _opened(path: Path, flags: int, create: bool) -> Iterator[int | None]:
    """A file descriptor, or None when the file is not there and shall not be created."""
    try:
        handle = os.open(path, flags | os.O_NOFOLLOW | (os.O_CREAT if create else 0), _FILE_MODE)
    except FileNotFoundError:
        if not create:
            yield None
            return
        _make_folder(path.parent)
        handle = os.open(path, flags | os.O_NOFOLLOW | os.O_CREAT, _FILE_MODE)
    try:
        yield handle
    finally:
        os.close(handle)


def _write(handle: int, chunks: Sequence[bytes | memoryview], offset: int) -> int:
    """Writes all chunks one behind the other from `offset` on; returns where the last one ends."""
    rest = [memoryview(chunk) for chunk in chunks]
    while rest:
        written = os.pwritev(handle, rest[:_MOST_BUFFERS], offset)
        offset += written
        rest = _beyond(written, rest)
    return offset


def _beyond(written: int, chunks: list[memoryview]) -> list[memoryview]:
    """What is left of chunks of which so many bytes are written."""
    for index, chunk in enumerate(chunks):
        if written < len(chunk):
            return [chunk[written:], *chunks[index + 1 :]]
        written -= len(chunk)
    return []


def _make_folder(folder: Path) -> list[Path]:
    """Makes a folder and those above it; returns the folders that have a new entry, not yet on disk."""
    if folder.is_dir():
        return []
    made = _make_folder(folder.parent)
    folder.mkdir(mode=_FOLDER_MODE, exist_ok=True)
    return [folder.parent, *made]


def _start_writeback(handle: int, start: int, end: int) -> None:
    """Lets the kernel write a large file while it still grows, so that the fsync at its end has little left.

    DONTNEED starts the writing of dirty pages and drops clean ones: a large image passes through the page
    cache instead of filling it.
    """
    done = end - end % _WRITEBACK_BYTES
    if done > start - start % _WRITEBACK_BYTES:
        os.posix_fadvise(
            handle, max(0, done - 2 * _WRITEBACK_BYTES), 2 * _WRITEBACK_BYTES, os.POSIX_FADV_DONTNEED
        )


def _sync_folder(folder: Path) -> None:
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def space_errors() -> Iterator[None]:
    """Turns the system's words for "no space left" into ExhaustedError (DISK_FULL)."""
    try:
        yield
    except OSError as error:
        if error.errno not in _NO_SPACE:
            raise
        raise ExhaustedError(
            "The disk of the blob store is full.", reason="DISK_FULL", retry_after=60.0
        ) from error
