"""AdminService: handed on to `tasks`, with the word whether the caller is an operator at this door."""

from collections.abc import Collection
from typing import Any

from google.protobuf.message import Message

from radmesh.tasks.v1 import admin_service_pb2 as pb
from radmesh.tasks.v1.admin_service_pb2_grpc import AdminServiceServicer
from services.chassis import roles
from services.gateway.edge import Context
from services.gateway.tasks_peer import TasksPeer


class AdminServicer(AdminServiceServicer):
    """See admin_service.proto. operators: see services.chassis.roles."""

    def __init__(self, peer: TasksPeer, operators: Collection[str]) -> None:
        self._peer = peer
        self._operators = operators

    async def CheckStuckTasks(
        self, request: pb.CheckStuckTasksRequest, context: Context
    ) -> pb.CheckStuckTasksResponse:
        """See admin_service.proto."""
        answer: pb.CheckStuckTasksResponse = await self._ask_long(self._peer.admin.CheckStuckTasks, request)
        return answer

    async def RecoverTasks(
        self, request: pb.RecoverTasksRequest, context: Context
    ) -> pb.RecoverTasksResponse:
        """See admin_service.proto."""
        answer: pb.RecoverTasksResponse = await self._ask_long(self._peer.admin.RecoverTasks, request)
        return answer

    async def PausePipeline(
        self, request: pb.PausePipelineRequest, context: Context
    ) -> pb.PausePipelineResponse:
        """See admin_service.proto."""
        answer: pb.PausePipelineResponse = await self._ask(self._peer.admin.PausePipeline, request)
        return answer

    async def ResumePipeline(
        self, request: pb.ResumePipelineRequest, context: Context
    ) -> pb.ResumePipelineResponse:
        """See admin_service.proto."""
        answer: pb.ResumePipelineResponse = await self._ask(self._peer.admin.ResumePipeline, request)
        return answer

    async def DeletePipeline(
        self, request: pb.DeletePipelineRequest, context: Context
    ) -> pb.DeletePipelineResponse:
        """See admin_service.proto."""
        answer: pb.DeletePipelineResponse = await self._ask(self._peer.admin.DeletePipeline, request)
        return answer

    async def ListWorkers(self, request: pb.ListWorkersRequest, context: Context) -> pb.ListWorkersResponse:
        """See admin_service.proto."""
        answer: pb.ListWorkersResponse = await self._ask(self._peer.admin.ListWorkers, request)
        return answer

    async def PauseWorker(self, request: pb.PauseWorkerRequest, context: Context) -> pb.PauseWorkerResponse:
        """See admin_service.proto."""
        answer: pb.PauseWorkerResponse = await self._ask(self._peer.admin.PauseWorker, request)
        return answer

    async def ResumeWorker(
        self, request: pb.ResumeWorkerRequest, context: Context
    ) -> pb.ResumeWorkerResponse:
        """See admin_service.proto."""
        answer: pb.ResumeWorkerResponse = await self._ask(self._peer.admin.ResumeWorker, request)
        return answer

    async def ListAuditRecords(
        self, request: pb.ListAuditRecordsRequest, context: Context
    ) -> pb.ListAuditRecordsResponse:
        """See admin_service.proto."""
        answer: pb.ListAuditRecordsResponse = await self._ask(self._peer.admin.ListAuditRecords, request)
        return answer

    async def _ask(self, method: Any, request: Message) -> Any:
        roles.tell_roles(self._operators)
        return await self._peer.ask(method, request)

    async def _ask_long(self, method: Any, request: Message) -> Any:
        roles.tell_roles(self._operators)
        return await self._peer.ask_long(method, request)
