"""A blob store in a folder. Whatever is visible under a key was written whole."""

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import TypeVar

from services.chassis import blob_files
from services.chassis.blob_claims import BlobClaims
from services.chassis.blobs import CHUNK_BYTES, check_key

T = TypeVar("T")
_THREADS = 8


class BlobFolder:
    """Blobs as files below one folder, which several processes may share. See BlobStore.

    No file stays open between two calls: a handle kept for an upload could outlive its move to `images/`
    through another process, and write into a finished image.
    """

    def __init__(self, root: Path) -> None:
        self._files = blob_files.BlobFiles(root)
        # Threads of its own: a slow disk must not take those that the event loop shares out to others.
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="blobs")
        self._claims = BlobClaims(root, self._threads)

    async def size(self, key: str) -> int | None:
        """See BlobStore."""
        return await self._in_thread(self._files.size, check_key(key))

    async def append(self, key: str, offset: int, *chunks: bytes | memoryview) -> None:
        """See BlobStore."""
        await self._in_thread(self._files.append, check_key(key), offset, chunks)

    async def promote(self, staged: str, key: str) -> None:
        """See BlobStore."""
        await self._in_thread(self._files.promote, check_key(staged), check_key(key))

    async def put(self, key: str, content: bytes) -> None:
        """See BlobStore."""
        await self._in_thread(self._files.put, check_key(key), content)

    async def read(self, key: str, offset: int = 0, length: int | None = None) -> bytes:
        """See BlobStore."""
        return await self._in_thread(self._files.read, check_key(key), offset, length)

    async def chunks(self, key: str, offset: int = 0, chunk_bytes: int = CHUNK_BYTES) -> AsyncIterator[bytes]:
        """See BlobStore."""
        handle = await self._in_thread(self._files.open, check_key(key))
        ahead = self._threads.submit(os.pread, handle, chunk_bytes, offset)
        try:
            while chunk := await asyncio.wrap_future(ahead):
                offset += len(chunk)
                # The disk reads the next chunk while the caller sends this one.
                ahead = self._threads.submit(os.pread, handle, chunk_bytes, offset)
                yield chunk
        finally:
            # Not before the read has ended: by then the number might be another file's.
            ahead.add_done_callback(lambda _: os.close(handle))

    @asynccontextmanager
    async def lend(self, keys: Sequence[str]) -> AsyncGenerator[Sequence[Path], None]:
        """See BlobStore. A file that is deleted meanwhile stays readable for whoever has it open."""
        yield await self._in_thread(self._files.paths, [check_key(key) for key in keys])

    def claim(self, key: str) -> AbstractAsyncContextManager[None]:
        """See BlobStore."""
        return self._claims.shared(check_key(key))

    async def delete(self, key: str) -> None:
        """See BlobStore."""
        await self._in_thread(self._files.delete, check_key(key))

    async def keys(self, prefix: str) -> list[str]:
        """See BlobStore."""
        return await self._in_thread(self._files.keys, prefix)

    def free_bytes(self) -> int:
        """See BlobStore."""
        return self._files.free_bytes()

    async def _in_thread(self, work: Callable[..., T], *arguments: object) -> T:
        running = asyncio.get_running_loop().run_in_executor(self._threads, work, *arguments)
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            # A thread cannot be stopped. Whoever comes next must not meet a write that still goes on.
            await asyncio.wait({running})
            raise
