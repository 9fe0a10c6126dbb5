"""Takes the chunks of one upload in order: counts, hashes and stages them, with few of them in memory."""

import asyncio
import hashlib

from services.chassis.blobs import BlobStore
from services.gateway.uploads import rules

# A hop to a thread costs about as much as hashing 64 KiB: chunks smaller than this wait for company.
_BATCH_BYTES = 1 << 20
# Small ones not for long: each takes some 200 bytes of memory beyond its own.
_BATCH_CHUNKS = 64
# So many batches may wait while one is written: the stream and the disk need not keep step.
_MOST_WAITING = 3


class Intake:
    """One stream's way into a staged blob.

    While one batch is hashed and written, the next ones are received and wait to go together.
    """

    def __init__(self, blobs: BlobStore, key: str, size_bytes: int) -> None:
        self._blobs = blobs
        self._key = key
        self._size_bytes = size_bytes
        self._digest = hashlib.sha256()
        self._kept = 0
        self._waiting: list[bytes | memoryview] = []
        self._waiting_bytes = 0
        self._writing: asyncio.Task[None] | None = None
        self._room = asyncio.Event()
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
        if self._waits(1):
            await self._begin_writing()
            await self._wait_for_room()

    async def settle(self) -> None:
        """Writes all that was taken. Raises what the store raises, DISK_FULL above all."""
        await self._end_writing()
        if self._waiting:
            self._writing = asyncio.create_task(self._write_one())
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

    def _waits(self, batches: int) -> bool:
        """Whether as much waits as makes so many batches."""
        return self._waiting_bytes >= batches * _BATCH_BYTES or len(self._waiting) >= batches * _BATCH_CHUNKS

    async def _begin_writing(self) -> None:
        if self._writing is not None and self._writing.done():
            await self._end_writing()
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_what_is_due())

    async def _wait_for_room(self) -> None:
        while self._waits(_MOST_WAITING) and self._writing and not self._writing.done():
            self._room.clear()
            await self._room.wait()

    async def _end_writing(self) -> None:
        """Waits for the batches that are due. Raises what the store raised."""
        if self._writing is not None:
            # Shielded: a call that is broken off must not leave a thread that still writes behind.
            await asyncio.shield(self._writing)
            self._writing = None

    async def _write_what_is_due(self) -> None:
        try:
            while self._waits(1):
                await self._write_one()
        finally:
            self._room.set()

    async def _write_one(self) -> None:
        batch, batch_bytes = self._waiting, self._waiting_bytes
        self._waiting, self._waiting_bytes = [], 0
        self._room.set()
        await self._blobs.append(self._key, self._kept, *batch, digest=self._digest)
        self._kept += batch_bytes
