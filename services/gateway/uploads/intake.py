"""Takes the chunks of one upload in order: counts, hashes and stages them, with few of them in memory."""

import asyncio

from services.chassis.blobs import BlobStore
from services.gateway.uploads import rules
from services.gateway.uploads.checksum import Checksum

# A hop to a thread has its price, so chunks go together. What a gateway that is killed has not written yet
# has to be sent again: the first batches of an upload are smaller.
_FIRST_BATCH_BYTES, _LARGEST_BATCH_BYTES = 1 << 20, 4 << 20
# Small ones not for long: each takes some 200 bytes of memory beyond its own.
_BATCH_CHUNKS = 64
# So many wait to be hashed before an upload has to.
_UNHASHED_BYTES = 2 * _LARGEST_BATCH_BYTES


class Intake:
    """One stream's way into a staged blob.

    While one batch is written, it is hashed too, and the next one is received. Neither waits for the other.
    """

    def __init__(self, blobs: BlobStore, key: str, size_bytes: int) -> None:
        self._blobs = blobs
        self._key = key
        self._size_bytes = size_bytes
        self._checksum = Checksum()
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
                self._checksum.add([piece])
                await self._checksum.settle()
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
        await self._checksum.settle()

    async def give_up(self) -> None:
        """Waits for what runs, whatever becomes of it: the bytes are going to be deleted."""
        self._waiting, self._waiting_bytes = [], 0
        await self._checksum.give_up()
        if self._writing is not None:
            await asyncio.wait([self._writing])
            self._writing = None

    def sha256(self) -> str:
        """SHA-256 of all that was written, in hexadecimal; after `settle`."""
        return self._checksum.hexdigest()

    async def _write_batch(self) -> None:
        """Begins to write what waits, once the batch before it is written. Raises what the store raised."""
        await self._end_writing()
        if self._waiting:
            batch, self._waiting, self._waiting_bytes = self._waiting, [], 0
            self._batch_bytes = min(2 * self._batch_bytes, _LARGEST_BATCH_BYTES)
            self._checksum.add(batch)
            self._writing = asyncio.create_task(self._write(batch))
            if self._checksum.waiting_bytes > _UNHASHED_BYTES:
                await self._checksum.settle()

    async def _end_writing(self) -> None:
        if self._writing is not None:
            # Shielded: a call that is broken off must not leave a thread that still writes behind.
            await asyncio.shield(self._writing)
            self._writing = None

    async def _write(self, batch: list[bytes | memoryview]) -> None:
        await self._blobs.append(self._key, self._kept, *batch)
        self._kept += sum(len(chunk) for chunk in batch)
