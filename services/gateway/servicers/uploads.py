"""UploadService: brings images in."""

from collections.abc import AsyncIterator

from radmesh.blobs.v1 import upload_service_pb2 as pb
from radmesh.blobs.v1.upload_service_pb2_grpc import UploadServiceServicer
from radmesh.errors import RadmeshError
from services.chassis import principals
from services.gateway import edge
from services.gateway.edge import Context
from services.gateway.limits import LimitsBook
from services.gateway.metrics import GatewayMetrics
from services.gateway.uploads import rules
from services.gateway.uploads.receiving import Receiver
from services.gateway.uploads.shelf import UploadShelf


class UploadServicer(UploadServiceServicer):
    """See upload_service.proto."""

    def __init__(
        self, uploads: UploadShelf, receiver: Receiver, limits: LimitsBook, metrics: GatewayMetrics
    ) -> None:
        self._uploads = uploads
        self._receiver = receiver
        self._limits = limits
        self._metrics = metrics

    async def CreateUpload(
        self, request: pb.CreateUploadRequest, context: Context
    ) -> pb.CreateUploadResponse:
        """See upload_service.proto."""
        try:
            declared = rules.read_request(request)
            limits = await self._limits.of(declared.pipeline)
            rules.check_limits(declared, limits)
            upload = await self._uploads.open(principals.current().name, declared, limits)
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

    async def WriteUpload(
        self, request_iterator: AsyncIterator[pb.WriteUploadRequest], context: Context
    ) -> pb.WriteUploadResponse:
        """See upload_service.proto."""
        try:
            upload, offset = await self._receiver.receive(principals.current().name, aiter(request_iterator))
        except RadmeshError as error:
            self._metrics.refused.labels(error.reason).inc()
            raise
        return pb.WriteUploadResponse(upload=upload.to_proto(offset))
