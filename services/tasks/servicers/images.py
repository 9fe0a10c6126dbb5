"""ImageService and ImageRecordService: which images there are, and who may use them."""

import re
from collections.abc import Callable
from typing import Any

import grpc

from radmesh import names
from radmesh.blobs.v1 import image_pb2
from radmesh.blobs.v1 import image_service_pb2 as api
from radmesh.blobs.v1.image_service_pb2_grpc import ImageRecordServiceServicer, ImageServiceServicer
from radmesh.errors import InvalidRequestError, Violation
from services.chassis import principals
from services.tasks.parts import Parts
from services.tasks.records import ImageRecord
from services.tasks.translate import image_message
from services.tasks.validation import resource_id

Context = grpc.aio.ServicerContext[Any, Any]
# RFC 6838, section 4.2.
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,63}/[a-z0-9][a-z0-9!#$&^_.+-]{0,63}")


class ImageServicer(ImageServiceServicer):
    """See image_service.proto."""

    def __init__(self, parts: Callable[[], Parts]) -> None:
        self._parts = parts

    async def GetImage(self, request: api.GetImageRequest, context: Context) -> api.GetImageResponse:
        """See image_service.proto."""
        sha256 = resource_id("images", request.name)
        record = await self._parts().store.get_image(principals.current().name, sha256)
        return api.GetImageResponse(image=image_message(record))


class ImageRecordServicer(ImageRecordServiceServicer):
    """See image_service.proto."""

    def __init__(self, parts: Callable[[], Parts]) -> None:
        self._parts = parts

    async def RecordImage(self, request: api.RecordImageRequest, context: Context) -> api.RecordImageResponse:
        """See image_service.proto."""
        image = read_image(request.image)
        record = await self._parts().store.record_image(principals.current().name, image)
        return api.RecordImageResponse(image=image_message(record))


def read_image(image: image_pb2.Image) -> ImageRecord:
    """The image to record. Raises InvalidRequestError that names every field which breaks its rule."""
    problems = []
    found = names.parse("images", image.name)
    if found is None:
        problems.append(Violation("image.name", names.rule("images")))
    if image.size_bytes < 1:
        problems.append(Violation("image.size_bytes", "must be at least 1"))
    if not _MEDIA_TYPE.fullmatch(image.media_type):
        problems.append(Violation("image.media_type", "must be a lower-case media type such as image/png"))
    if problems or found is None:
        raise InvalidRequestError(problems)
    return ImageRecord(found[0], image.size_bytes, image.media_type)
