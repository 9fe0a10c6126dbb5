"""Makes a task of a request: its fields checked, then its pipeline's rules, then its images."""

import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from radmesh.errors import InvalidRequestError, PipelineNotFoundError
from radmesh.tasks.v1 import pipeline_pb2, task_service_pb2
from services.chassis import tracing
from services.tasks.parameters import Scalar
from services.tasks.records import ImageRecord, NewTask
from services.tasks.store.images import image_not_found
from services.tasks.submission import dedupe_hash
from services.tasks.timeouts import TimeoutPolicy, Timeouts, in_force
from services.tasks.validation import (
    TaskRequest,
    check_against_pipeline,
    check_images,
    check_parameter_images,
    new_task,
    parameter_images,
    read_fields,
)
from services.tasks.webhooks.policy import CallbackPolicy
from services.tasks.webhooks.urls import CallbackTarget
from services.tasks.weights import choose_weights

PipelineLookup = Callable[[str], Awaitable[pipeline_pb2.Pipeline]]


@dataclass(frozen=True)
class CheckedRequest:
    """A request that keeps every rule but those of its images.

    given: its parameters, without defaults. timeouts: as they are in force. callback: None for none.
    """

    request: TaskRequest
    given: Mapping[str, Scalar]
    pipeline: pipeline_pb2.Pipeline
    timeouts: Timeouts
    callback: CallbackTarget | None

    @property
    def images(self) -> tuple[str, ...]:
        """SHA-256 of those that it runs on, and of those that its parameters name; some may stand twice."""
        return (*self.request.images, *parameter_images(self.given, self.pipeline))


async def check_request(
    request: task_service_pb2.CreateTaskRequest,
    find_pipeline: PipelineLookup,
    now: datetime,
    policy: TimeoutPolicy,
    callbacks: CallbackPolicy,
) -> CheckedRequest:
    """Checks a request against the rules of its fields and of its pipeline.

    find_pipeline: the pipeline with an id; raises PipelineNotFoundError. policy, callbacks: of this mesh.
    Raises InvalidRequestError with all violations, PipelineNotFoundError, WeightsNotFoundError,
    CallbackRefusedError.
    """
    checked, problems = read_fields(request, now, policy)
    if not checked.pipeline:
        raise InvalidRequestError(problems)
    try:
        pipeline = await find_pipeline(checked.pipeline)
    except PipelineNotFoundError:
        if problems:
            raise InvalidRequestError(problems) from None
        raise
    given, more = check_against_pipeline(request, pipeline)
    if problems or more:
        raise InvalidRequestError(problems + more)
    choose_weights(pipeline, checked.weights)
    callback = callbacks.check(checked.callback_url)
    return CheckedRequest(checked, given, pipeline, in_force(checked.timeouts, pipeline, policy), callback)


def complete(
    checked: CheckedRequest, owner: str, images: Mapping[str, ImageRecord], dedupe_secret: bytes
) -> NewTask:
    """The task to create. images: those of the request that the owner may use, by SHA-256.

    dedupe_secret: `TaskStore.dedupe_secret`; looked at only where the request has a dedupe key.

    Raises ImageNotFoundError, ImageFormatError, ImageTooLargeError.
    """
    for sha256 in checked.images:
        if sha256 not in images:
            raise image_not_found(sha256)
    check_images(checked.pipeline, [images[sha256] for sha256 in checked.request.images])
    check_parameter_images(parameter_images(checked.given, checked.pipeline), images)
    return new_task(
        task_id=uuid.uuid4().hex,
        owner=owner,
        request=checked.request,
        given=checked.given,
        pipeline=checked.pipeline,
        timeouts=checked.timeouts,
        traceparent=tracing.traceparent(),
        callback=checked.callback,
        dedupe_hash=dedupe_hash(
            dedupe_secret, owner, checked.request.pipeline, checked.request.submission.dedupe_key
        ),
    )
