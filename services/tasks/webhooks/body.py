"""What a webhook says: the task, and its result or its error. Pure."""

import base64
import json
from typing import Any

from google.protobuf import any_pb2, descriptor_pool, json_format
from google.protobuf.message import DecodeError

from radmesh.tasks.v1 import task_pb2
from services.tasks.records import TaskRecord


def write_body(record: TaskRecord, pool: descriptor_pool.DescriptorPool) -> bytes:
    """The JSON of a call: `taskId`, `data` and `error`, one of which is null.

    pool: knows the type of the result, if anything does.
    """
    said: dict[str, Any] = {"taskId": record.task_id, "data": None, "error": None}
    if record.result:
        said["data"] = _json_of(any_pb2.Any.FromString(record.result), pool)
    else:
        error = task_pb2.TaskError.FromString(record.error)
        said["error"] = {"code": error.code, "reason": error.reason, "message": error.message}
    return json.dumps(said, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def result_type(result: bytes) -> str:
    """The full name of a stored result's type; empty for none."""
    return any_pb2.Any.FromString(result).TypeName() if result else ""


def _json_of(result: any_pb2.Any, pool: descriptor_pool.DescriptorPool) -> dict[str, Any]:
    """A result in protobuf's JSON form, every field there; `value` in base64 when its type is not known."""
    try:
        found: dict[str, Any] = json_format.MessageToDict(
            result, descriptor_pool=pool, always_print_fields_with_no_presence=True
        )
    except (json_format.Error, DecodeError, KeyError, TypeError, ValueError):
        # Better a receiver that decodes it than one that never hears of the end.
        return {"@type": result.type_url, "value": base64.b64encode(result.value).decode("ascii")}
    return found
