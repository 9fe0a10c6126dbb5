"""Which images there are, who may use them, and until when they are kept."""

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
        size, media_type, uploaded = await command(
            self._redis, "HMGET", keys.image(sha256), "size_bytes", "media_type", f"owner:{owner}"
        )
        if uploaded is None:
            raise ImageNotFoundError(
                f"There is no image images/{sha256}. Upload it first.", metadata={"image": f"images/{sha256}"}
            )
        return self._image(sha256, int(size), media_type.decode(), int(uploaded))

    async def images_let_go(self, limit: int = 100) -> list[str]:
        """Returns images that nothing keeps any more, longest first: their files may be deleted."""
        found = await command(self._redis, "ZRANGE", keys.IMAGE_DELETIONS, 0, limit - 1)
        return [sha256.decode() for sha256 in found]

    async def forget_image(self, sha256: str) -> None:
        """Takes an image off that list, once its file is deleted."""
        await command(self._redis, "ZREM", keys.IMAGE_DELETIONS, sha256)

    def _image(self, sha256: str, size: int, media_type: str, uploaded_ms: int) -> ImageRecord:
        pinned_until = uploaded_ms + round(self._settings.image_pin_seconds * 1000)
        return ImageRecord(sha256, size, media_type, to_time(uploaded_ms), to_time(pinned_until))
