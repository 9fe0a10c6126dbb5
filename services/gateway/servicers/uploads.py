"""UploadService: brings images in."""

from collections.abc import AsyncIterator

import grpc

from radmesh.blobs.v1 import upload_service_pb2 as pb
from radmesh.blobs.v1.upload_service_pb2_grpc import (
    UploadServiceServicer,
    add_UploadServiceServicer_to_server,
)
from radmesh.errors import RadmeshError
from services.chassis import principals
from services.gateway import edge
from services.gateway.edge import Context
from services.gateway.lingering import HeardOut
from services.gateway.metrics import GatewayMetrics
from services.gateway.uploads import rules
from services.gateway.uploads.receiving import Receiver
from services.gateway.uploads.shelf import UploadShelf
from services.gateway.uploads.wire import UploadPart, read_part

_SERVICE = pb.DESCRIPTOR.services_by_name["UploadService"].full_name


async def _parts(messages: AsyncIterator[bytes]) -> AsyncIterator[UploadPart]:
    async for message in messages:
        yield read_part(message)


class UploadServicer(UploadServiceServicer):
    """See upload_service.proto."""

    def __init__(self, uploads: UploadShelf, receiver: Receiver, metrics: GatewayMetrics) -> None:
        self._uploads = uploads
        self._receiver = receiver
        self._metrics = metrics

    async def CreateUpload(
        self, request: pb.CreateUploadRequest, context: Context
    ) -> pb.CreateUploadResponse:
        """See upload_service.proto."""
        try:
            declared = rules.read_request(request)
            upload = await self._receiver.open(principals.current().name, declared)
        except RadmeshError as error:
            self._metrics.refused.labels(error.reason).inc()
            raise
        return pb.CreateUploadResponse(upload=upload.to_proto(await self._uploads.offset(upload)))

    async def GetUpload(self, request: pb.GetUploadRequest, context: Context) -> pb.GetUploadResponse:
        """See upload_service.proto."""
        upload_id = edge.read_name("uploads", request.name)
        upload = await self._uploads.get(principals.current().name, upload_id)
        return pb.GetUploadResponse(upload=upload.to_proto(await self._uploads.offset(upload)))

    async def DeleteUpload(
        self, request: pb.DeleteUploadRequest, context: Context
    ) -> pb.DeleteUploadResponse:
        """See upload_service.proto."""
        upload_id = edge.read_name("uploads", request.name)
        with self._uploads.hold(upload_id):
            await self._uploads.get(principals.current().name, upload_id)
            await self._uploads.discard(upload_id)
        return pb.DeleteUploadResponse()

    async def WriteUpload(  # type: ignore[override]
        self, request_iterator: AsyncIterator[bytes], context: Context
    ) -> pb.WriteUploadResponse:
        """See upload_service.proto. Its requests come in as they were received."""
        messages = HeardOut(request_iterator)
        try:
            upload, offset = await self._receiver.receive(principals.current().name, _parts(messages))
        except RadmeshError as error:
            self._metrics.refused.labels(error.reason).inc()
            await messages.linger()
            raise
        return pb.WriteUploadResponse(upload=upload.to_proto(offset))


def add_upload_servicer(servicer: UploadServicer, server: grpc.aio.Server) -> None:
    """Serves UploadService, WriteUpload without the library's deserializer."""
    raw = grpc.stream_unary_rpc_method_handler(
        servicer.WriteUpload, None, pb.WriteUploadResponse.SerializeToString
    )
    add_UploadServiceServicer_to_server(servicer, server)
    # After the generated one, in whose place it goes.
    server.add_registered_method_handlers(_SERVICE, {"WriteUpload": raw})  # type: ignore[attr-defined]
