"""AdminService: what operators do, each call with its audit record."""

from collections.abc import AsyncGenerator, Callable, Collection
from contextlib import asynccontextmanager
from typing import Any

import grpc

from radmesh.errors import InvalidRequestError, Violation
from radmesh.tasks.v1 import admin_service_pb2 as api
from radmesh.tasks.v1 import pipeline_pb2
from radmesh.tasks.v1.admin_service_pb2_grpc import AdminServiceServicer
from services.chassis import roles
from services.chassis.pages import DEFAULT_PAGE_SIZE, page, size_violations
from services.tasks.admin_messages import audit_message, check_message, recovery_message, worker_message
from services.tasks.admin_requests import max_runtime_ms, read_recovery, recovery_words, told_name
from services.tasks.audit import AuditNote, audited
from services.tasks.parts import Parts
from services.tasks.validation import resource_id

Context = grpc.aio.ServicerContext[Any, Any]
MAX_REASON_CHARACTERS = 200


class AdminServicer(AdminServiceServicer):
    """See admin_service.proto. operators: see services.chassis.roles."""

    def __init__(self, parts: Callable[[], Parts], operators: Collection[str]) -> None:
        self._parts = parts
        self._operators = operators

    async def CheckStuckTasks(
        self, request: api.CheckStuckTasksRequest, context: Context
    ) -> api.CheckStuckTasksResponse:
        """See admin_service.proto."""
        async with self._audited("CheckStuckTasks", recovery_words(request)) as (parts, note):
            note.changed = False
            return check_message(await parts.recovery.check(max_runtime_ms(request)))

    async def RecoverTasks(
        self, request: api.RecoverTasksRequest, context: Context
    ) -> api.RecoverTasksResponse:
        """See admin_service.proto."""
        async with self._audited("RecoverTasks", recovery_words(request)) as (parts, note):
            wanted = read_recovery(request)
            treated = await parts.recovery.recover(
                wanted.max_runtime_ms,
                force=request.force,
                task_ids=wanted.task_ids,
                on_reset=note.tasks.append,
            )
            note.changed = False
            return recovery_message(treated)

    async def PausePipeline(
        self, request: api.PausePipelineRequest, context: Context
    ) -> api.PausePipelineResponse:
        """See admin_service.proto."""
        name = told_name("pipelines", request.name)
        words = f"{name}: {request.reason}" if request.reason else name
        async with self._audited("PausePipeline", words) as (parts, note):
            pipeline_id = resource_id("pipelines", request.name)
            if len(request.reason) > MAX_REASON_CHARACTERS or not request.reason.isprintable():
                rule = f"one line of at most {MAX_REASON_CHARACTERS} characters"
                raise InvalidRequestError([Violation("reason", rule)])
            note.changed = await parts.store.pause_pipeline(pipeline_id, request.reason)
            return api.PausePipelineResponse(pipeline=await _pipeline(parts, pipeline_id))

    async def ResumePipeline(
        self, request: api.ResumePipelineRequest, context: Context
    ) -> api.ResumePipelineResponse:
        """See admin_service.proto."""
        async with self._audited("ResumePipeline", told_name("pipelines", request.name)) as (parts, note):
            pipeline_id = resource_id("pipelines", request.name)
            note.changed = await parts.store.resume_pipeline(pipeline_id)
            return api.ResumePipelineResponse(pipeline=await _pipeline(parts, pipeline_id))

    async def DeletePipeline(
        self, request: api.DeletePipelineRequest, context: Context
    ) -> api.DeletePipelineResponse:
        """See admin_service.proto."""
        async with self._audited("DeletePipeline", told_name("pipelines", request.name)) as (parts, _):
            await parts.catalogue.delete(resource_id("pipelines", request.name))
            return api.DeletePipelineResponse()

    async def ListWorkers(self, request: api.ListWorkersRequest, context: Context) -> api.ListWorkersResponse:
        """See admin_service.proto."""
        async with self._audited("ListWorkers", "all") as (parts, note):
            note.changed = False
            known = await parts.store.list_workers()
            found, token = page(known, lambda one: one.worker, request.page_size, request.page_token)
            return api.ListWorkersResponse(workers=map(worker_message, found), next_page_token=token)

    async def PauseWorker(self, request: api.PauseWorkerRequest, context: Context) -> api.PauseWorkerResponse:
        """See admin_service.proto."""
        async with self._audited("PauseWorker", told_name("workers", request.name)) as (parts, note):
            worker = resource_id("workers", request.name)
            note.changed = await parts.store.pause_worker(worker)
            return api.PauseWorkerResponse(worker=worker_message(await parts.store.get_worker(worker)))

    async def ResumeWorker(
        self, request: api.ResumeWorkerRequest, context: Context
    ) -> api.ResumeWorkerResponse:
        """See admin_service.proto."""
        async with self._audited("ResumeWorker", told_name("workers", request.name)) as (parts, note):
            worker = resource_id("workers", request.name)
            note.changed = await parts.store.resume_worker(worker)
            return api.ResumeWorkerResponse(worker=worker_message(await parts.store.get_worker(worker)))

    async def ListAuditRecords(
        self, request: api.ListAuditRecordsRequest, context: Context
    ) -> api.ListAuditRecordsResponse:
        """See admin_service.proto."""
        async with self._audited("ListAuditRecords", "a page") as (parts, note):
            note.changed = False
            problems = size_violations(request.page_size)
            if problems:
                raise InvalidRequestError(problems)
            size = request.page_size or DEFAULT_PAGE_SIZE
            records, token = await parts.store.list_audit(size, request.page_token)
            return api.ListAuditRecordsResponse(
                audit_records=map(audit_message, records), next_page_token=token
            )

    @asynccontextmanager
    async def _audited(self, method: str, request: str) -> AsyncGenerator[tuple[Parts, AuditNote], None]:
        parts = self._parts()
        async with audited(parts.store, method, request) as note:
            roles.require_operator(self._operators)
            yield parts, note


async def _pipeline(parts: Parts, pipeline_id: str) -> pipeline_pb2.Pipeline:
    """The pipeline as it is now: a reading from before would show it, and tasks that wait, as it was."""
    parts.catalogue.forget()
    await parts.paces.read()
    return (await parts.catalogue.get(pipeline_id)).message
