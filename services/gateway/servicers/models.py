"""ModelService: the models, collected from the pipelines of `tasks`, and the import of another."""

from collections.abc import Collection

from radmesh.models.v1 import model_service_pb2 as models_pb
from radmesh.models.v1.model_service_pb2_grpc import ModelServiceServicer
from radmesh.tasks.v1.task_service_pb2 import CreateTaskRequest
from services.chassis import roles
from services.chassis.pages import page
from services.gateway import catalogue, edge, imports
from services.gateway.edge import Context
from services.gateway.tasks_peer import TasksPeer


class ModelServicer(ModelServiceServicer):
    """See model_service.proto. operators: see services.chassis.roles."""

    def __init__(self, peer: TasksPeer, operators: Collection[str]) -> None:
        self._peer = peer
        self._operators = operators

    async def ImportModel(
        self, request: models_pb.ImportModelRequest, context: Context
    ) -> models_pb.ImportModelResponse:
        """See model_service.proto. `tasks` decides over the role, and records the refusal."""
        return models_pb.ImportModelResponse(task=await self._created(imports.task_request(request)))

    async def DeleteModel(
        self, request: models_pb.DeleteModelRequest, context: Context
    ) -> models_pb.DeleteModelResponse:
        """See model_service.proto. As with ImportModel, `tasks` decides."""
        return models_pb.DeleteModelResponse(task=await self._created(imports.deletion_request(request)))

    async def DeleteWeights(
        self, request: models_pb.DeleteWeightsRequest, context: Context
    ) -> models_pb.DeleteWeightsResponse:
        """See model_service.proto. As with ImportModel, `tasks` decides."""
        wanted = imports.weights_deletion_request(request)
        return models_pb.DeleteWeightsResponse(task=await self._created(wanted))

    async def SetOfficialWeights(
        self, request: models_pb.SetOfficialWeightsRequest, context: Context
    ) -> models_pb.SetOfficialWeightsResponse:
        """See model_service.proto. As with ImportModel, `tasks` decides."""
        wanted = imports.official_request(request)
        return models_pb.SetOfficialWeightsResponse(task=await self._created(wanted))

    async def _created(self, wanted: CreateTaskRequest) -> str:
        """The name of the internal task; `tasks` is told whether the caller is an operator."""
        roles.tell_roles(self._operators)
        answer = await self._peer.ask(self._peer.tasks.CreateTask, wanted)
        return str(answer.task.name)

    async def GetModel(
        self, request: models_pb.GetModelRequest, context: Context
    ) -> models_pb.GetModelResponse:
        """See model_service.proto."""
        edge.read_name("models", request.name)
        known = catalogue.collect([one async for one in self._peer.all_pipelines()])
        return models_pb.GetModelResponse(model=catalogue.pick(known, request.name))

    async def ListModels(
        self, request: models_pb.ListModelsRequest, context: Context
    ) -> models_pb.ListModelsResponse:
        """See model_service.proto."""
        known = catalogue.collect([one async for one in self._peer.all_pipelines()])
        models, token = page(known, lambda model: model.name, request.page_size, request.page_token)
        return models_pb.ListModelsResponse(models=models, next_page_token=token)
