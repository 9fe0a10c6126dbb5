"""ReviewService: decisions of people on tasks that wait for them."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import grpc

from radmesh.tasks.v1 import review_service_pb2 as api
from radmesh.tasks.v1 import task_pb2
from radmesh.tasks.v1.review_service_pb2_grpc import ReviewServiceServicer
from services.chassis import logs, principals, roles
from services.tasks.parts import Parts
from services.tasks.records import TaskRecord
from services.tasks.reviewed_parameters import reviewed_parameters
from services.tasks.reviews import check_replacements, read_decision
from services.tasks.translate import task_message

Context = grpc.aio.ServicerContext[Any, Any]
_LOG = logs.logger(__name__)


class ReviewServicer(ReviewServiceServicer):
    """See review_service.proto."""

    def __init__(self, parts: Callable[[], Parts]) -> None:
        self._parts = parts

    async def ReviewTask(self, request: api.ReviewTaskRequest, context: Context) -> api.ReviewTaskResponse:
        """See review_service.proto."""
        asked = read_decision(request)
        caller, store = principals.current(), self._parts().store
        any_owner = roles.is_reviewer(caller)
        if asked.replacements or request.parameters.fields:
            # What a review shows does not change: whether the task still shows it, the store decides.
            record = await store.get(asked.task_id, caller.name, reviewer=any_owner)
            pipeline = await self._parts().catalogue.find(record.pipeline)
            parameters = reviewed_parameters(request.parameters, pipeline, record.parameters_json)
            asked = replace(asked, parameters=parameters)
            images = await store.get_images(caller.name, list(dict.fromkeys(asked.replacements.values())))
            types = {sha256: image.media_type for sha256, image in images.items()}
            shown = _shown(record, asked.sequence)
            check_replacements(asked.replacements, shown, types, pipeline.artifacts)
        after = await store.review(asked, caller.name, any_owner=any_owner)
        _LOG.info("reviewed", task=request.name, decision=asked.decision.name, state=after.state.name)
        return api.ReviewTaskResponse(task=task_message(after))


def _shown(record: TaskRecord, sequence: int) -> list[task_pb2.Artifact]:
    """The artifacts that a review shows: those of the attempt that did its stage; all without that review."""
    attempts = {review.attempt for review in record.reviews if review.sequence == sequence}
    artifacts = [task_pb2.Artifact.FromString(one) for one in record.artifacts]
    return [one for one in artifacts if not attempts or one.attempt in attempts]
