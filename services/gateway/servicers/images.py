"""ImageService: the images that a caller uploaded. `tasks` keeps the record and knows whose they are."""

from radmesh.blobs.v1 import image_service_pb2 as pb
from radmesh.blobs.v1.image_service_pb2_grpc import ImageServiceServicer
from services.gateway.edge import Context
from services.gateway.tasks_peer import TasksPeer


class ImageServicer(ImageServiceServicer):
    """See image_service.proto."""

    def __init__(self, peer: TasksPeer) -> None:
        self._peer = peer

    async def GetImage(self, request: pb.GetImageRequest, context: Context) -> pb.GetImageResponse:
        """See image_service.proto."""
        answer: pb.GetImageResponse = await self._peer.ask(self._peer.images.GetImage, request)
        return answer
