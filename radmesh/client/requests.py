"""What a client asks for, as messages."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypedDict, Unpack

from google.protobuf import struct_pb2

from radmesh.tasks.v1 import task_pb2
from radmesh.tasks.v1.task_service_pb2 import CreateTaskRequest
from radmesh.tasks.v1.timeouts_pb2 import TaskTimeouts


class TaskOptions(TypedDict, total=False):
    """What a task may be asked for beside its pipeline and images.

    parameters: those left out take the pipeline's defaults. labels: to find the task by; nothing of a
    patient's. weights: `models/{model}/weights/{weights}`, or `models/{model}` for its default ones; the
    pipeline's default when left out.
    priority: ROUTINE when left out. not_before: aware; the task does not start before it.
    dedupe_key: what makes two tasks the same, such as patient and study date; while a task with it has not
    ended, that one is returned instead of a new one.
    timeouts: see `task_timeouts`; the pipeline's when left out.
    callback_url: gets a POST at the task's end; see `radmesh.webhooks` for its receiver.
    """

    parameters: Mapping[str, Any] | None
    labels: Mapping[str, str] | None
    weights: str
    priority: task_pb2.TaskPriority
    not_before: datetime | None
    dedupe_key: str
    timeouts: TaskTimeouts
    callback_url: str


def full_name(collection: str, name: str) -> str:
    """A resource name, from itself or from the bare id."""
    return name if "/" in name else f"{collection}/{name}"


def task_request(
    pipeline: str,
    images: Sequence[str],
    *,
    request_id: str | None = None,
    **options: Unpack[TaskOptions],
) -> CreateTaskRequest:
    """Asks for a task on images that were uploaded before. request_id: UUID v4; a new one when None."""
    values = struct_pb2.Struct()
    values.update(dict(options.get("parameters") or {}))
    return CreateTaskRequest(
        request_id=request_id or str(uuid.uuid4()),
        pipeline=full_name("pipelines", pipeline),
        images=images,
        parameters=values,
        labels=options.get("labels"),
        weights=options.get("weights"),
        priority=options.get("priority"),
        dedupe_key=options.get("dedupe_key"),
        not_before_time=options.get("not_before"),
        timeouts=options.get("timeouts"),
        callback_url=options.get("callback_url"),
    )
