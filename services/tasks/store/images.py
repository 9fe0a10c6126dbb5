"""Which images there are, who may use them, and until when they are kept."""

from collections.abc import Mapping, Sequence

from radmesh.errors import ImageNotFoundError
from services.tasks.records import ImageRecord
from services.tasks.store import keys
from services.tasks.store.connection import command
from services.tasks.store.part import StorePart
from services.tasks.store.reading import to_time


class ImagePart(StorePart):
    """Images by digest and owner."""

    async def record_image(self, owner: str, image: ImageRecord) -> ImageRecord:
        """Lets an owner use an image, and pins it for a time; returned with its times."""
        (uploaded,) = await self._scripts.call(
            "record_image",
            keys.image(image.sha256),
            self._now(),
            image.sha256,
            owner,
            image.size_bytes,
            image.media_type,
        )
        return self._image(image.sha256, image.size_bytes, image.media_type, uploaded)

    async def get_image(self, owner: str, sha256: str) -> ImageRecord:
        """Returns an image of the owner's. Raises ImageNotFoundError."""
        found = await self.get_images(owner, [sha256])
        if sha256 not in found:
            raise image_not_found(sha256)
        return found[sha256]

    async def get_images(self, owner: str, sha256s: Sequence[str]) -> Mapping[str, ImageRecord]:
        """Returns those of the images that are the owner's, by SHA-256."""
        if not sha256s:
            return {}
        flat = await self._scripts.call("get_images", keys.image(sha256s[0]), owner, *sha256s)
        described = zip(sha256s, *[iter(flat)] * 3, strict=True)
        return {
            sha256: self._image(sha256, int(size), media_type.decode(), int(uploaded))
            for sha256, size, media_type, uploaded in described
            if uploaded
        }

    async def images_let_go(self, limit: int = 100, *, after: int = 0) -> list[str]:
        """Returns images that nothing keeps any more, longest first: their files may be deleted.

        after: how many of the first are left out.
        """
        found = await command(self._redis, "ZRANGE", keys.IMAGE_DELETIONS, after, after + limit - 1)
        return [sha256.decode() for sha256 in found]

    async def forget_image(self, sha256: str) -> None:
        """Takes an image off that list, once its file is deleted."""
        await command(self._redis, "ZREM", keys.IMAGE_DELETIONS, sha256)

    def _image(self, sha256: str, size: int, media_type: str, uploaded_ms: int) -> ImageRecord:
        pinned_until = uploaded_ms + round(self._settings.image_pin_seconds * 1000)
        return ImageRecord(sha256, size, media_type, to_time(uploaded_ms), to_time(pinned_until))


def image_not_found(sha256: str) -> ImageNotFoundError:
    """The error of an image that an owner has not uploaded."""
    return ImageNotFoundError(
        f"There is no image images/{sha256}. Upload it first.", metadata={"image": f"images/{sha256}"}
    )
