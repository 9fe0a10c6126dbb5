"""An image that its owner has already is not sent again; to anybody else it is as if it were not there."""

from pathlib import Path

import pytest

from radmesh.errors import ImageFormatError
from tests.unit.gateway.upload_door import PNG, Door, halves, name_of

SHA256 = name_of(PNG).removeprefix("images/")


@pytest.fixture
async def door(tmp_path: Path) -> Door:
    door = Door(tmp_path / "blobs")
    await door.write(await door.open(sha256=SHA256), *halves(PNG))
    return door


async def test_a_known_image_finishes_its_upload_at_once_and_is_kept_as_a_new_one(door: Door) -> None:
    upload = await door.open(sha256=SHA256, file_extension=".png")
    assert upload.image is not None
    assert (upload.image.name, upload.image.media_type) == (name_of(PNG), "image/png")
    assert await door.uploads.offset(upload) == len(PNG)
    assert door.recorded == [name_of(PNG)] * 2
    assert (await door.write(upload, *halves(PNG))).name == name_of(PNG)


async def test_an_image_of_somebody_else_has_to_be_sent(door: Door) -> None:
    door.recorded.clear()
    assert (await door.open(sha256=SHA256)).image is None


async def test_an_image_whose_file_is_gone_or_has_another_length_has_to_be_sent(door: Door) -> None:
    assert (await door.open(sha256=SHA256, size_bytes=len(PNG) + 1)).image is None
    await door.blobs.delete(name_of(PNG))
    upload = await door.open(sha256=SHA256)
    assert upload.image is None
    assert (await door.write(upload, *halves(PNG))).name == name_of(PNG)


async def test_an_upload_without_a_digest_has_to_be_sent(door: Door) -> None:
    assert (await door.open()).image is None


@pytest.mark.parametrize("declared", [{"media_types": ("image/tiff",)}, {"file_extension": ".tif"}])
async def test_a_known_image_of_a_kind_that_is_not_taken_is_refused(
    door: Door, declared: dict[str, object]
) -> None:
    with pytest.raises(ImageFormatError):
        await door.open(sha256=SHA256, **declared)  # type: ignore[arg-type]
    assert door.recorded == [name_of(PNG)]
