"""What a client asks for, as messages."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from google.protobuf import struct_pb2

from radmesh.tasks.v1.task_service_pb2 import CreateTaskRequest
from radmesh.tasks.v1.timeouts_pb2 import TaskTimeouts


def full_name(collection: str, name: str) -> str:
    """A resource name, from itself or from the bare id."""
    return name if "/" in name else f"{collection}/{name}"


def task_request(
    pipeline: str,
    images: Sequence[str],
    *,
    parameters: Mapping[str, Any] | None = None,
    labels: Mapping[str, str] | None = None,
    weights: str = "",
    timeouts: TaskTimeouts | None = None,
    request_id: str | None = None,
    callback_url: str = "",
) -> CreateTaskRequest:
    """Asks for a task on images that were uploaded before.

    timeouts: see `task_timeouts`; the pipeline's when None. request_id: UUID v4; a new one when None.
    callback_url: gets a POST at the task's end.
    """
    values = struct_pb2.Struct()
    values.update(dict(parameters or {}))
    return CreateTaskRequest(
        request_id=request_id or str(uuid.uuid4()),
        pipeline=full_name("pipelines", pipeline),
        images=images,
        parameters=values,
        labels=labels,
        weights=weights,
        timeouts=timeouts,
        callback_url=callback_url,
    )
