"""AnalysisService: one call from an image to its result."""

from collections.abc import AsyncIterator
from contextlib import aclosing

from radmesh.errors import RadmeshError
from radmesh.gateway.v1 import analysis_service_pb2 as pb
from radmesh.gateway.v1.analysis_service_pb2_grpc import AnalysisServiceServicer
from services.gateway.analysis import Analysis
from services.gateway.edge import Context
from services.gateway.lingering import HeardOut


class AnalysisServicer(AnalysisServiceServicer):
    """See analysis_service.proto."""

    def __init__(self, analysis: Analysis) -> None:
        self._analysis = analysis

    async def Analyze(
        self, request_iterator: AsyncIterator[pb.AnalyzeRequest], context: Context
    ) -> AsyncIterator[pb.AnalyzeResponse]:
        """See analysis_service.proto."""
        requests = HeardOut(request_iterator)
        try:
            async with aclosing(self._analysis.analyze(requests)) as messages:
                async for message in messages:
                    yield message
        except RadmeshError:
            await requests.linger()
            raise
