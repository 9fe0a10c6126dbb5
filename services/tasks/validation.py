"""Checks a request for a task against the rules of its fields and against its pipeline's description."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from radmesh import names
from radmesh.errors import (
    ImageFormatError,
    ImageTooLargeError,
    InvalidRequestError,
    Violation,
)
from radmesh.tasks.v1 import pipeline_pb2, task_service_pb2
from services.tasks.parameters import Scalar, check_parameters, plain_parameters, with_defaults
from services.tasks.records import ImageRecord, NewTask
from services.tasks.submission import Submission, read_submission
from services.tasks.timeouts import TimeoutPolicy, Timeouts, asked_timeouts, task_violations
from services.tasks.webhooks.urls import CallbackTarget
from services.tasks.weights import RULE, choose_weights, is_choice

MAX_LABELS = 16
MAX_LABEL_CHARACTERS = 63
_LABEL_KEY = re.compile(r"[a-z][a-z0-9_-]{0,62}")


@dataclass(frozen=True)
class TaskRequest:
    """A request whose fields keep their rules; nothing is known yet of its pipeline's.

    timeouts: milliseconds by field of `Timeouts`, of those that the request decides. parameters: as they were
    given; whether the pipeline takes them is not known yet.
    """

    request_id: str
    pipeline: str
    images: tuple[str, ...]
    labels: Mapping[str, str]
    weights: str
    submission: Submission = field(default_factory=Submission)
    timeouts: Mapping[str, int] = field(default_factory=dict)
    callback_url: str = ""
    parameters: Mapping[str, Scalar | None] = field(default_factory=dict)


def resource_id(collection: str, name: str, field: str = "name") -> str:
    """The id in a resource name of a request. Raises InvalidRequestError."""
    found = names.parse(collection, name)
    if found is None:
        raise InvalidRequestError([Violation(field, names.rule(collection))])
    return found[0]


def read_fields(
    request: task_service_pb2.CreateTaskRequest, now: datetime, policy: TimeoutPolicy
) -> tuple[TaskRequest, list[Violation]]:
    """What the request says, and every violation of a rule that needs no pipeline."""
    problems = []
    if not names.is_request_id(request.request_id):
        problems.append(Violation("request_id", "must be a UUID of version 4"))
    pipeline = names.parse("pipelines", request.pipeline)
    if pipeline is None:
        problems.append(Violation("pipeline", names.rule("pipelines")))
    # A dict, as a set in order: a list is searched for minutes where somebody sends all that a message holds.
    images: dict[str, None] = {}
    for index, name in enumerate(request.images):
        image = names.parse("images", name)
        if image is None:
            problems.append(Violation(f"images[{index}]", names.rule("images")))
        elif image[0] in images:
            problems.append(Violation(f"images[{index}]", "stands twice"))
        else:
            images[image[0]] = None
    if request.weights and not is_choice(request.weights):
        problems.append(Violation("weights", RULE))
    problems += _label_violations(request.labels)
    submission, more = read_submission(request, now)
    problems += more
    problems += task_violations(request.timeouts, policy)
    found = TaskRequest(
        request.request_id.lower(),
        pipeline[0] if pipeline else "",
        tuple(images),
        dict(request.labels),
        request.weights,
        submission,
        asked_timeouts(request.timeouts),
        request.callback_url,
        plain_parameters(request.parameters),
    )
    return found, problems


def check_against_pipeline(
    request: task_service_pb2.CreateTaskRequest, pipeline: pipeline_pb2.Pipeline
) -> tuple[dict[str, Scalar], list[Violation]]:
    """The given parameters by name, and every violation of what the pipeline asks for."""
    values, problems = check_parameters(request.parameters, described_parameters(pipeline))
    least, most = pipeline.input.min_images, pipeline.input.max_images
    if not least <= len(request.images) <= most:
        wanted = str(least) if least == most else f"{least} to {most}"
        problems.insert(0, Violation("images", f"the pipeline takes {wanted}, {len(request.images)} given"))
    return values, problems


def described_parameters(
    pipeline: pipeline_pb2.Pipeline,
) -> dict[str, pipeline_pb2.PipelineParameter]:
    """A pipeline's parameters by name."""
    return {parameter.name: parameter for parameter in pipeline.parameters}


def check_images(pipeline: pipeline_pb2.Pipeline, images: Sequence[ImageRecord]) -> None:
    """Raises ImageFormatError or ImageTooLargeError when the pipeline does not take one of the images."""
    limit = pipeline.input.max_image_bytes
    for image in images:
        if image.media_type not in pipeline.input.media_types:
            accepted = ", ".join(pipeline.input.media_types)
            raise ImageFormatError(
                f"images/{image.sha256} is {image.media_type}; {pipeline.name} takes {accepted}",
                metadata={"image": f"images/{image.sha256}", "media_type": image.media_type},
            )
        if limit and image.size_bytes > limit:
            raise ImageTooLargeError(
                f"images/{image.sha256} has {image.size_bytes} bytes; {pipeline.name} takes up to {limit}",
                metadata={"image": f"images/{image.sha256}", "limit_bytes": str(limit)},
            )


def parameter_images(
    given: Mapping[str, Scalar], pipeline: pipeline_pb2.Pipeline
) -> dict[str, pipeline_pb2.PipelineParameter]:
    """The SHA-256 of each image that a parameter names, with the parameter."""
    image = pipeline_pb2.PIPELINE_PARAMETER_TYPE_IMAGE
    return {
        str(given[one.name]).removeprefix("images/"): one
        for one in pipeline.parameters
        if one.type == image and one.name in given
    }


def check_parameter_images(
    named: Mapping[str, pipeline_pb2.PipelineParameter], images: Mapping[str, ImageRecord]
) -> None:
    """Raises ImageFormatError when a parameter does not take the image that it names."""
    for sha256, parameter in named.items():
        found = images[sha256].media_type
        if found not in parameter.media_types:
            raise ImageFormatError(
                f"parameter {parameter.name} names an image of {found}; it takes "
                f"{', '.join(parameter.media_types)}",
                metadata={"image": f"images/{sha256}", "media_type": found},
            )


def new_task(
    *,
    task_id: str,
    owner: str,
    request: TaskRequest,
    given: Mapping[str, Scalar],
    pipeline: pipeline_pb2.Pipeline,
    timeouts: Timeouts,
    traceparent: str,
    dedupe_hash: str = "",
    callback: CallbackTarget | None = None,
) -> NewTask:
    """The task to create for a checked request.

    dedupe_hash: what stands for its dedupe key, if any. callback: its callback's address as it was read.
    """
    weights = choose_weights(pipeline, request.weights)
    parameters = with_defaults(given, described_parameters(pipeline))
    return NewTask(
        task_id=task_id,
        owner=owner,
        request_id=request.request_id,
        fingerprint=fingerprint(request, dedupe_hash),
        pipeline=request.pipeline,
        images=tuple(dict.fromkeys((*request.images, *parameter_images(given, pipeline)))),
        parameters_json=json.dumps(parameters, sort_keys=True, separators=(",", ":")),
        labels=request.labels,
        weights=weights.name,
        weights_digest=weights.digest,
        timeouts=timeouts,
        max_attempts=pipeline.max_attempts,
        traceparent=traceparent,
        priority=request.submission.priority,
        not_before=request.submission.not_before,
        dedupe_hash=dedupe_hash,
        callback_url=request.callback_url,
        callback_destination=callback.destination if callback else "",
    )


def fingerprint(request: TaskRequest, dedupe_hash: str = "") -> str:
    """SHA-256 of what was asked for, hexadecimal: equal for requests that mean the same.

    Nothing of the pipeline's goes in, such as defaults and types: a repeat still means the same after a
    worker brought new ones, and when the pipeline is gone.
    """
    submission = request.submission
    meaning: list[object] = [
        request.pipeline,
        request.images,
        dict(request.parameters),
        dict(request.labels),
        request.weights,
        dict(request.timeouts),
    ]
    # The hash and never the key: a plain digest of it could be found by trying patients' ids.
    meaning += [submission.priority, str(submission.not_before or ""), dedupe_hash]
    if request.callback_url:
        meaning.append(request.callback_url)
    return hashlib.sha256(json.dumps(meaning, sort_keys=True).encode()).hexdigest()


def _label_violations(labels: Mapping[str, str]) -> list[Violation]:
    problems = []
    if len(labels) > MAX_LABELS:
        problems.append(Violation("labels", f"at most {MAX_LABELS}, {len(labels)} given"))
    for key in sorted(labels):
        if not _LABEL_KEY.fullmatch(key):
            problems.append(Violation(f"labels.{key[:64]}", f"the key must match {_LABEL_KEY.pattern}"))
        if len(labels[key]) > MAX_LABEL_CHARACTERS:
            problems.append(Violation(f"labels.{key[:64]}", f"at most {MAX_LABEL_CHARACTERS} characters"))
        if not labels[key].isprintable():
            problems.append(Violation(f"labels.{key[:64]}", "must not have control characters"))
    return problems
