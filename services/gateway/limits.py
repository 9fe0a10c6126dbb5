"""The limits that apply to an upload: the pipeline's where one is named, else the gateway's."""

from radmesh.tasks.v1.pipeline_service_pb2 import GetPipelineRequest
from services.gateway.tasks_peer import TasksPeer
from services.gateway.uploads.rules import Limits


class LimitsBook:
    """Looks limits up. own: those of the gateway."""

    def __init__(self, peer: TasksPeer, own: Limits) -> None:
        self._peer = peer
        self.own = own

    async def of(self, pipeline: str) -> Limits:
        """The limits for images of a pipeline, a resource name or "". Raises PipelineNotFoundError."""
        if not pipeline:
            return self.own
        answer = await self._peer.ask(self._peer.pipelines.GetPipeline, GetPipelineRequest(name=pipeline))
        return self.own.of(answer.pipeline)
