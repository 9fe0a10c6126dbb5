"""PipelineService: the catalogue."""

from collections.abc import Callable
from typing import Any

import grpc

from radmesh.tasks.v1 import pipeline_service_pb2 as api
from radmesh.tasks.v1.pipeline_service_pb2_grpc import PipelineServiceServicer
from services.chassis.pages import page
from services.tasks.parts import Parts
from services.tasks.validation import resource_id

Context = grpc.aio.ServicerContext[Any, Any]


class PipelineServicer(PipelineServiceServicer):
    """See pipeline_service.proto."""

    def __init__(self, parts: Callable[[], Parts]) -> None:
        self._parts = parts

    async def GetPipeline(self, request: api.GetPipelineRequest, context: Context) -> api.GetPipelineResponse:
        """See pipeline_service.proto."""
        pipeline_id = resource_id("pipelines", request.name)
        known = await self._parts().catalogue.get(pipeline_id)
        return api.GetPipelineResponse(pipeline=known.message)

    async def ListPipelines(
        self, request: api.ListPipelinesRequest, context: Context
    ) -> api.ListPipelinesResponse:
        """See pipeline_service.proto."""
        known = await self._parts().catalogue.list_pipelines()
        found, token = page(known, lambda one: one.pipeline_id, request.page_size, request.page_token)
        return api.ListPipelinesResponse(pipelines=[one.message for one in found], next_page_token=token)
