"""What waits while the disk is slow: little, and it goes together when the disk is back."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.chassis.blob_folder import BlobFolder
from services.gateway.uploads.intake import Intake

MIB = 1 << 20
KEY = "uploads/intake"
PATIENCE = 10.0


class SlowFolder(BlobFolder):
    """A folder that begins to write when it is told to, and notes how many bytes each write brings."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.may_write = asyncio.Event()
        self.writes: list[int] = []

    async def append(self, key: str, offset: int, *chunks: bytes | memoryview) -> None:
        """See BlobStore."""
        self.writes.append(sum(len(chunk) for chunk in chunks))
        await self.may_write.wait()
        await super().append(key, offset, *chunks)


@pytest.fixture
async def folder(tmp_path: Path) -> AsyncIterator[SlowFolder]:
    folder = SlowFolder(tmp_path / "blobs")
    yield folder
    folder.may_write.set()


async def _take_until_it_waits(intake: Intake, chunk: bytes) -> tuple[int, asyncio.Task[None]]:
    """How many chunks go in before the next one has to wait, and that one's waiting."""
    for number in range(10_000):
        taking = asyncio.create_task(intake.take(chunk))
        # Several turns of the loop: a take that does not wait for the disk is over by then.
        for _ in range(5):
            await asyncio.sleep(0)
        if not taking.done():
            return number, taking
    raise AssertionError("it takes without end")


@pytest.mark.parametrize(("chunk_bytes", "most"), [(MIB, 1 + 2), (1, 2 * 64)])
async def test_a_slow_disk_holds_the_stream_up(folder: SlowFolder, chunk_bytes: int, most: int) -> None:
    """Chunks of any size: one batch that is written, and one that waits."""
    intake = Intake(folder, KEY, 10_000 * MIB)
    taken, waiting = await _take_until_it_waits(intake, bytes(chunk_bytes))
    assert taken + 1 == most
    folder.may_write.set()
    async with asyncio.timeout(PATIENCE):
        await waiting


async def test_what_waited_is_written_together(folder: SlowFolder) -> None:
    """Chunks go in ever larger writes up to 4 MiB; all bytes arrive in order and are hashed."""
    intake = Intake(folder, KEY, 100 * MIB)
    first, waiting = await _take_until_it_waits(intake, b"abcd" * (MIB // 4))
    folder.may_write.set()
    async with asyncio.timeout(PATIENCE):
        await waiting
        for _ in range(8):
            await intake.take(b"abcd" * (MIB // 4))
        await intake.take(b"end")
        await intake.settle()
    content = b"abcd" * (MIB // 4) * (first + 1 + 8) + b"end"
    assert folder.writes == [MIB, 2 * MIB, 4 * MIB, 4 * MIB, 3]
    assert await folder.read(KEY) == content
    assert intake.sha256() == hashlib.sha256(content).hexdigest()


async def test_a_take_that_is_cancelled_loses_nothing(folder: SlowFolder) -> None:
    """A stream that ends while it waits for the disk keeps all that it brought."""
    intake = Intake(folder, KEY, 100 * MIB)
    _, waiting = await _take_until_it_waits(intake, bytes(MIB))
    waiting.cancel()
    folder.may_write.set()
    async with asyncio.timeout(PATIENCE):
        await asyncio.wait([waiting])
        await intake.settle()
    assert await folder.size(KEY) == intake.offset == 3 * MIB


async def test_what_is_given_up_is_not_written(folder: SlowFolder) -> None:
    """Only the write that runs already ends: the staged bytes are going to be deleted."""
    intake = Intake(folder, KEY, 100 * MIB)
    _, waiting = await _take_until_it_waits(intake, bytes(MIB))
    waiting.cancel()
    giving_up = asyncio.create_task(intake.give_up())
    folder.may_write.set()
    async with asyncio.timeout(PATIENCE):
        await giving_up
    assert folder.writes == [MIB]
