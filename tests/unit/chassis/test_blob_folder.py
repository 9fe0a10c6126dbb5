"""The folder of blobs: whole or not there, resumable, and no key leads out of it."""

import asyncio
import hashlib
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from radmesh.errors import (
    FailedPreconditionError,
    InvalidRequestError,
    OffsetMismatchError,
)
from services.chassis.blob_folder import BlobFolder
from services.chassis.blobs import BlobNotFoundError, BlobStore, open_blob_store

IMAGE = "images/" + hashlib.sha256(b"x").hexdigest()
HOSTILE = [
    "",
    "images",
    "images/",
    "/etc/passwd",
    "images/../../etc/passwd",
    "images/..",
    "images/.hidden",
    ".tmp/draft",
    "images//x",
    "images/x\0y",
    "images/x\n",
    "images/ä",
    "images/a b",
    "images/" + "x" * 200,
    "images/a/b/c/d/e/f",
    "Images/x",
    "images\\x",
]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "blobs"


@pytest.fixture
def store(root: Path) -> BlobStore:
    return open_blob_store(f"file://{root}")


def visible(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


def modes(root: Path) -> dict[Path, int]:
    return {path: path.stat().st_mode for path in [root, *root.rglob("*")]}


async def all_of(store: BlobStore, key: str, offset: int = 0, chunk_bytes: int = 4) -> list[bytes]:
    return [chunk async for chunk in store.chunks(key, offset, chunk_bytes)]


async def test_a_blob_is_read_back_whole_from_any_offset(store: BlobStore) -> None:
    await store.put(IMAGE, b"0123456789")
    assert await store.size(IMAGE) == 10
    assert await store.read(IMAGE) == b"0123456789"
    assert await store.read(IMAGE, 8) == b"89"
    assert await store.read(IMAGE, 2, 3) == b"234"
    assert await all_of(store, IMAGE) == [b"0123", b"4567", b"89"]
    assert await all_of(store, IMAGE, 9) == [b"9"]
    assert await all_of(store, IMAGE, 10) == []


async def test_what_is_not_there_has_no_size_and_cannot_be_read(store: BlobStore) -> None:
    assert await store.size(IMAGE) is None
    with pytest.raises(BlobNotFoundError):
        await store.read(IMAGE)
    with pytest.raises(BlobNotFoundError):
        await all_of(store, IMAGE)
    await store.delete(IMAGE)


async def test_an_upload_goes_on_where_it_stands_also_in_another_process(
    store: BlobStore, root: Path
) -> None:
    await store.append("uploads/u1", 0, b"abc")
    await store.append("uploads/u1", 3, b"def")
    with pytest.raises(OffsetMismatchError) as caught:
        await store.append("uploads/u1", 3, b"def")
    assert caught.value.metadata == {"offset": "6"}
    with pytest.raises(OffsetMismatchError):
        await store.append("uploads/u1", 0, b"abc")
    later = BlobFolder(root)
    await later.append("uploads/u1", 6, b"g")
    assert await store.read("uploads/u1") == b"abcdefg"
    with pytest.raises(OffsetMismatchError) as caught:
        await store.append("uploads/u2", 5, b"x")
    assert caught.value.metadata == {"offset": "0"}
    assert await store.size("uploads/u2") is None


async def test_chunks_of_any_kind_are_kept_in_order_or_not_at_all(store: BlobStore) -> None:
    await store.append("uploads/u1", 0, memoryview(b"abc"))
    with pytest.raises(OffsetMismatchError):
        await store.append("uploads/u1", 9, b"zzz")
    await store.append("uploads/u1", 3, b"de", b"", memoryview(b"f"))
    assert await store.read("uploads/u1") == b"abcdef"


async def test_promoting_moves_a_blob_once_and_repeats_harmlessly(store: BlobStore) -> None:
    await store.append("uploads/u1", 0, b"x")
    await store.promote("uploads/u1", IMAGE)
    await store.promote("uploads/u1", IMAGE)
    assert await store.size("uploads/u1") is None
    assert await store.read(IMAGE) == b"x"
    with pytest.raises(BlobNotFoundError):
        await store.promote("uploads/u2", IMAGE.replace("images/", "images/0")[:70])


async def test_promoting_keeps_what_is_there_already(store: BlobStore, root: Path) -> None:
    await store.put(IMAGE, b"x")
    before = (root / IMAGE).stat().st_ino
    await store.append("uploads/u1", 0, b"x")
    await store.promote("uploads/u1", IMAGE)
    assert (root / IMAGE).stat().st_ino == before
    assert visible(root) == {IMAGE}


async def test_an_upload_that_goes_on_elsewhere_cannot_touch_the_promoted_image(
    store: BlobStore, root: Path
) -> None:
    await store.append("uploads/u1", 0, b"x")
    await BlobFolder(root).promote("uploads/u1", IMAGE)
    with pytest.raises(OffsetMismatchError):
        await store.append("uploads/u1", 1, b"y")
    assert await store.read(IMAGE) == b"x"


async def test_keys_are_listed_by_prefix(store: BlobStore) -> None:
    for key in ("uploads/a", "uploads/a.json", "artifacts/t1/1/mask.png", "artifacts/t1/2/mask.png"):
        await store.put(key, b"")
    assert await store.keys("uploads/") == ["uploads/a", "uploads/a.json"]
    assert await store.keys("artifacts/t1/1/") == ["artifacts/t1/1/mask.png"]
    assert await store.keys("artifacts/t1") == ["artifacts/t1/1/mask.png", "artifacts/t1/2/mask.png"]
    assert len(await store.keys("")) == 4
    for hostile in ("../", "/etc/", "uploads/../../"):
        assert await store.keys(hostile) == []


async def test_deleting_leaves_no_empty_folder_behind(store: BlobStore, root: Path) -> None:
    await store.put("artifacts/t1/1/mask.png", b"m")
    await store.put("artifacts/t1/1/overlay.png", b"o")
    await store.delete("artifacts/t1/1/mask.png")
    await store.delete("artifacts/t1/1/mask.png")
    assert await store.keys("artifacts/") == ["artifacts/t1/1/overlay.png"]
    await store.delete("artifacts/t1/1/overlay.png")
    assert not (root / "artifacts" / "t1").exists()
    await store.put("artifacts/t1/2/mask.png", b"m")


async def test_a_reader_finishes_a_blob_that_is_deleted_meanwhile(store: BlobStore) -> None:
    await store.put(IMAGE, b"0123456789")
    chunks = store.chunks(IMAGE, 0, 5)
    assert await anext(chunks) == b"01234"
    await store.delete(IMAGE)
    assert [chunk async for chunk in chunks] == [b"56789"]


async def test_a_reader_that_stops_early_closes_its_file(store: BlobStore) -> None:
    await store.put(IMAGE, b"0123456789")
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(20):
        chunks = store.chunks(IMAGE, 0, 2)
        await anext(chunks)
        await chunks.aclose()  # type: ignore[attr-defined]
    async with asyncio.timeout(20):
        while len(os.listdir("/proc/self/fd")) > before:  # noqa: ASYNC110  threads close them
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("key", HOSTILE)
async def test_no_key_leads_out_of_the_store(store: BlobStore, key: str, root: Path) -> None:
    with pytest.raises(InvalidRequestError):
        await store.put(key, b"x")
    with pytest.raises(InvalidRequestError):
        await store.append(key, 0, b"x")
    with pytest.raises(InvalidRequestError):
        await store.promote("uploads/a", key)
    for call in (store.size, store.read, store.delete):
        with pytest.raises(InvalidRequestError):
            await call(key)
    with pytest.raises(InvalidRequestError):
        await all_of(store, key)
    assert visible(root) == set()


async def test_a_link_planted_in_the_folder_is_not_followed(
    store: BlobStore, root: Path, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"secret")
    (root / "uploads").mkdir()
    (root / "uploads" / "u1").symlink_to(secret)
    with pytest.raises(OSError, match="symbolic links"):
        await store.read("uploads/u1")
    with pytest.raises(OSError, match="symbolic links"):
        await store.append("uploads/u1", 6, b"x")
    assert secret.read_bytes() == b"secret"


async def test_nobody_else_may_read_the_files(store: BlobStore, root: Path) -> None:
    await store.put("artifacts/t1/1/mask.png", b"m")
    await store.append("uploads/u1", 0, b"x")
    assert visible(root)
    assert not [path for path, mode in modes(root).items() if mode & 0o007]


async def test_opening_sweeps_what_a_killed_process_left(store: BlobStore, root: Path) -> None:
    old, young = root / ".tmp" / "old", root / ".tmp" / "young"
    old.write_bytes(b"")
    young.write_bytes(b"")
    os.utime(old, (1, 1))
    BlobFolder(root)
    assert not old.exists()
    assert young.exists()


async def test_a_cancelled_append_is_over_when_the_cancellation_arrives(
    store: BlobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, may_write, write = threading.Event(), threading.Event(), os.pwritev

    def held(*arguments: Any) -> int:
        begun.set()
        may_write.wait()
        return write(*arguments)

    monkeypatch.setattr(os, "pwritev", held)
    writing = asyncio.create_task(store.append("uploads/u1", 0, b"x" * (8 << 20)))
    await asyncio.to_thread(begun.wait)
    writing.cancel()
    for _ in range(5):
        await asyncio.sleep(0)
    assert not writing.done(), "a thread still writes"
    may_write.set()
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert await store.size("uploads/u1") == 8 << 20


@pytest.mark.parametrize(
    "url", ["s3://bucket/x", "file://host/x", "file:relative", "/srv/blobs", "", "file://"]
)
def test_another_kind_of_store_is_refused_clearly(url: str) -> None:
    with pytest.raises(FailedPreconditionError, match="file:///"):
        open_blob_store(url)
