"""What a sweep sees of a folder of blobs, and that its deletions stay inside it."""

import contextlib
import os
from pathlib import Path

import pytest

from services.chassis import blob_inventory
from services.chassis.blob_folder import BlobFolder
from services.chassis.blob_inventory import BlobInventory, KeptBlob, Unreadable

KEY = "artifacts/t1/1/mask.png"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "blobs"


@pytest.fixture
def store(root: Path) -> BlobFolder:
    return BlobFolder(root)


async def seen(root: Path, top: str = "artifacts") -> dict[str, KeptBlob]:
    found = {}
    async for page in BlobInventory(root).pages(top):
        for one in page:
            assert isinstance(one, KeptBlob)
            found[one.key] = one
    return found


async def test_a_folder_that_is_not_there_has_no_files_and_is_not_made(root: Path) -> None:
    assert await seen(root) == {}
    assert root.name not in os.listdir(root.parent)


async def test_files_come_with_size_and_age_page_by_page(
    root: Path, store: BlobFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blob_inventory, "PAGE", 2)
    for number in range(5):
        await store.put(f"artifacts/t{number}/1/mask.png", b"12345")
    os.utime(root / "artifacts/t3/1/mask.png", (0, 0))
    pages = [page async for page in BlobInventory(root).pages("artifacts")]
    assert sorted(map(len, pages)) == [1, 2, 2]
    found = await seen(root)
    assert {blob.size_bytes for blob in found.values()} == {5}
    assert [key for key, blob in found.items() if blob.age_seconds > 3600] == ["artifacts/t3/1/mask.png"]


async def test_links_are_neither_followed_nor_shown(root: Path, store: BlobFolder, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "x.png").write_bytes(b"x")
    await store.put(KEY, b"x")
    (root / "artifacts/t1/1/link.png").symlink_to(outside / "x.png")
    (root / "artifacts/t2").symlink_to(outside)
    (root / "images").symlink_to(outside)
    assert list(await seen(root)) == [KEY]
    found: list[object] = []
    async for page in BlobInventory(root).pages("images"):
        found += page
    assert not [one for one in found if isinstance(one, KeptBlob)]


async def test_a_folder_that_became_a_link_is_not_deleted_through(
    root: Path, store: BlobFolder, tmp_path: Path
) -> None:
    await store.put(KEY, b"x")
    blob = (await seen(root))[KEY]
    (root / "artifacts/t1").rename(tmp_path / "moved")
    (root / "artifacts/t1").symlink_to(tmp_path / "moved")
    with contextlib.suppress(OSError):
        assert not await BlobInventory(root).remove(blob)
    assert (tmp_path / "moved/1/mask.png").exists()


async def test_hidden_files_and_names_that_are_no_keys_are_left_alone(root: Path, store: BlobFolder) -> None:
    await store.put(KEY, b"x")
    for name in (".nfs0001", "a b.png", "ä.png"):
        (root / "artifacts/t1/1" / name).write_bytes(b"x")
    assert list(await seen(root)) == [KEY]


async def test_a_deletion_takes_the_folders_that_it_empties(root: Path, store: BlobFolder) -> None:
    await store.put(KEY, b"x")
    await store.put("artifacts/t1/2/mask.png", b"x")
    inventory, found = BlobInventory(root), await seen(root)
    assert await inventory.remove(found[KEY])
    assert not await inventory.remove(found[KEY])
    assert sorted(os.listdir(root / "artifacts/t1")) == ["2"]
    assert await inventory.remove(found["artifacts/t1/2/mask.png"])
    assert os.listdir(root / "artifacts") == []


async def test_an_empty_folder_is_seen_and_goes_unless_it_filled_meanwhile(
    root: Path, store: BlobFolder
) -> None:
    (root / "artifacts/t1/1").mkdir(parents=True)
    (empty,) = (await seen(root)).values()
    assert (empty.key, empty.is_folder) == ("artifacts/t1/1", True)
    await store.put(KEY, b"x")
    assert not await BlobInventory(root).remove(empty)
    assert await store.read(KEY) == b"x"


async def test_a_file_is_read_to_its_end_though_it_is_deleted_meanwhile(
    root: Path, store: BlobFolder
) -> None:
    await store.put(KEY, b"0123456789")
    reading = store.chunks(KEY, chunk_bytes=4)
    assert await anext(reading) == b"0123"
    await BlobInventory(root).remove((await seen(root))[KEY])
    assert [chunk async for chunk in reading] == [b"4567", b"89"]


@pytest.mark.skipif(os.getuid() == 0, reason="root may read everything")
async def test_a_place_that_cannot_be_read_is_told(root: Path, store: BlobFolder) -> None:
    await store.put(KEY, b"x")
    await store.put("artifacts/t2/1/mask.png", b"x")
    (root / "artifacts/t1").chmod(0)
    try:
        found = [one async for page in BlobInventory(root).pages("artifacts") for one in page]
    finally:
        (root / "artifacts/t1").chmod(0o700)
    assert {one.key: isinstance(one, Unreadable) for one in found} == {
        "artifacts/t1": True,
        "artifacts/t2/1/mask.png": False,
    }
