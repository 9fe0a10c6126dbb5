"""What waits while the disk is slow: little, and it goes together when the disk is back."""

import asyncio
import hashlib
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
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
        self.written: asyncio.Queue[int] = asyncio.Queue()

    async def append(self, key: str, offset: int, *chunks: bytes | memoryview) -> None:
        """See BlobStore."""
        self.writes.append(sum(len(chunk) for chunk in chunks))
        await self.may_write.wait()
        await super().append(key, offset, *chunks)
        self.written.put_nowait(self.writes[-1])


@pytest.fixture
async def folder(tmp_path: Path) -> AsyncIterator[SlowFolder]:
    folder = SlowFolder(tmp_path / "blobs")
    yield folder
    folder.may_write.set()


@contextmanager
def _no_thread_for_hashing() -> Iterator[None]:
    """The event loop's own threads are all taken; those of the folder are its own."""
    freed, threads = threading.Event(), ThreadPoolExecutor(1)
    asyncio.get_running_loop().set_default_executor(threads)
    threads.submit(freed.wait)
    try:
        yield
    finally:
        freed.set()


async def _some_turns() -> None:
    """Turns of the event loop in which whatever waits for nothing comes to its end."""
    for _ in range(5):
        await asyncio.sleep(0)


async def _take_until_it_waits(intake: Intake, chunk: bytes) -> tuple[int, asyncio.Task[None]]:
    """How many chunks go in before the next one has to wait, and that one's waiting."""
    for number in range(10_000):
        taking = asyncio.create_task(intake.take(chunk))
        await _some_turns()
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


async def test_writing_does_not_wait_for_hashing_but_does_not_leave_it_far_behind(folder: SlowFolder) -> None:
    """Batches of 1, 2, 4 and 4 MiB: at more than 8 MiB unhashed the stream is held up."""
    folder.may_write.set()
    intake = Intake(folder, KEY, 100 * MIB)
    with _no_thread_for_hashing():
        for _ in range(10):
            async with asyncio.timeout(PATIENCE):
                await intake.take(b"abcd" * (MIB // 4))
        waiting = asyncio.create_task(intake.take(b"abcd" * (MIB // 4)))
        async with asyncio.timeout(PATIENCE):
            assert [await folder.written.get() for _ in range(4)] == [MIB, 2 * MIB, 4 * MIB, 4 * MIB]
        await _some_turns()
        assert not waiting.done()
    async with asyncio.timeout(PATIENCE):
        await waiting
        await intake.settle()
    assert intake.sha256() == hashlib.sha256(b"abcd" * (11 * MIB // 4)).hexdigest()


async def test_what_is_written_is_not_settled_before_it_is_hashed(folder: SlowFolder) -> None:
    folder.may_write.set()
    intake = Intake(folder, KEY, 100 * MIB)
    with _no_thread_for_hashing():
        await intake.take(bytes(MIB))
        settling = asyncio.create_task(intake.settle())
        async with asyncio.timeout(PATIENCE):
            assert await folder.written.get() == MIB
        await _some_turns()
        assert not settling.done()
    async with asyncio.timeout(PATIENCE):
        await settling
    assert intake.sha256() == hashlib.sha256(bytes(MIB)).hexdigest()


async def test_what_is_given_up_is_not_hashed_to_the_end(folder: SlowFolder) -> None:
    folder.may_write.set()
    intake = Intake(folder, KEY, 100 * MIB)
    with _no_thread_for_hashing():
        for _ in range(7):
            await intake.take(bytes(MIB))
        giving_up = asyncio.create_task(intake.give_up())
        await asyncio.sleep(0)
    async with asyncio.timeout(PATIENCE):
        await giving_up
    assert intake.sha256() == hashlib.sha256().hexdigest()
