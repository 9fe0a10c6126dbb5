"""A folder of blobs and its disk: full, or written in small pieces."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from radmesh.errors import ExhaustedError
from services.chassis.blobs import BlobStore, open_blob_store


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "blobs"


@pytest.fixture
def store(root: Path) -> BlobStore:
    return open_blob_store(f"file://{root}")


async def test_chunks_more_than_the_system_takes_at_once_are_all_kept(store: BlobStore) -> None:
    """3,000 chunks of many lengths, empty ones too, are kept in order."""
    chunks = [bytes([number % 256]) * (number % 7) for number in range(3_000)]
    await store.append("uploads/u1", 0, *chunks)
    assert await store.read("uploads/u1") == b"".join(chunks)


async def test_a_disk_that_takes_a_little_at_a_time_gets_all(
    store: BlobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each call may write less than it was given, and end within a chunk."""
    monkeypatch.setattr(os, "pwritev", lambda file, chunks, at: os.pwrite(file, b"".join(chunks)[:5], at))
    await store.append("uploads/u1", 0, b"abcd", b"", b"efghijkl", b"mno")
    assert await store.read("uploads/u1") == b"abcdefghijklmno"


FULL = """
import asyncio, resource, signal, sys
from pathlib import Path
from radmesh.errors import ExhaustedError
from services.chassis.blob_folder import BlobFolder

async def main(root):
    store = BlobFolder(root)
    await store.append("uploads/u1", 0, b"x" * 60_000)
    grow = lambda: store.append("uploads/u1", 60_000, b"y" * 60_000)
    for write in (grow, lambda: store.put("images/i", b"z" * 120_000)):
        try:
            await write()
        except ExhaustedError as error:
            print(error.reason, error.retry_after is not None)
    print(await store.size("uploads/u1"), await store.keys(""), list((root / ".tmp").iterdir()))

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
asyncio.run(main(Path(sys.argv[1])))
"""


async def test_a_full_disk_is_said_so_and_leaves_nothing_half_written(root: Path) -> None:
    """The kernel ends a write in the middle: here by a limit on a file's size, as it would on a full disk."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", FULL, str(root), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await process.communicate()
    lines = out.decode().splitlines()
    assert lines == ["DISK_FULL True", "DISK_FULL True", "60000 ['uploads/u1'] []"], err


@pytest.mark.skipif(not os.access("/dev/full", os.W_OK), reason="no /dev/full")
def test_no_space_left_is_exhaustion() -> None:
    from services.chassis.blob_files import space_errors

    def write() -> None:
        with space_errors(), open("/dev/full", "wb", buffering=0) as full:
            full.write(b"x")

    with pytest.raises(ExhaustedError) as caught:
        write()
    assert caught.value.reason == "DISK_FULL"


async def test_free_space_is_told(store: BlobStore) -> None:
    assert store.free_bytes() > 0
