"""StatisticsService: translation, and nothing else."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

import grpc

from radmesh.errors import PipelineNotFoundError
from radmesh.tasks.v1 import statistics_service_pb2 as api
from radmesh.tasks.v1.statistics_service_pb2_grpc import StatisticsServiceServicer
from services.chassis import roles
from services.tasks.parts import Parts
from services.tasks.statistics import PipelineFigures, TimeFigures
from services.tasks.validation import resource_id

Context = grpc.aio.ServicerContext[Any, Any]


class StatisticsServicer(StatisticsServiceServicer):
    """See statistics_service.proto. operators: see services.chassis.roles."""

    def __init__(self, parts: Callable[[], Parts], operators: Collection[str]) -> None:
        self._parts = parts
        self._operators = operators

    async def GetStatistics(
        self, request: api.GetStatisticsRequest, context: Context
    ) -> api.GetStatisticsResponse:
        """See statistics_service.proto."""
        roles.require_operator(self._operators)
        wanted = resource_id("pipelines", request.pipeline, field="pipeline") if request.pipeline else None
        figures = await self._parts().counting.take()
        found = [one for one in figures.pipelines if wanted in (None, one.pipeline)]
        if wanted and not found:
            raise PipelineNotFoundError(f"There is no pipeline pipelines/{wanted}.")
        answer = api.GetStatisticsResponse(pipelines=map(_pipeline_message, found))
        answer.take_time.FromDatetime(figures.take_time)
        return answer


def _pipeline_message(one: PipelineFigures) -> api.PipelineStatistics:
    message = api.PipelineStatistics(
        pipeline=f"pipelines/{one.pipeline}",
        state_counts=[
            api.StateCount(state=f"TASK_STATE_{state.name}", count=count)
            for state, count in one.counts.items()
        ],
        queue_time=_time_message(one.times.queue),
        run_time=_time_message(one.times.run),
        retries_by_cause=one.retries,
        recoveries_by_finding=one.recoveries,
        stuck_by_finding=_by_name(one.stuck),
        failures_by_reason=one.failures,
        connected_workers=one.connected_workers,
        paused=one.paused,
    )
    if one.oldest_wait is not None:
        message.oldest_wait.FromNanoseconds(round(one.oldest_wait * 1e9))
    return message


def _by_name(counts: Mapping[Any, int]) -> dict[str, int]:
    return {member.name: count for member, count in counts.items()}


def _time_message(times: TimeFigures) -> api.TimeStatistics:
    message = api.TimeStatistics(count=times.count)
    message.mean.FromNanoseconds(round(times.mean * 1e9))
    message.p50.FromNanoseconds(round(times.p50 * 1e9))
    message.p95.FromNanoseconds(round(times.p95 * 1e9))
    return message
