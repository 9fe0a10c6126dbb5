"""Blobs that are lent to another process: the files themselves, or the name of the one that is missing."""

import hashlib
from pathlib import Path

import pytest

from radmesh.errors import InvalidRequestError
from services.chassis.blobs import BlobNotFoundError, BlobStore, open_blob_store

IMAGE = "images/" + hashlib.sha256(b"x").hexdigest()


@pytest.fixture
def store(tmp_path: Path) -> BlobStore:
    return open_blob_store(f"file://{tmp_path}")


async def test_lent_blobs_are_the_files_of_the_store_themselves(tmp_path: Path, store: BlobStore) -> None:
    await store.put(IMAGE, b"0123")
    await store.put("artifacts/t/1/mask.png", b"45")
    before = (tmp_path / IMAGE).stat().st_mode
    async with store.lend(["artifacts/t/1/mask.png", IMAGE]) as (mask, image):
        assert (mask.read_bytes(), image.read_bytes()) == (b"45", b"0123")
        assert image == tmp_path / IMAGE
        assert image.stat().st_mode == before
    assert await store.read(IMAGE) == b"0123"


async def test_a_blob_that_is_not_there_cannot_be_lent_and_is_named(store: BlobStore) -> None:
    await store.put(IMAGE, b"0123")
    with pytest.raises(BlobNotFoundError) as caught:
        async with store.lend([IMAGE, "images/none"]):
            pass
    assert caught.value.metadata["key"] == "images/none"
    with pytest.raises(InvalidRequestError):
        async with store.lend(["images/../../etc/passwd"]):
            pass
