"""SweepService: operators' word that files which nobody needs shall go now."""

from collections.abc import Callable, Collection
from typing import Any

import grpc

from radmesh.blobs.v1 import sweep_service_pb2 as api
from radmesh.blobs.v1.sweep_service_pb2_grpc import SweepServiceServicer
from services.chassis import roles
from services.tasks.audit import audited
from services.tasks.parts import Parts

Context = grpc.aio.ServicerContext[Any, Any]


class SweepServicer(SweepServiceServicer):
    """See sweep_service.proto. operators: see services.chassis.roles."""

    def __init__(self, parts: Callable[[], Parts], operators: Collection[str]) -> None:
        self._parts = parts
        self._operators = operators

    async def SweepBlobs(self, request: api.SweepBlobsRequest, context: Context) -> api.SweepBlobsResponse:
        """See sweep_service.proto."""
        parts = self._parts()
        async with audited(parts.store, "SweepBlobs", "dry run" if request.dry_run else "now") as note:
            roles.require_operator(self._operators)
            report = await parts.sweeper.sweep_now(dry_run=request.dry_run)
            note.changed = not request.dry_run and report.deleted_files > 0
            return api.SweepBlobsResponse(
                deleted_files=report.deleted_files,
                freed_bytes=report.freed_bytes,
                kept_files=report.kept_files,
                failed_files=report.failures,
                more=report.more,
                summary=report.words(),
            )
