"""What operators do, for programs: `Client.admin`."""

from collections.abc import AsyncGenerator, Sequence
from datetime import timedelta

import grpc

from radmesh.blobs.v1 import sweep_service_pb2, sweep_service_pb2_grpc
from radmesh.client.calls import Calls
from radmesh.client.requests import full_name
from radmesh.client.retry import Patience
from radmesh.tasks.v1 import admin_service_pb2 as pb
from radmesh.tasks.v1 import (
    admin_service_pb2_grpc,
    pipeline_pb2,
    statistics_service_pb2,
    statistics_service_pb2_grpc,
    worker_pb2,
)

# Putting running tasks back twice would end what the first call had started again.
_ONCE = Patience(give_up_seconds=0.0)
# What looks at every task, or at every file of the blob store.
_LONG_SECONDS = 600.0


class AdminClient(Calls):
    """Needs the role `operator`; every call leaves an audit record. Names whole or as bare ids."""

    def __init__(self, channel: grpc.aio.Channel, patience: Patience) -> None:
        super().__init__(channel, patience)
        self._stub = admin_service_pb2_grpc.AdminServiceStub(channel)
        self._statistics = statistics_service_pb2_grpc.StatisticsServiceStub(channel)
        self._sweeps = sweep_service_pb2_grpc.SweepServiceStub(channel)

    async def check_stuck_tasks(self, max_runtime: timedelta | None = None) -> pb.CheckStuckTasksResponse:
        """Looks for stuck tasks. max_runtime: from when an attempt runs too long; 30 minutes when None."""
        request = pb.CheckStuckTasksRequest()
        if max_runtime is not None:
            request.max_runtime.FromTimedelta(max_runtime)
        return await self._call(self._stub.CheckStuckTasks, request, seconds=_LONG_SECONDS)

    async def recover_tasks(
        self, names: Sequence[str] = (), *, max_runtime: timedelta | None = None, force: bool = False
    ) -> pb.RecoverTasksResponse:
        """Puts stuck tasks back, or with `force` every running one; only `names` if there are any.

        Asks once: after an error what happened stands in the audit records.
        """
        request = pb.RecoverTasksRequest(names=[full_name("tasks", name) for name in names], force=force)
        if max_runtime is not None:
            request.max_runtime.FromTimedelta(max_runtime)
        return await self._call(self._stub.RecoverTasks, request, patience=_ONCE, seconds=_LONG_SECONDS)

    async def statistics(self, pipeline: str = "") -> Sequence[statistics_service_pb2.PipelineStatistics]:
        """Figures about the tasks of all owners, of one pipeline or of all by name. Leaves no record."""
        name = full_name("pipelines", pipeline) if pipeline else ""
        request = statistics_service_pb2.GetStatisticsRequest(pipeline=name)
        return (await self._call(self._statistics.GetStatistics, request)).pipelines

    async def pause_pipeline(self, name: str, reason: str = "") -> pipeline_pb2.Pipeline:
        """Stops handing out its tasks; running ones go on."""
        request = pb.PausePipelineRequest(name=full_name("pipelines", name), reason=reason)
        return (await self._call(self._stub.PausePipeline, request)).pipeline

    async def resume_pipeline(self, name: str) -> pipeline_pb2.Pipeline:
        """Hands out its tasks again."""
        request = pb.ResumePipelineRequest(name=full_name("pipelines", name))
        return (await self._call(self._stub.ResumePipeline, request)).pipeline

    async def delete_pipeline(self, name: str) -> None:
        """Forgets a pipeline that no worker serves any more. Raises PipelineInUseError."""
        request = pb.DeletePipelineRequest(name=full_name("pipelines", name))
        await self._call(self._stub.DeletePipeline, request)

    async def workers(self) -> AsyncGenerator[worker_pb2.Worker, None]:
        """The workers that are connected or hold leases, page by page."""
        request = pb.ListWorkersRequest()
        async for page in self._pages(self._stub.ListWorkers, request):
            for worker in page.workers:
                yield worker

    async def pause_worker(self, name: str) -> worker_pb2.Worker:
        """Gives a worker no more tasks; what it runs goes on."""
        request = pb.PauseWorkerRequest(name=full_name("workers", name))
        return (await self._call(self._stub.PauseWorker, request)).worker

    async def resume_worker(self, name: str) -> worker_pb2.Worker:
        """Gives a worker tasks again."""
        request = pb.ResumeWorkerRequest(name=full_name("workers", name))
        return (await self._call(self._stub.ResumeWorker, request)).worker

    async def audit_records(self, *, page_size: int = 0) -> AsyncGenerator[pb.AuditRecord, None]:
        """What operators did, newest first, page by page."""
        request = pb.ListAuditRecordsRequest(page_size=page_size)
        async for page in self._pages(self._stub.ListAuditRecords, request):
            for record in page.audit_records:
                yield record

    async def sweep_blobs(self, *, dry_run: bool = False) -> sweep_service_pb2.SweepBlobsResponse:
        """Deletes files that nobody needs, at most 10,000; dry_run: only says what would go.

        Raises FailedPreconditionError (NO_BLOB_STORE), AbortedError (SWEEP_RUNNING).
        """
        request = sweep_service_pb2.SweepBlobsRequest(dry_run=dry_run)
        return await self._call(self._sweeps.SweepBlobs, request, seconds=_LONG_SECONDS)
