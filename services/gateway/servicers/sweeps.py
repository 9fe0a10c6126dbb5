"""SweepService: handed on to `tasks`, with the word whether the caller is an operator at this door."""

from collections.abc import Collection

from radmesh.blobs.v1 import sweep_service_pb2 as pb
from radmesh.blobs.v1.sweep_service_pb2_grpc import SweepServiceServicer
from services.chassis import roles
from services.gateway.edge import Context
from services.gateway.tasks_peer import Asking, TasksPeer

# A sweep looks at every file: a large store on a slow disk takes minutes. Callers set shorter deadlines.
_SWEEP_SECONDS = 900.0


class SweepServicer(SweepServiceServicer):
    """See sweep_service.proto. operators: see services.chassis.roles."""

    def __init__(self, peer: TasksPeer, operators: Collection[str]) -> None:
        self._ask = Asking(_SWEEP_SECONDS)
        self._sweeps = peer.sweeps
        self._operators = operators

    async def SweepBlobs(self, request: pb.SweepBlobsRequest, context: Context) -> pb.SweepBlobsResponse:
        """See sweep_service.proto."""
        roles.tell_roles(self._operators)
        answer: pb.SweepBlobsResponse = await self._ask(self._sweeps.SweepBlobs, request)
        return answer
