"""BlobService: hands images and artifacts out."""

from collections.abc import AsyncIterator, Collection
from contextlib import aclosing

from radmesh.blobs.v1 import blob_service_pb2 as pb
from radmesh.blobs.v1.blob_service_pb2_grpc import BlobServiceServicer
from radmesh.errors import InvalidRequestError, Violation
from services.chassis import roles
from services.gateway.downloads import Downloads
from services.gateway.edge import Context


class BlobServicer(BlobServiceServicer):
    """See blob_service.proto. reviewers: see services.chassis.roles."""

    def __init__(self, downloads: Downloads, reviewers: Collection[str]) -> None:
        self._downloads = downloads
        self._reviewers = reviewers

    async def ReadBlob(
        self, request: pb.ReadBlobRequest, context: Context
    ) -> AsyncIterator[pb.ReadBlobResponse]:
        """See blob_service.proto."""
        if request.offset < 0:
            raise InvalidRequestError([Violation("offset", "must not be negative")])
        roles.tell_reviewer(self._reviewers)
        found = await self._downloads.find(request.name)
        message = pb.ReadBlobResponse(size_bytes=found.size_bytes, sha256=found.sha256, offset=request.offset)
        async with aclosing(self._downloads.chunks(found, request.offset)) as chunks:
            async for chunk in chunks:
                message.chunk = chunk
                yield message
                message = pb.ReadBlobResponse(offset=message.offset + len(chunk))
        if message.size_bytes or not found.size_bytes:
            yield message
