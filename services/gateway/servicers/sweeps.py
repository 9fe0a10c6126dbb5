"""SweepService: handed on to `tasks`, with the word whether the caller is an operator at this door."""

from collections.abc import Collection

from radmesh.blobs.v1 import sweep_service_pb2 as pb
from radmesh.blobs.v1.sweep_service_pb2_grpc import SweepServiceServicer
from services.chassis import roles
from services.gateway.edge import Context
from services.gateway.tasks_peer import TasksPeer


class SweepServicer(SweepServiceServicer):
    """See sweep_service.proto. operators: see services.chassis.roles."""

    def __init__(self, peer: TasksPeer, operators: Collection[str]) -> None:
        self._peer = peer
        self._operators = operators

    async def SweepBlobs(self, request: pb.SweepBlobsRequest, context: Context) -> pb.SweepBlobsResponse:
        """See sweep_service.proto."""
        roles.tell_roles(self._operators)
        answer: pb.SweepBlobsResponse = await self._peer.ask_long(self._peer.sweeps.SweepBlobs, request)
        return answer
