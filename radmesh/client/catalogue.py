"""What can be asked for: pipelines and models."""

from collections.abc import Sequence

import grpc

from radmesh.client.calls import Calls
from radmesh.client.requests import full_name
from radmesh.client.retry import Patience
from radmesh.models.v1 import model_pb2, model_service_pb2, model_service_pb2_grpc
from radmesh.tasks.v1 import pipeline_pb2, pipeline_service_pb2, pipeline_service_pb2_grpc


class CatalogueCalls(Calls):
    """The part of `Client` that says what there is."""

    def __init__(self, channel: grpc.aio.Channel, patience: Patience) -> None:
        super().__init__(channel, patience)
        self._pipelines = pipeline_service_pb2_grpc.PipelineServiceStub(channel)
        self._models = model_service_pb2_grpc.ModelServiceStub(channel)

    async def pipelines(self) -> Sequence[pipeline_pb2.Pipeline]:
        """Every known pipeline, by name."""
        pages = self._pages(self._pipelines.ListPipelines, pipeline_service_pb2.ListPipelinesRequest())
        return [pipeline async for page in pages for pipeline in page.pipelines]

    async def pipeline(self, pipeline: str) -> pipeline_pb2.Pipeline:
        """One pipeline. Raises PipelineNotFoundError."""
        request = pipeline_service_pb2.GetPipelineRequest(name=full_name("pipelines", pipeline))
        return (await self._call(self._pipelines.GetPipeline, request)).pipeline

    async def model(self, model: str) -> model_pb2.Model:
        """One model. Raises ModelNotFoundError."""
        request = model_service_pb2.GetModelRequest(name=full_name("models", model))
        return (await self._call(self._models.GetModel, request)).model

    async def models(self) -> Sequence[model_pb2.Model]:
        """Every model that a known pipeline can run, by name."""
        pages = self._pages(self._models.ListModels, model_service_pb2.ListModelsRequest())
        return [model async for page in pages for model in page.models]
