"""Takes the chunks of one upload in order: counts, hashes and stages them, with few of them in memory."""

import asyncio
import hashlib

from services.chassis.blobs import BlobStore
from services.gateway.uploads import rules

# A hop to a thread costs about as much as hashing so many bytes.
_HOP_BYTES = 64 << 10
# So chunks go together. What a gateway that is killed has not written yet has to be sent again: the first
# batches of an upload are smaller.
_FIRST_BATCH_BYTES, _LARGEST_BATCH_BYTES = 1 << 20, 4 << 20
# Small ones not for long: each takes some 200 bytes of memory beyond its own.
_BATCH_CHUNKS = 64


class Intake:
    """One stream's way into a staged blob.

    While one batch is hashed and written, both at once, the next one is received.
    """

    def __init__(self, blobs: BlobStore, key: str, size_bytes: int) -> None:
        self._blobs = blobs
        self._key = key
        self._size_bytes = size_bytes
        self._digest = hashlib.sha256()
        self._kept = 0
        self._batch_bytes = _FIRST_BATCH_BYTES
        self._waiting: list[bytes | memoryview] = []
        self._waiting_bytes = 0
        self._writing: asyncio.Task[None] | None = None
        self._received = 0

    @property
    def offset(self) -> int:
        """Bytes that were taken, those included that are still being written."""
        return self._received

    async def resume(self, offset: int) -> None:
        """Goes on behind what is staged already: hashes it again, for the checksum is over the whole."""
        if offset:
            async for piece in self._blobs.chunks(self._key):
                await asyncio.to_thread(self._digest.update, piece)
                self._kept += len(piece)
        self._received = self._kept

    async def take(self, chunk: bytes | memoryview) -> None:
        """Takes the next chunk. Raises ImageTooLargeError past the declared end, InvalidRequestError."""
        if len(chunk) > rules.MAX_CHUNK_BYTES:
            raise rules.chunk_too_long()
        if self._received + len(chunk) > self._size_bytes:
            raise rules.more_than_declared(self._size_bytes)
        self._received += len(chunk)
        self._waiting.append(chunk)
        self._waiting_bytes += len(chunk)
        if self._waiting_bytes >= self._batch_bytes or len(self._waiting) >= _BATCH_CHUNKS:
            await self._write_batch()

    async def settle(self) -> None:
        """Writes all that was taken. Raises what the store raises, DISK_FULL above all."""
        await self._write_batch()
        await self._end_writing()

    async def give_up(self) -> None:
        """Waits for a writing that runs, whatever becomes of it: the bytes are going to be deleted."""
        self._waiting, self._waiting_bytes = [], 0
        if self._writing is not None:
            await asyncio.wait([self._writing])
            self._writing = None

    def sha256(self) -> str:
        """SHA-256 of all that was written, in hexadecimal; after `settle`."""
        return self._digest.hexdigest()

    async def _write_batch(self) -> None:
        """Begins to write what waits, once the batch before it is written. Raises what the store raised."""
        await self._end_writing()
        if self._waiting:
            batch, self._waiting, self._waiting_bytes = self._waiting, [], 0
            self._batch_bytes = min(2 * self._batch_bytes, _LARGEST_BATCH_BYTES)
            self._writing = asyncio.create_task(self._write(batch))

    async def _end_writing(self) -> None:
        if self._writing is not None:
            # Shielded: a call that is broken off must not leave a thread that still writes behind.
            await asyncio.shield(self._writing)
            self._writing = None

    async def _write(self, batch: list[bytes | memoryview]) -> None:
        batch_bytes = sum(len(chunk) for chunk in batch)
        if batch_bytes <= _HOP_BYTES:
            self._hash(batch)
            await self._blobs.append(self._key, self._kept, *batch)
        else:
            # One behind the other they would be what an upload waits for.
            hashing = asyncio.ensure_future(asyncio.to_thread(self._hash, batch))
            try:
                await self._blobs.append(self._key, self._kept, *batch)
            finally:
                await hashing
        self._kept += batch_bytes

    def _hash(self, batch: list[bytes | memoryview]) -> None:
        for chunk in batch:
            self._digest.update(chunk)
