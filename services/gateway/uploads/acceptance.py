"""Turns staged bytes into an image: the checks at the end of an upload, and the move to its own name."""

from collections.abc import Awaitable, Callable

from radmesh.blobs.v1.image_pb2 import Image
from radmesh.errors import ChecksumMismatchError
from services.chassis.blobs import BlobNotFoundError, BlobStore
from services.gateway import media_types
from services.gateway.metrics import GatewayMetrics
from services.gateway.uploads import rules

RecordImage = Callable[[Image], Awaitable[Image]]
HasImage = Callable[[str], Awaitable[bool]]


class Acceptance:
    """Judges what arrived. record_image: tells `tasks` that the caller has an image; has_image: asks it."""

    def __init__(
        self, blobs: BlobStore, record_image: RecordImage, has_image: HasImage, metrics: GatewayMetrics
    ) -> None:
        self._blobs = blobs
        self._record_image = record_image
        self._has_image = has_image
        self._metrics = metrics

    async def accept(
        self, key: str, declared: rules.NewUpload, limits: rules.Limits, arrived_bytes: int, sha256: str
    ) -> Image:
        """The image that the staged blob `key` has become; the staged one is gone then.

        arrived_bytes, sha256: of all that is staged. Raises UPLOAD_INCOMPLETE, CHECKSUM_MISMATCH and the
        errors of `media_types.check_content`, and leaves the staged blob to the caller.
        """
        if arrived_bytes != declared.size_bytes:
            raise rules.incomplete(arrived_bytes, declared.size_bytes)
        if declared.sha256 and declared.sha256 != sha256:
            raise ChecksumMismatchError(
                "The content that arrived has another SHA-256 than was declared. Send the file again.",
                metadata={"sha256": sha256},
            )
        head = await self._blobs.read(key, 0, media_types.HEAD_BYTES)
        media_type = media_types.check_content(head, declared.file_extension, limits.media_types)
        new = Image(name=f"images/{sha256}", size_bytes=arrived_bytes, media_type=media_type)
        # First the record, then the move: a file that is there already may be relied on only once its record
        # keeps the sweeper from it.
        async with self._blobs.claim(new.name):
            image = await self._record_image(new)
            await self._blobs.promote(key, image.name)
        self._metrics.accepted.inc()
        self._metrics.received_bytes.inc(arrived_bytes)
        return image

    async def find(self, declared: rules.NewUpload, limits: rules.Limits) -> Image | None:
        """The image that the caller uploaded before with these very bytes, kept as long as a new one.

        None when there is none: a digest alone is no right to an image. Raises the errors of
        `media_types.check_content`.
        """
        name = f"images/{declared.sha256}"
        if not declared.sha256 or await self._blobs.size(name) != declared.size_bytes:
            return None
        if not await self._has_image(name):
            return None
        async with self._blobs.claim(name):
            try:
                head = await self._blobs.read(name, 0, media_types.HEAD_BYTES)
            except BlobNotFoundError:
                return None  # swept before the claim
            media_type = media_types.check_content(head, declared.file_extension, limits.media_types)
            image = Image(name=name, size_bytes=declared.size_bytes, media_type=media_type)
            return await self._record_image(image)
