"""StatisticsService: handed on to `tasks`, with the word whether the caller is an operator at this door."""

from collections.abc import Collection

from radmesh.tasks.v1 import statistics_service_pb2 as pb
from radmesh.tasks.v1.statistics_service_pb2_grpc import StatisticsServiceServicer
from services.chassis import roles
from services.gateway.edge import Context
from services.gateway.tasks_peer import TasksPeer


class StatisticsServicer(StatisticsServiceServicer):
    """See statistics_service.proto. operators: see services.chassis.roles."""

    def __init__(self, peer: TasksPeer, operators: Collection[str]) -> None:
        self._peer = peer
        self._operators = operators

    async def GetStatistics(
        self, request: pb.GetStatisticsRequest, context: Context
    ) -> pb.GetStatisticsResponse:
        """See statistics_service.proto."""
        roles.tell_roles(self._operators)
        answer: pb.GetStatisticsResponse = await self._peer.ask(self._peer.statistics.GetStatistics, request)
        return answer
