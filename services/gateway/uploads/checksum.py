"""SHA-256 over what an upload brings, beside the writing of it."""

import asyncio
import hashlib
from collections import deque
from collections.abc import Sequence

# A hop to a thread costs about as much as hashing so many bytes.
_HOP_BYTES = 64 << 10


class Checksum:
    """Takes chunks in order. Large ones are hashed on a thread, which goes on as long as there is more.

    Raises nothing: SHA-256 takes any bytes.
    """

    def __init__(self) -> None:
        self._digest = hashlib.sha256()
        self._waiting: deque[bytes | memoryview] = deque()
        self._hashing: asyncio.Task[None] | None = None
        # Each is written on one thread only.
        self._added_bytes, self._hashed_bytes = 0, 0

    @property
    def waiting_bytes(self) -> int:
        """What was added and is not hashed yet, or only in part."""
        return self._added_bytes - self._hashed_bytes

    def add(self, chunks: Sequence[bytes | memoryview]) -> None:
        """Takes the next chunks. Does not wait."""
        self._waiting.extend(chunks)
        self._added_bytes += sum(len(chunk) for chunk in chunks)
        self._go_on()

    async def give_up(self) -> None:
        """Forgets what waits, and returns when nothing of it is read any more."""
        self._waiting.clear()
        if self._hashing is not None:
            await asyncio.wait([self._hashing])

    async def settle(self) -> None:
        """Returns when all that was added is hashed."""
        while self._hashing is not None:
            # Shielded: a call that is broken off must not leave a thread that still hashes behind.
            await asyncio.shield(self._hashing)
            self._go_on()

    def hexdigest(self) -> str:
        """SHA-256 of all that was added, in hexadecimal; after `settle`."""
        return self._digest.hexdigest()

    def _go_on(self) -> None:
        if self._hashing is not None and not self._hashing.done():
            return
        self._hashing = None
        if self.waiting_bytes > _HOP_BYTES:
            self._hashing = asyncio.create_task(asyncio.to_thread(self._hash))
        elif self._waiting:
            self._hash()

    def _hash(self) -> None:
        # Not by asking whether there is more: `give_up` may take it away in between.
        while (chunk := self._next()) is not None:
            self._digest.update(chunk)
            self._hashed_bytes += len(chunk)

    def _next(self) -> bytes | memoryview | None:
        try:
            return self._waiting.popleft()
        except IndexError:
            return None
